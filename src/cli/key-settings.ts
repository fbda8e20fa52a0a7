import type * as z from 'zod';
import { Sentence } from '../api/common.ts';
import type { KeyPatchJson, NewKeyJson } from '../api/keys.ts';
import { KEY_FORMS } from '../share/key-forms.ts';
import type { OptionTable } from './args.ts';
import { misuse } from './cli-error.ts';
import { createBadValue, readByForm, splitWords, toNumber } from './option-values.ts';

/** Settings of a key, as options. */
export const SETTING_OPTIONS = {
  dashboards: {
    type: 'string',
    value: 'UIDS',
    about: 'dashboards that links may open, in quotes; "*" for all',
  },
  'frame-ancestors': {
    type: 'string',
    value: 'SOURCES',
    about: 'pages that may embed what is seen, as in CSP',
  },
  'max-session': { type: 'string', value: 'SECONDS', about: 'no session of this key is longer' },
  live: { type: 'boolean', about: "let sessions open Grafana Live's socket" },
  resources: { type: 'string', value: 'UIDS', about: 'data sources whose own routes sessions may read' },
  expires: { type: 'string', value: 'DAY', about: 'last day of the key (2027-01-31, UTC), or an instant' },
  note: { type: 'string', value: 'TEXT', about: 'a line for the operator' },
} as const satisfies OptionTable;

/** Each of them taken away. */
export const CLEARING_OPTIONS = {
  'no-dashboards': { type: 'boolean', about: 'a link opens the one dashboard that it leads to' },
  'no-frame-ancestors': { type: 'boolean', about: 'as FRAME_ANCESTORS of the gateway says' },
  'no-max-session': { type: 'boolean', about: 'as the gateway caps it' },
  'no-live': { type: 'boolean', about: 'no socket' },
  'no-resources': { type: 'boolean', about: 'no data source of its own' },
  'no-expires': { type: 'boolean', about: 'the key has no last day' },
  'no-note': { type: 'boolean', about: 'no note' },
} as const satisfies OptionTable;

type SettingName = keyof typeof SETTING_OPTIONS;
type Given = { readonly [K in SettingName]?: string | boolean | undefined };
type GivenToClear = { readonly [K in keyof typeof CLEARING_OPTIONS]?: boolean | undefined };

/** How a setting is read, and what stands for none of it. */
interface SettingRow {
  readonly option: SettingName;
  readonly field: Exclude<keyof KeyPatchJson, 'disabled'>;
  read(text: string): unknown;
  readonly form: z.ZodType;
  readonly cleared: null | false | readonly [];
}

const ROWS: readonly SettingRow[] = [
  { option: 'dashboards', field: 'dashboards', read: splitWords, form: KEY_FORMS.dashboards, cleared: null },
  {
    option: 'frame-ancestors',
    field: 'frameAncestors',
    read: splitWords,
    form: KEY_FORMS.frameAncestors,
    cleared: null,
  },
  {
    option: 'max-session',
    field: 'maxSessionSeconds',
    read: toNumber,
    form: KEY_FORMS.maxSessionSeconds,
    cleared: null,
  },
  { option: 'resources', field: 'resources', read: splitWords, form: KEY_FORMS.resources, cleared: [] },
  { option: 'expires', field: 'expires', read: String, form: KEY_FORMS.expires, cleared: null },
  { option: 'note', field: 'note', read: String, form: Sentence, cleared: null },
];

/** Settings of a new key; what is not given is left to the gateway. @throws CliError */
export function readNewSettings(given: Given, command: string): Omit<NewKeyJson, 'token' | 'force'> {
  const fields = ROWS.flatMap((row) => {
    const text = given[row.option];
    return typeof text === 'string' ? [[row.field, readSetting(row, text, command)] as const] : [];
  });
  return { ...Object.fromEntries(fields), ...(given.live === true && { live: true }) };
}

/** Changes to a key: an empty value, or `--no-…`, takes a setting away. @throws CliError */
export function readSettingChanges(given: Given & GivenToClear, command: string): KeyPatchJson {
  const fields = ROWS.flatMap((row) => {
    const text = given[row.option];
    const isCleared = given[`no-${row.option}`] === true;
    if (typeof text === 'string' && isCleared) throw createContradiction(row.option, command);
    if (isCleared || text === '') return [[row.field, row.cleared] as const];
    return typeof text === 'string' ? [[row.field, readSetting(row, text, command)] as const] : [];
  });
  const live = readLive(given, command);
  const changes: KeyPatchJson = { ...Object.fromEntries(fields), ...(live !== undefined && { live }) };
  if (Object.keys(changes).length === 0) throw createNothing(command);
  return changes;
}

function readSetting({ option, read, form }: SettingRow, text: string, command: string): unknown {
  const value = read(text);
  // NaN has a message of its own in the schema's library, which means nothing to people.
  if (Number.isNaN(value))
    throw createBadValue(`--${option}`, 'It takes a whole number of seconds.', command);
  readByForm(value, form, `--${option}`, command);
  return value;
}

function readLive(given: Given & GivenToClear, command: string): boolean | undefined {
  if (given.live === true && given['no-live'] === true) throw createContradiction('live', command);
  if (given.live === true) return true;
  return given['no-live'] === true ? false : undefined;
}

function createContradiction(option: string, command: string) {
  return misuse({
    code: 'options-contradict',
    what: `--${option} and --no-${option} are both there.`,
    details: 'One sets what the other takes away.',
    fix: `Give one of them. See: postern help ${command}`,
  });
}

function createNothing(command: string) {
  return misuse({
    code: 'option-missing',
    what: 'There is nothing to change.',
    details: 'No setting is given. What is not given stays as it is.',
    fix: `Add a setting, such as --expires 2027-01-31 or --no-expires. See: postern help ${command}`,
  });
}
