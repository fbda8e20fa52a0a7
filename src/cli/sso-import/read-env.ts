import { fail, ok, type Result } from '../../lib/result.ts';
import { findPlaceholders, keepLast, OAUTH, type Reading, type Setting, type Unreadable } from './setting.ts';

/** Sections by the beginning of their variables; the longer beginning first. */
const SECTIONS: readonly (readonly [beginning: string, section: string])[] = [
  ['GF_AUTH_GENERIC_OAUTH_', OAUTH],
  ['GF_AUTH_PROXY_', 'auth.proxy'],
  ['GF_AUTH_JWT_', 'auth.jwt'],
  ['GF_AUTH_', 'auth'],
  ['GF_USERS_', 'users'],
  ['GF_SECURITY_', 'security'],
  ['GF_SERVER_', 'server'],
];

/** Reads lines of an env file: `GF_AUTH_GENERIC_OAUTH_NAME=…`, with `export` in front and quotes around, or without. */
export function readEnv(text: string): Reading {
  const settings: Setting[] = [];
  for (const [at, whole] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = whole.trim().replace(/^export\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const read = readLine(line, at + 1);
    if (!read.ok) return read;
    if (read.value) settings.push(read.value);
  }
  return ok(keepLast(settings));
}

/** Nothing where the variable is none of Grafana's that matter here. */
function readLine(line: string, at: number): Result<Setting | undefined, Unreadable> {
  const [, name, value] = /^([A-Za-z_]\w*)\s*(?:=(.*))?$/.exec(line) ?? [];
  if (name === undefined) return fail({ line: at, problem: 'is not NAME=VALUE' });
  const [beginning, section] = SECTIONS.find(([start]) => name.startsWith(start)) ?? [];
  if (beginning === undefined || section === undefined) return ok(undefined);
  const text = value === undefined ? undefined : unquote(value.trim());
  if (value !== undefined && text === undefined)
    return fail({ line: at, problem: 'begins a quotation and does not close it' });
  return ok(describe(section, name.slice(beginning.length).toLowerCase(), text, at));
}

/** A name alone is handed on from the environment; `…__FILE` names a file, as Grafana's image has it. */
function describe(section: string, key: string, text: string | undefined, line: number): Setting {
  if (text === undefined) return { section, key, text: '', line, elsewhere: ['the environment'] };
  if (!key.endsWith('__file')) return { section, key, text, line, elsewhere: findPlaceholders(text) };
  return { section, key: key.slice(0, -'__file'.length), text: '', line, elsewhere: ['a file'] };
}

/** Undefined where a quotation has no end. */
function unquote(value: string): string | undefined {
  if (!/^['"]/.test(value)) return value.replace(/(?:^|\s+)#.*$/, '');
  const held = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?$/.exec(value);
  return held?.[1] ?? held?.[2]?.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}
