import { KeyAnswer, Replacement } from '../../api/keys.ts';
import { checkStdinOnce } from '../admin-access.ts';
import type { OptionTable } from '../args.ts';
import type { Call, Command } from '../command.ts';
import type { Io } from '../io.ts';
import { type KeyIdentity, pathOfKey } from '../key-api.ts';
import { defineKeyCommand } from '../key-command.ts';
import { CLEARING_OPTIONS, readNewSettings, readSettingChanges, SETTING_OPTIONS } from '../key-settings.ts';
import { createForeignToken } from '../link-mistakes.ts';
import { createBadValue, readWhole } from '../option-values.ts';
import { requireToken, TOKEN_FILE_OPTION } from '../token-source.ts';
import { keyList } from './key-list.ts';
import { keyMint } from './key-mint.ts';
import { keyRemoveExpired } from './key-remove-expired.ts';

const FORCE = { type: 'boolean', about: 'go on although the origin refuses the token' } as const;

const OVERLAP_SECONDS_MAX = 30 * 86_400;

const nothing = () => undefined;

const add = defineKeyCommand({
  word: 'add',
  summary: 'register a key',
  usage: '[--dashboards UIDS] [--max-session SECONDS] [settings]',
  description: `Registers a service account token or API key of a Viewer under NAME, as links will name it. The token comes from
POSTERN_KEY_TOKEN, --token-file or standard input. The gateway asks Grafana whether it works, and for whose.

Whoever holds a link can make every query that this account may make: give the account the role Viewer, list the
dashboards, and set a longest session.`,
  examples: [
    'postern key add portal --org 1 --dashboards "TZWea0001 TZWea0002" --max-session 7200 < token.txt',
  ],
  options: { ...SETTING_OPTIONS, 'token-file': TOKEN_FILE_OPTION, force: FORCE },
  done: 'Registered',
  async readOrder(call, io, key) {
    const { options } = call;
    const settings = readNewSettings(options, 'key add');
    const token = await readKeyToken(call, io, key);
    return { token, ...settings, ...(options.force === true && { force: true }) };
  },
  ask: (client, key, body) => client.ask({ method: 'PUT', path: pathOfKey(key), body, answer: KeyAnswer }),
});

const replace = defineKeyCommand({
  word: 'replace',
  summary: 'swap the token of a key, with an overlap',
  usage: '[--overlap SECONDS]',
  description: `The new token comes from POSTERN_KEY_TOKEN, --token-file or standard input. From then on requests go to Grafana with it.
Links that were signed with the former one still open while the overlap lasts: a day, unless --overlap says
otherwise. Remove the former token in Grafana after that.`,
  examples: ['postern key replace portal --org 1 --overlap 3600 < new-token.txt'],
  options: {
    overlap: {
      type: 'string',
      value: 'SECONDS',
      about: 'how long links of the former token still open (default 86400)',
    },
    'token-file': TOKEN_FILE_OPTION,
    force: FORCE,
  },
  done: 'Replaced the token of',
  async readOrder(call, io, key) {
    const { overlap, force } = call.options;
    const bounds = { min: 0, max: OVERLAP_SECONDS_MAX, unit: 'seconds' };
    const overlapSeconds =
      overlap === undefined ? undefined : readWhole(overlap, '--overlap', bounds, 'key replace');
    const token = await readKeyToken(call, io, key);
    return Replacement.parse({ token, overlapSeconds, force });
  },
  ask: (client, key, body) =>
    client.ask({ method: 'POST', path: `${pathOfKey(key)}/replace`, body, answer: KeyAnswer }),
});

/** The text of the token that the key is to have. @throws CliError */
async function readKeyToken(
  { options }: Pick<Call<OptionTable>, 'options'>,
  io: Io,
  { name, orgId }: KeyIdentity,
): Promise<string> {
  const { 'token-file': given, 'admin-token-file': adminFile } = options;
  const file = typeof given === 'string' ? given : undefined;
  const wantsStdin = file === '-' || (file === undefined && !io.env.POSTERN_KEY_TOKEN);
  checkStdinOnce(typeof adminFile === 'string' ? adminFile : undefined, wantsStdin, 'the token of the key');
  const token = await requireToken({ file, force: false }, io);
  const { embedded } = token;
  if (embedded && (embedded.name !== name || embedded.orgId !== orgId)) throw createForeignToken(embedded);
  return token.text.reveal();
}

