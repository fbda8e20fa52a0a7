import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { putChecks, renderChecks } from '../../scripts/support/docs-checks.ts';
import { renderConfiguration } from '../../scripts/support/docs-configuration.ts';
import { renderEvents } from '../../scripts/support/docs-events.ts';
import { findStalePages } from '../../scripts/support/docs-pages.ts';
import { renderSsoOptions } from '../../scripts/support/docs-sso-options.ts';
import { CHECKS, GROUP_TITLES } from '../../src/api/check-table.ts';
import { BINDINGS, VARIABLES } from '../../src/config/variables.ts';
import { EVENTS } from '../../src/observe/events.ts';
import { CODES } from '../../src/refusal/codes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
].filter((path) => path.endsWith('.md'));

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Heading ids as GitHub makes them. */
function listAnchors(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Relative links outside of code, as written. */
function listLinks(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/i.test(target));
}

function isThere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(ROOT, from) : resolve(ROOT, dirname(from), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || listAnchors(readFileSync(file, 'utf8')).includes(anchor);
}

describe('pages made from tables', () => {
  test('are up to date (npm run docs)', async () => {
    expect((await findStalePages()).map(({ path }) => path)).toEqual([]);
  });

  test('describe every variable once', () => {
    const page = renderConfiguration(VARIABLES, {});
    for (const name of Object.keys(VARIABLES)) expect(page.split(`\n### ${name}\n`)).toHaveLength(2);
  });

  test("describe every option of Grafana's sign-in once, with its default and where it is stricter", () => {
    const lines = renderSsoOptions(VARIABLES).split('\n');
    const options = Object.entries(VARIABLES).filter(([name]) => name.startsWith('GF_'));
    expect(options.length).toBeGreaterThan(50);
    for (const [name, { meaning, stricter = '' }] of options) {
      const [row = '', ...more] = lines.filter((line) => line.includes(`[\`${name}\`](../configuration.md#`));
      expect(more).toEqual([]);
      expect(row).toContain(` | ${meaning} | ${stricter} |`);
      expect(row.split(' | ')[0]).toMatch(/^\| `(?:\[[a-z.]+\] )?[a-z_]+`$/);
    }
  });

  test('give no example for what is not to be set', () => {
    const page = renderConfiguration({ A_NAME: VARIABLES.GF_AUTH_GENERIC_OAUTH_TLS_CLIENT_CA }, {});
    expect(page).toContain('- allowed: nothing: leave it unset\n- stricter than Grafana: ');
  });

  test('describe every event once, with what is kept of it', () => {
    const lines = renderEvents(EVENTS).split('\n');
    for (const [event, { outcome, isDecision, when }] of Object.entries(EVENTS)) {
      const rows = lines.filter((line) => line.startsWith(`| \`${event}\` |`));
      expect(rows).toEqual([`| \`${event}\` | ${outcome} | ${isDecision ? 'kept' : ''} | ${when} |`]);
    }
  });

  test('describe every check of the doctor once, below its group', () => {
    const sections = renderChecks(CHECKS, GROUP_TITLES).split(/^### /m).slice(1);
    expect(sections.map((section) => /--only ([a-z-]+)/.exec(section)?.[1])).toEqual(
      Object.keys(GROUP_TITLES),
    );
    for (const [name, { group, title, why }] of Object.entries(CHECKS)) {
      const holders = sections.filter((section) => section.includes(`\n| \`${name}\` | ${title} | ${why} |`));
      expect(holders.map((section) => /--only ([a-z-]+)/.exec(section)?.[1])).toEqual([group]);
    }
  });

  test('have tables of checks that cannot go astray', () => {
    const page = read('docs/operations.md');
    const changed = putChecks(page, 'another table');
    expect(putChecks(changed, renderChecks(CHECKS, GROUP_TITLES))).toBe(page);
    for (const broken of ['', `${page}${page}`, page.replace('End of the table', '')])
      expect(() => putChecks(broken, 'x')).toThrow('docs/operations.md');
  });

  test('keep a bar in a value from ending its cell', () => {
    const variable = { ...VARIABLES.ORIGIN_TIMEOUT_SECONDS, fallback: 'a|b' };
    expect(renderConfiguration({ A_NAME: variable }, {})).toContain('| `a\\|b` |');
  });
});

describe('pages written by hand', () => {
  test.each(PAGES)('%s links only to what is there', (path) => {
    expect(listLinks(read(path)).filter((target) => !isThere(path, target))).toEqual([]);
  });

  test('name only variables that there are', () => {
    const prefixes =
      /^(?:ORIGIN|SHARE|API_KEY|LOGIN|FRAME|REVOCATION|UNDERSCORE|PUBLIC|NOT_ALLOW|VISITORS|ROUTES|SSO|GRAFANA_ORGS|GF_AUTH_GENERIC_OAUTH|GF_USERS)/;
    for (const path of PAGES) {
      const names = [...read(path).matchAll(/`([A-Z][A-Z_]{4,})`/g)].map(([, name = '']) => name);
      const unknown = names.filter(
        (name) => prefixes.test(name) && !Object.hasOwn({ ...VARIABLES, ...BINDINGS }, name),
      );
      expect(unknown, path).toEqual([]);
    }
  });

  test('the page of causes has every code that a visitor can meet', () => {
    const page = read('docs/troubleshooting.md');
    expect(Object.keys(CODES).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  test('commands named in the README exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});
