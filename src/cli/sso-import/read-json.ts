import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { fail, ok } from '../../lib/result.ts';
import { keepLast, OAUTH, type Reading, type Setting } from './setting.ts';

const VALUE = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** What `GET /api/v1/sso-settings/generic_oauth` answers. `source` and whatever else stands there is not asked. */
const ANSWER = z.looseObject({
  provider: z.string(),
  settings: z.record(z.string(), z.unknown()),
});

const FIX =
  'Give it the answer of GET /api/v1/sso-settings/generic_oauth: {"provider":"generic_oauth","settings":{…}}.';

/** Reads the answer of Grafana's SSO API, for generic OAuth alone or for all providers. */
export function readSsoJson(text: string): Reading {
  const document = parseJson(text);
  if (document === undefined) {
    const line = text.slice(0, findBreak(text)).split('\n').length;
    return fail({ line, problem: 'is where it stops being JSON', fix: FIX });
  }
  const answers = z.array(ANSWER).safeParse(Array.isArray(document) ? document : [document]);
  if (!answers.success) return fail({ line: undefined, problem: 'is no answer of the SSO API', fix: FIX });
  const found = answers.data.find(({ provider }) => provider === 'generic_oauth');
  if (!found) return fail({ line: undefined, problem: 'is about another provider', fix: FIX });
  return readSettings(found.settings);
}

function readSettings(given: Readonly<Record<string, unknown>>): Reading {
  const settings: Setting[] = [];
  for (const [name, held] of Object.entries(given)) {
    const value = VALUE.safeParse(held);
    if (!value.success)
      return fail({ line: undefined, problem: `has a value of a form that is not read here, at ${name}` });
    const text = typeof value.data === 'object' ? showList(value.data) : String(value.data);
    settings.push({ section: OAUTH, key: toSnakeCase(name), text, line: undefined, elsewhere: [] });
  }
  return ok(keepLast(settings));
}

/** A list in the form that Grafana reads from a text. */
export function showList(list: readonly string[] | null): string {
  return list === null || list.length === 0 ? '' : JSON.stringify(list);
}

/** `roleAttributePath`, `usePKCE`: `role_attribute_path`, `use_pkce`. */
function toSnakeCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

const TOKEN =
  /\s*(?:[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

/** What may stand behind what: a value, or the end of one, and what divides them. */
const FOLLOWS: readonly (readonly [before: RegExp, after: RegExp])[] = [
  [/^$|^[[:]$/, /^[^,:}]/],
  [/^,$/, /^[^,:}\]]/],
  [/^\{$/, /^["}]/],
  [/^["\d}\]tfn-]/, /^[,:}\]]$/],
];

/** About where a text stops being JSON: at a word that is none, or at one that cannot stand there. */
function findBreak(text: string): number {
  let before = '';
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const word = TOKEN.exec(text)?.[0].trim();
    if (word === undefined) return start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0);
    const [, after] = FOLLOWS.find(([pattern]) => pattern.test(before)) ?? [];
    if (after && !after.test(word)) return text.indexOf(word, start);
    before = word;
  }
}
