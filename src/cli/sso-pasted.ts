import type { ExplainOrderJson } from '../api/sso.ts';
import { parseJson } from '../lib/json.ts';
import type { OptionTable } from './args.ts';
import { type CliError, misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { FILE_PROBLEMS } from './secret-file.ts';

/** Where each thing that a provider answers comes from. */
export const PASTED_OPTIONS = {
  'id-token': { type: 'string', value: 'FILE', about: 'the ID token, or its claims as JSON' },
  userinfo: { type: 'string', value: 'FILE', about: 'the answer of api_url, as JSON' },
  'access-token': { type: 'string', value: 'FILE', about: 'the access token, or its claims as JSON' },
  emails: { type: 'string', value: 'FILE', about: 'the answer of <api_url>/emails, as JSON' },
  teams: { type: 'string', value: 'FILE', about: 'the answer of teams_url or <api_url>/teams, as JSON' },
  organizations: { type: 'string', value: 'FILE', about: 'the answer of <api_url>/orgs, as JSON' },
} as const satisfies OptionTable;

type PastedOption = keyof typeof PASTED_OPTIONS;

/** The options as they were given. */
export type PastedGiven = { readonly [Option in PastedOption]?: string | undefined };

/** What may stand in the file of an option, and where it goes. */
interface PastedRow {
  readonly option: PastedOption;
  readonly field: keyof ExplainOrderJson;
  readonly holds: 'token' | 'claims' | 'json';
}

const ROWS: readonly PastedRow[] = [
  { option: 'id-token', field: 'idToken', holds: 'token' },
  { option: 'userinfo', field: 'userinfo', holds: 'claims' },
  { option: 'access-token', field: 'accessToken', holds: 'token' },
  { option: 'emails', field: 'emails', holds: 'json' },
  { option: 'teams', field: 'teams', holds: 'json' },
  { option: 'organizations', field: 'organizations', holds: 'json' },
];

/** How many of the options want standard input. */
export function countStdin(given: PastedGiven): number {
  return ROWS.filter(({ option }) => given[option] === '-').length;
}

/** The order for what the options name. @throws CliError where a file cannot be read, or holds something else */
export async function readPasted(given: PastedGiven, io: Io): Promise<Readonly<Record<string, unknown>>> {
  checkGiven(given);
  const order: Record<string, unknown> = {};
  for (const row of ROWS) {
    const path = given[row.option];
    if (path === undefined) continue;
    const text = await readText(path, row.option, io);
    order[row.field] = readContent(text.replace(/^\uFEFF/, '').trim(), row);
  }
  return order;
}

function checkGiven(given: PastedGiven): void {
  if (countStdin(given) > 1) throw createStdinTwice();
  const sources = [given['id-token'], given.userinfo, given['access-token']];
  if (sources.every((source) => source === undefined)) throw createNoSource();
}

async function readText(path: string, option: PastedOption, io: Io): Promise<string> {
  try {
    return await (path === '-' ? io.readStdin() : io.readFile(path));
  } catch (error) {
    throw createUnreadable(option, error as NodeJS.ErrnoException);
  }
}

function readContent(text: string, { option, holds }: PastedRow): unknown {
  const value = parseJson(text);
  if (holds === 'json' && value !== undefined) return value;
  if (holds !== 'json' && isObject(value)) return value;
  // Whether a token can be read is for the gateway to say; an access token need not be a JWT.
  if (holds === 'token' && /^[\x21-\x7e]+$/.test(text)) return typeof value === 'string' ? value : text;
  throw createWrongContent(option, holds);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function createNoSource(): CliError {
  return misuse({
    code: 'claims-missing',
    what: 'There are no claims.',
    details: 'Somebody is known by an ID token, an answer of userinfo, or an access token.',
    fix: 'Give one of --id-token, --userinfo and --access-token: postern sso explain --id-token token.txt',
  });
}

function createStdinTwice(): CliError {
  return misuse({
    code: 'stdin-twice',
    what: 'Standard input can hold one thing only.',
    details: 'Two options are -, and both would be read from there.',
    fix: 'Put one of them into a file.',
  });
}

function createUnreadable(option: PastedOption, { code = '' }: NodeJS.ErrnoException): CliError {
  return misuse({
    code: 'claims-unreadable',
    what: `What --${option} names cannot be read.`,
    details:
      code === 'input-too-long'
        ? 'It has more than 64 kB.'
        : (FILE_PROBLEMS[code] ?? `The system says ${code || 'no more'}.`),
    fix: 'Give the name of a file, or - for standard input.',
  });
}

const FORMS: Readonly<Record<PastedRow['holds'], string>> = {
  token: 'a token, or a JSON object of its claims',
  claims: 'a JSON object',
  json: 'JSON',
};

/** What was read is not repeated: it may be a token. */
function createWrongContent(option: PastedOption, holds: PastedRow['holds']): CliError {
  return misuse({
    code: 'claims-form',
    what: `What --${option} names is not in its form.`,
    details: `It holds ${FORMS[holds]}, and nothing else.`,
    fix: 'See: postern help sso explain',
  });
}