const show = defineKeyCommand({
  word: 'show',
  summary: 'look at a key',
  description:
    'Shows what is known of a key: its settings, what Grafana said of it, when it was last used. Never its token.',
  examples: ['postern key show portal --org 1'],
  options: {},
  done: 'This is',
  readOrder: nothing,
  ask: (client, key) => client.ask({ method: 'GET', path: pathOfKey(key), answer: KeyAnswer }),
});

const set = defineKeyCommand({
  word: 'set',
  summary: 'change settings of a key',
  usage: '[settings] [--no-…]',
  description: `What is not given stays. --no-expires, or an empty value, takes a setting away. Changes reach every place of Cloudflare
within about a minute; open sessions keep what they began with.`,
  examples: [
    'postern key set portal --org 1 --expires 2027-01-31',
    'postern key set portal --org 1 --no-expires --max-session 3600',
  ],
  options: { ...SETTING_OPTIONS, ...CLEARING_OPTIONS },
  done: 'Changed',
  readOrder: ({ options }) => readSettingChanges(options, 'key set'),
  ask: (client, key, body) => client.ask({ method: 'PATCH', path: pathOfKey(key), body, answer: KeyAnswer }),
});

/** Rows that set the one thing that is no setting. */
function defineSwitch(word: 'disable' | 'enable', summary: string, description: string): Command {
  const body = { disabled: word === 'disable' };
  return defineKeyCommand({
    word,
    summary,
    description,
    examples: [`postern key ${word} portal --org 1`],
    options: {},
    done: word === 'disable' ? 'Disabled' : 'Enabled',
    readOrder: nothing,
    ask: (client, key) => client.ask({ method: 'PATCH', path: pathOfKey(key), body, answer: KeyAnswer }),
  });
}

const disable = defineSwitch(
  'disable',
  'put a key out of use; its visitors are out',
  'Its links and sessions are answered "revoked", as fast as by any revocation, until the key is enabled again.',
);

const enable = defineSwitch(
  'enable',
  'take a key into use again',
  'Lifts what "postern key disable" did. Revocations that somebody made stay: see "postern revoke list".',
);

const remove = defineKeyCommand({
  word: 'remove',
  summary: 'remove a key; its visitors are out',
  description: `Removes a stored key and revokes what was issued under it. Its token stays valid in Grafana: remove it there too.
A key of SHARE_KEYS is removed in SHARE_KEYS.`,
  examples: ['postern key remove portal --org 1'],
  options: {},
  done: 'Removed',
  readOrder: nothing,
  ask: (client, key) => client.ask({ method: 'DELETE', path: pathOfKey(key), answer: KeyAnswer }),
});

const check = defineKeyCommand({
  word: 'check',
  summary: 'ask Grafana again whether the token of a key works',
  description:
    'The gateway asks Grafana with the token of the key, and notes the organisation and role that it finds.',
  examples: ['postern key check portal --org 1'],
  options: {},
  done: 'Asked about',
  readOrder: nothing,
  ask: (client, key) => client.ask({ method: 'POST', path: `${pathOfKey(key)}/check`, answer: KeyAnswer }),
});

const unmint = defineKeyCommand({
  word: 'unmint',
  summary: 'take a mint token back',
  positionals: ['ID'],
  description:
    'ID is that of the mint token, as "postern key show" lists it. The token makes no more links from then on.',
  examples: ['postern key unmint portal 0f3c91aa --org 1'],
  options: {},
  done: 'Took a mint token back from',
  readOrder: ({ positionals: [, id = ''] }) => readMintId(id),
  ask: (client, key, id) =>
    client.ask({ method: 'DELETE', path: `${pathOfKey(key)}/mint-tokens/${id}`, answer: KeyAnswer }),
});

/** @throws CliError; the word is not repeated, since it may be the token itself */
function readMintId(text: string): string {
  if (/^[0-9a-f]{8}$/.test(text)) return text;
  throw createBadValue('ID', 'It takes the 8 hex digits of the mint token, not the token.', 'key unmint');
}

/** The family `key`, in the order of its help text. */
export const KEY_COMMANDS: readonly Command[] = [
  add,
  keyList,
  show,
  set,
  disable,
  enable,
  remove,
  replace,
  check,
  keyMint,
  unmint,
  keyRemoveExpired,
];
