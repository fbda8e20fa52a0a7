import { describe, expect, test } from 'vitest';
import { Gateway, HOST, readProblem, refusalOf } from '../support/gateway.ts';
import { keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

describe('a gateway that is not set up', () => {
  const vars = { ORIGIN_URL: '', VISITORS: 'everyone', SOMETHING: 'hunter2' };

  test('says nothing of it to its visitors', async () => {
    const gateway = new Gateway({ vars });
    for (const target of [
      '/',
      '/d/uid-one',
      linkTo({ key: keyNamed('test1'), at: gateway.now }),
      '/-/health',
    ]) {
      const response = await gateway.fetch(target);
      const body = await response.clone().text();
      expect(await refusalOf(response)).toBe('500 misconfigured');
      expect(body).not.toMatch(/ORIGIN_URL|VISITORS|SOMETHING|everyone|hunter2/);
    }
    expect(origin.received).toEqual([]);
  });

  test('tells its log every mistake, once', async () => {
    const gateway = new Gateway({ vars });
    await gateway.fetch('/');
    await gateway.fetch('/');
    expect(gateway.eventNames).toEqual(['config.invalid', 'config.invalid', 'config.invalid']);
    const mistakes = gateway.events.map(({ mistake }) => String(mistake));
    expect(mistakes.map((mistake) => mistake.split(' ')[0]).sort()).toEqual([
      'ORIGIN_URL',
      'SOMETHING',
      'VISITORS',
    ]);
    expect(mistakes.join()).not.toContain('hunter2');
  });

  test('tells its log every warning once, and works', async () => {
    const gateway = new Gateway({ vars: { FRAME_ANCESTORS: '*', VISITORS: 'pass' } });
    await gateway.fetch('/');
    expect((await gateway.fetch('/')).status).toBe(200);
    expect(gateway.events).toEqual([
      {
        time: '2024-09-20T09:12:13.000Z',
        event: 'config.warning',
        outcome: 'noted',
        warning: 'FRAME_ANCESTORS: * lets any page embed dashboards',
      },
    ]);
  });

  test('tells its log once what it cannot do without storage', async () => {
    const gateway = new Gateway();
    await gateway.fetch('/');
    await gateway.fetch('/');
    expect(gateway.storageWarnings).toEqual([
      'POSTERN_KV is not bound: nothing can be revoked, and keys are those of SHARE_KEYS',
      'POSTERN_LEDGER is not bound: events are in the log alone, and wrong signatures are not limited',
    ]);
  });

  test('has nothing to say of storage that is bound', async () => {
    const gateway = new Gateway({ bindings: 'real' });
    await gateway.open();
    expect(gateway.storageWarnings).toEqual([]);
    expect(gateway.eventNames).toEqual(['share.link.accepted']);
  });
});

describe('a gateway whose origin has its own host', () => {
  test('goes round in no circle', async () => {
    const gateway = new Gateway({ vars: { ORIGIN_URL: `https://${HOST}/grafana`, VISITORS: 'pass' } });
    expect(await refusalOf(await gateway.fetch('/d/uid-one'))).toBe('500 misconfigured');
    expect(gateway.events.at(-1)).toMatchObject({
      event: 'config.invalid',
      mistake: expect.stringContaining('circle'),
    });
    expect(origin.received).toEqual([]);
  });
});

describe('the addresses of the gateway itself', () => {
  test('answer its health without asking the origin', async () => {
    const response = await new Gateway().fetch('/-/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok' });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  test('tell search engines to keep out', async () => {
    expect(await (await new Gateway().fetch('/robots.txt')).text()).toBe('User-agent: *\nDisallow: /\n');
  });

  test('explain the types of problems', async () => {
    const { type } = await readProblem(await new Gateway().fetch('/d/uid-one'));
    const response = await new Gateway().fetch(type);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('There is no session here, or it has ended (401)');
  });

  test.each(['/-', '/-/', '/-/x', '/-/api/v1/keys', '/-/problems/none', '/-/problems/constructor'])(
    'have nothing at %s, even where visitors may pass',
    async (target) => {
      expect(await refusalOf(await new Gateway({ vars: { VISITORS: 'pass' } }).fetch(target))).toBe(
        '404 not_found',
      );
      expect(origin.received).toEqual([]);
    },
  );
});
