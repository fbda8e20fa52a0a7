import { describe, expect, test } from 'vitest';
import { DemoError, formatDemoError } from '../../demo/lib/demo-error.ts';
import { readOptions } from '../../demo/options.ts';

function refused(args: string[], environment = {}): DemoError {
  try {
    readOptions(args, environment);
  } catch (error) {
    if (error instanceof DemoError) return error;
  }
  throw new Error('that was not refused');
}

describe('the command line', () => {
  test('needs nothing', () => {
    expect(readOptions([], {})).toEqual({ help: false, options: { port: 8787 } });
  });

  test.each(['--help', '-h'])('%s asks for help, whatever else is there', (flag) => {
    expect(readOptions([flag, '--port', 'x'], {})).toEqual({ help: true });
  });

  test('sets the port', () => {
    expect(readOptions(['--port', '9000'], {})).toMatchObject({ options: { port: 9000 } });
  });

  test.each([
    [['--prot', '1'], /--prot/],
    [['here'], /here/],
    [['--port'], /port/],
    [['--port', '0'], /whole number/],
    [['--port', '65536'], /whole number/],
    [['--port', '80.5'], /whole number/],
    [['--token', 'x'], /--token needs --grafana/],
    [['--grafana', 'http://127.0.0.1:3000'], /needs a token/],
    [['--grafana', 'grafana', '--token', 'x'], /http or https/],
    [['--grafana', 'ftp://grafana', '--token', 'x'], /http or https/],
    [['--grafana', 'http://user:pass@grafana', '--token', 'x'], /user name/],
    [['--grafana', 'http://grafana', '--token', 'x', '--org', 'one'], /whole number/],
  ])('%j is wrong use, and says why and what to do', (args, sentence) => {
    const error = refused(args);
    expect(error.exitCode).toBe(2);
    expect(formatDemoError(error)).toMatch(sentence);
    expect(formatDemoError(error).split('\n')).toHaveLength(3);
  });

  test('takes a real Grafana from flags', () => {
    const args = [
      '--grafana',
      'https://g.example/grafana/',
      '--token',
      't',
      '--dashboard',
      'abc',
      '--org',
      '3',
    ];
    expect(readOptions([...args, '--name', 'mine'], {})).toMatchObject({
      options: {
        grafana: {
          url: 'https://g.example/grafana',
          token: 't',
          dashboardUid: 'abc',
          orgId: 3,
          name: 'mine',
        },
      },
    });
  });

  test('takes a real Grafana from the environment; a flag counts first', () => {
    const environment = {
      POSTERN_DEMO_GRAFANA: 'http://127.0.0.1:3000',
      POSTERN_DEMO_TOKEN: 'from-environment',
      POSTERN_DEMO_ORG: '2',
      POSTERN_DEMO_DASHBOARD: '',
    };
    expect(readOptions(['--org', '5'], environment)).toMatchObject({
      options: {
        grafana: {
          url: 'http://127.0.0.1:3000',
          token: 'from-environment',
          orgId: 5,
          dashboardUid: undefined,
        },
      },
    });
  });

  test('says nothing of the token', () => {
    const error = refused(['--token', 'glsa_secret', '--grafana', 'nonsense']);
    expect(formatDemoError(error)).not.toContain('glsa_secret');
  });
});
