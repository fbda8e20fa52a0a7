import type { REVOCATION_KINDS } from '../api/revocations.ts';
import type { Target } from '../revocation/target.ts';
import type { OptionTable } from './args.ts';
import type { Io } from './io.ts';
import { readKeyName, readOrg, requireOrg } from './option-values.ts';
import {
  readLinkId,
  readPublicToken,
  readSessionId,
  readWord,
  refuseKeyAsTarget,
} from './revocation-target.ts';

type Kind = (typeof REVOCATION_KINDS)[number];

/** What can be revoked through the admin API. */
export type RevocableTarget = Target & { readonly kind: Kind };

/** What was typed to name it. */
export interface TargetWords {
  readonly word: string;
  readonly org: string | undefined;
  /** For messages. */
  readonly command: string;
}

/** One kind: how it is named on the command line, for `revoke` and `unrevoke` alike. */
export interface RevocationKind {
  readonly kind: Kind;
  readonly positionals: readonly string[];
  readonly options: OptionTable;
  /** Behind `postern revoke`. */
  readonly usage: string;
  /** Behind "take back" and "lift the revocation of". */
  readonly what: string;
  readonly about: string;
  readonly example: string;
  /** @throws CliError */
  read(words: TargetWords, io: Io): Promise<RevocableTarget> | RevocableTarget;
}

const ORG = { org: { type: 'string', value: 'N', about: 'organisation in Grafana' } } as const;
const ORG_OR_ALL = {
  org: { type: 'string', value: 'N', about: 'in this organisation alone (default: in all of them)' },
} as const;

/** The kinds, in the order of the help text. */
export const REVOCATION_ROWS: readonly RevocationKind[] = [
  {
    kind: 'link',
    positionals: ['LINK_OR_ID'],
    options: {},
    usage: 'link LINK_OR_ID',
    what: 'a link, and the sessions that it opened',
    about: `LINK_OR_ID is the id that "postern inspect" prints, a whole link, or - for standard input. Links of one key and second
are one link; all version 1 links of a key are one. A link of version 1 carries its key: pipe it in.`,
    example: 'link b936bf1c19058e19',
    async read({ word }, io) {
      return { kind: 'link', id: await readLinkId(await readWord(word, io)) };
    },
  },
  {
    kind: 'session',
    positionals: ['ID'],
    options: {},
    usage: 'session ID',
    what: 'one session',
    about: 'ID is the one of the session, 16 hex digits, as "postern events" shows it.',
    example: 'session 0f3c91aa5b7d2e64',
    read: ({ word }) => ({ kind: 'session', id: readSessionId(word) }),
  },
  {
    kind: 'subject',
    positionals: ['SUBJECT'],
    options: {},
    usage: 'subject SUBJECT',
    what: 'every session of one viewer',
    about: 'SUBJECT is a signed-in user: the sub of the provider, or the e-mail address at sign-in.',
    example: 'subject ada@example.com',
    read({ word }) {
      refuseKeyAsTarget(word);
      return { kind: 'subject', subject: word };
    },
  },
  {
    kind: 'key',
    positionals: ['NAME'],
    options: ORG,
    usage: 'key NAME --org N',
    what: 'every link and session of a key',
    about:
      'NAME and organisation as the key is registered. The key stays registered: see also "postern key disable".',
    example: 'key portal --org 1',
    read: ({ word, org, command }) => ({
      kind: 'key',
      name: readKeyName(word, command),
      orgId: requireOrg(org, command),
    }),
  },
  {
    kind: 'dashboard',
    positionals: ['UID'],
    options: ORG_OR_ALL,
    usage: 'dashboard UID [--org N]',
    what: 'a dashboard, for every link and session',
    about:
      'UID as it stands in the address of the dashboard: /d/<uid>/… Sessions keep their other dashboards.',
    example: 'dashboard TZWea0001',
    read: ({ word, org, command }) => ({
      kind: 'dashboard',
      uid: word,
      orgId: org === undefined ? undefined : readOrg(org, command),
    }),
  },
  {
    kind: 'public',
    positionals: ['TOKEN_OR_ADDRESS'],
    options: {},
    usage: 'public TOKEN_OR_ADDRESS',
    what: "one of Grafana's own public dashboards",
    about: `TOKEN_OR_ADDRESS is the access token of the public dashboard (32 hex digits), its address
(…/public-dashboards/<token>), or - for standard input.`,
    example: 'public - < address.txt',
    async read({ word }, io) {
      return { kind: 'public', token: readPublicToken(await readWord(word, io)) };
    },
  },
  {
    kind: 'org',
    positionals: ['N'],
    options: {},
    usage: 'org N',
    what: 'everything of an organisation',
    about: 'N is the number of the organisation in Grafana.',
    example: 'org 2',
    read: ({ word, command }) => ({ kind: 'org', orgId: readOrg(word, command, 'N') }),
  },
  {
    kind: 'all',
    positionals: [],
    options: {},
    usage: 'all',
    what: 'everything: the emergency switch',
    about: `Every link and session that was issued before now is out; what is issued from then on works. With --until-lifted
nothing is let in any more, whenever it was issued.`,
    example: 'all --reason "token found in a log" --wait',
    read: () => ({ kind: 'all' }),
  },
];
