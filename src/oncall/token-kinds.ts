/** What a token is, by what it looks like and where it stands. */
export type TokenKind =
  | 'integration'
  | 'export'
  | 'backsync'
  | 'mobile'
  | 'plugin'
  | 'api-key'
  | 'service-account'
  | 'access-policy';

/** How the region of a token is found that is neither bound nor learnt. */
export type Search =
  /** Regions are asked whether they know it. */
  | 'probe'
  /** The stack that it names is asked, with this very token. */
  | 'stack'
  /** It says so itself. */
  | 'claim'
  /** Not at all: an operator has to bind it. */
  | 'none';

/** Where a token stands. */
type Place = 'header' | 'query' | 'path';

/** One row of the table of tokens. */
export interface TokenRow {
  readonly kind: TokenKind;
  readonly place: Place;
  /** Paths (below `ONCALL_PATH`) that it is for; any path where there is none. A token in the path is its group. */
  readonly path?: RegExp;
  readonly form: RegExp;
  readonly search: Search;
  /** Whether it comes with `X-Instance-Context`, which names the stack by its number. */
  readonly hasContext: boolean;
  /** Whether a stack that cannot be read is refused. The engine looks at `X-Grafana-URL` for some tokens only. */
  readonly needsStack: boolean;
}

const HEX_64 = /^[0-9a-f]{64}$/;
const PLAIN = { hasContext: false, needsStack: false } as const;

/**
 * The kinds of token (oncall.md §2.1, §2.2, §4), first match first. Paths come before headers, as the engine looks
 * at nothing else there. Tokens of the last four tables of the engine's cannot be probed: `info` knows API keys
 * alone. `gat_`, `eyJrIjoi…` and whatever else is no row are not accepted anywhere.
 */
export const TOKEN_KINDS: readonly TokenRow[] = [
  {
    kind: 'backsync',
    place: 'header',
    path: /^\/integrations\/v1\/backsync\/?$/,
    form: HEX_64,
    search: 'none',
    ...PLAIN,
  },
  {
    kind: 'integration',
    place: 'path',
    path: /^\/integrations\/v1\/[a-z0-9_-]+\/([^/]*)(?:\/heartbeat)?\/?$/,
    form: /^[A-Za-z0-9]{20,64}$/,
    search: 'none',
    ...PLAIN,
  },
  {
    kind: 'export',
    place: 'query',
    path: /^\/api\/v1\/(?:schedules\/[^/]+\/export|users\/[^/]+\/schedule_export)\/?$/,
    form: /^[0-9a-f]{32}$/,
    search: 'none',
    ...PLAIN,
  },
  {
    kind: 'mobile',
    place: 'header',
    // The relay of the self-hosted engine stands among the paths of the app, and takes an API key.
    path: /^\/(?:mobile_app\/v1\/(?!fcm_relay)|api\/internal\/v1\/mobile_app\/)/,
    form: HEX_64,
    search: 'none',
    ...PLAIN,
  },
  {
    kind: 'plugin',
    place: 'header',
    form: /^(?:[0-9a-f]{128}|gcom:\S{1,4096})$/,
    search: 'none',
    hasContext: true,
    needsStack: false,
  },
  { kind: 'api-key', place: 'header', form: HEX_64, search: 'probe', ...PLAIN },
  {
    kind: 'service-account',
    place: 'header',
    form: /^glsa_[A-Za-z0-9_]{1,256}$/,
    search: 'stack',
    hasContext: false,
    needsStack: true,
  },
  {
    kind: 'access-policy',
    place: 'header',
    form: /^glc_/,
    search: 'claim',
    hasContext: false,
    needsStack: true,
  },
];
