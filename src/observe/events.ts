/** A key by its name, as it is registered. */
interface OfKey {
  readonly key: string;
  readonly orgId: number;
}

interface MaybeOfKey {
  readonly key?: string | undefined;
  readonly orgId?: number | undefined;
}

interface OfSubject {
  readonly subject: string;
}

/**
 * Every event and its facts: one closed union. Names of keys, organisations and dashboards, ids, codes and the
 * beginnings of paths may be there; tokens, signatures, cookies, whole queries and values of headers never.
 */
export interface EventMap {
  'share.link.accepted': OfKey & {
    readonly version: string;
    readonly uid: string;
    readonly linkId: string;
    readonly sessionId: string;
    readonly sessionSeconds: number;
  };
  /** `name` is the hash of a name that nobody registered. */
  'share.link.refused': MaybeOfKey & {
    readonly reason: string;
    readonly uid?: string | undefined;
    readonly name?: string | undefined;
  };
  'share.attempts.paused': MaybeOfKey & {
    readonly reason: 'signature' | 'unknown-key';
    readonly name?: string | undefined;
    readonly waitSeconds: number;
  };
  'share.key.refused': { readonly reason: string };
  'share.key.unreadable': OfKey;
  'session.revoked': MaybeOfKey & {
    readonly reason: string;
    readonly subject?: string | undefined;
    readonly uid?: string | undefined;
  };
  'session.path.refused': OfKey & { readonly method: string; readonly path: string };
  'session.cookies.blocked': OfKey & { readonly sessionId: string };
  'session.tab.opened': OfKey & { readonly linkId: string; readonly sessionId: string };
  'session.socket.closed': OfKey & { readonly linkId: string; readonly sessionId: string };
  'revocation.made': {
    readonly kind: string;
    readonly id: string;
    readonly label: string;
    readonly by: string;
  };
  'revocation.lifted': { readonly id: string; readonly by: string };
  'revocation.unavailable': { readonly reason: 'refused' | 'allowed' };
  'key.added': OfKey & { readonly by: string };
  'key.changed': OfKey & { readonly by: string; readonly reason: string };
  'key.removed': OfKey & { readonly by: string };
  'keys.resealed': { readonly count: number; readonly by: string };
  'link.made': OfKey & { readonly linkId: string; readonly uid: string; readonly by: string };
  'admin.refused': { readonly reason: string };
  'admin.attempts.paused': { readonly waitSeconds: number };
  'embed.ancestor_refused': MaybeOfKey & { readonly page: string };
  'request.cross_site.refused': { readonly path: string };
  'public_dashboard.rate.refused': { readonly dashboard: string };
  'public_dashboard.revoked': { readonly dashboard: string };
  'headers.changed': { readonly change: string; readonly timesBefore: number };
  'origin.refused_key': OfKey & { readonly status: number };
  'origin.unreachable': { readonly path: string };
  'origin.timeout': { readonly path: string };
  'oncall.region.learnt': { readonly kind: string; readonly region: string; readonly way: string };
  'oncall.token.refused': { readonly kind?: string; readonly reason: string };
  /** `region` is what the token names, where it names one. */
  'oncall.region.unknown': { readonly kind: string; readonly region?: string | undefined };
  'oncall.stack.failed': { readonly kind: string; readonly stack: string; readonly reason: string };
  'oncall.upstream.unreachable': {
    readonly kind?: string;
    readonly region?: string;
    readonly reason: 'unreachable' | 'timeout' | 'no-such-host';
  };
  'oncall.failover': {
    readonly kind: string;
    readonly from: string;
    readonly region: string;
    readonly isRepeated: boolean;
  };
  'oncall.binding.made': { readonly clue: string; readonly region: string };
  'oncall.binding.removed': { readonly clue: string; readonly region?: string | undefined };
  /** `subject` is the provider's own name for the user (`sub`); never a login, a name or an address. */
  'sso.signed_in': OfSubject & { readonly sessionId: string; readonly role?: string | undefined };
  'sso.groups.left_out': OfSubject & { readonly count: number };
  'sso.refused': { readonly reason: string; readonly subject?: string | undefined };
  'sso.signed_out': OfSubject & { readonly sessionId: string };
  /** `subject` is missing where the provider names a session alone. */
  'sso.backchannel.logout': {
    readonly subject?: string | undefined;
    readonly of: 'user' | 'session';
  };
  'sso.backchannel.refused': { readonly reason: string };
  'sso.loop.stopped': { readonly returns: number };
  'sso.refreshed': OfSubject;
  'sso.refresh.failed': { readonly reason: string };
  'sso.session.ended': { readonly reason: string; readonly subject?: string | undefined };
  'sso.socket.closed': OfSubject & { readonly sessionId: string };
  'sso.provider.failed': { readonly part: string; readonly reason: string };
  'sso.account.released': { readonly by: string };
  /** `checks` are those that are not green, separated by spaces. */
  'sso.health.changed': { readonly status: string; readonly checks: string };
  'sso.alert.failed': { readonly reason: string };
  /** What was done beyond ending sign-ins. */
  'sso.recovered': {
    readonly shareSessions: boolean;
    readonly accounts: boolean;
    readonly assertionKey: boolean;
    readonly by: string;
  };
  'origin.refused_identity': OfSubject & { readonly reason: string; readonly status: number };
  'config.invalid': { readonly mistake: string; readonly host?: string | undefined };
  'config.warning': { readonly warning: string };
  'ledger.failed': { readonly reason: string };
  'storage.failed': { readonly reason: 'read' | 'write' };
  'request.failed': { readonly error?: string | undefined; readonly at?: string | undefined };
}

export type EventName = keyof EventMap;

/** What became of what an event tells. */
export type Outcome = 'done' | 'refused' | 'failed' | 'noted';

/** One row of the table of events. */
export interface EventRow {
  readonly outcome: Outcome;
  /** A decision is kept in the ledger of its key, and not only in the log. */
  readonly isDecision: boolean;
  /** When it happens, for docs/events.md. */
  readonly when: string;
}

/** The events, in the order of docs/events.md, which is made from this table. */
export const EVENTS: Readonly<Record<EventName, EventRow>> = {
  'share.link.accepted': decision('done', 'a link was opened'),
  'share.link.refused': decision('refused', 'a link was refused; with the reason'),
  'share.attempts.paused': decision(
    'refused',
    'a wrong signature, or an unknown name, from an address or for a name that has to wait',
  ),
  'share.key.refused': decision('refused', 'a registered key arrived as `Authorization` from outside'),
  'share.key.unreadable': noted(
    'failed',
    'a stored key cannot be opened: it was sealed with a secret that is not among `POSTERN_SECRETS`',
  ),
  'session.revoked': decision('refused', 'a visitor came with what was revoked'),
  'session.path.refused': decision('refused', 'a session asked for what it may not see'),
  'session.cookies.blocked': decision('refused', "a frame's cookie did not come back"),
  'session.tab.opened': decision('done', 'a visitor whose frame keeps no cookie opened a tab'),
  'session.socket.closed': decision('refused', 'an open socket was closed since its session holds no more'),
  'revocation.made': decision('done', 'something was revoked'),
  'revocation.lifted': decision('done', 'a revocation was lifted'),
  'revocation.unavailable': noted(
    'failed',
    'nobody could say whether a visitor was revoked; they were refused, or let in where `REVOCATION_UNAVAILABLE` allows it',
  ),
  'key.added': decision('done', 'a key was registered'),
  'key.changed': decision('done', 'a key was changed: settings, token, disabled, enabled; with what'),
  'key.removed': decision('done', 'a key was removed'),
  'keys.resealed': decision('done', 'stored keys were sealed anew with the newest secret'),
  'link.made': decision('done', 'the admin API made a link'),
  'admin.refused': decision('refused', 'the admin API was asked without its token, or with a wrong one'),
  'admin.attempts.paused': decision('refused', 'wrong admin tokens from an address that has to wait'),
  'embed.ancestor_refused': noted(
    'noted',
    'a link was opened, or a page of Grafana shown, in a frame of a page that may not embed it (`page`); the browser refuses to show it',
  ),
  'request.cross_site.refused': noted(
    'refused',
    "another site tried to act with a visitor's session, cookie or remembered password; with the beginning of the path",
  ),
  'public_dashboard.rate.refused': noted(
    'refused',
    "too many requests to a public dashboard, which is named by a few digits of its access token's hash",
  ),
  'public_dashboard.revoked': noted('refused', 'a public dashboard was asked for that was revoked'),
  'headers.changed': noted(
    'noted',
    'a request header was renamed or dropped; at most one line a name and minute, five a request, sixty a minute. `timesBefore` counts the ones before it',
  ),
  'origin.refused_key': decision('failed', 'Grafana no longer takes a key'),
  'origin.unreachable': noted(
    'failed',
    'Grafana, or an origin of `ROUTES`, does not answer; with the beginning of the path',
  ),
  'origin.timeout': noted('failed', 'the same, in time'),
  'oncall.region.learnt': decision(
    'done',
    'the OnCall region of a token or a stack was found; with the kind of token and the way: `stack` or `probe`',
  ),
  'oncall.token.refused': noted(
    'refused',
    'an OnCall call came without a token, with one that no region takes, or with one that can be read in two ways',
  ),
  'oncall.region.unknown': noted(
    'refused',
    'nothing says which region an OnCall token belongs to, or it names a `region` that is not in `ONCALL_REGIONS`',
  ),
  'oncall.stack.failed': noted('failed', 'a stack did not tell its OnCall address, or told a foreign one'),
  'oncall.upstream.unreachable': noted(
    'failed',
    'an OnCall region did not answer, or not in time, or there is none at its address. Without `region`, none of them knew a token and not all answered',
  ),
  'oncall.failover': decision(
    'done',
    'a region refused a token that was learnt for it, and another one was found; `isRepeated`: the call was sent there, too',
  ),
  'oncall.binding.made': decision(
    'done',
    'an operator bound a token (by its hash) or a stack to an OnCall region',
  ),
  'oncall.binding.removed': decision('done', 'an operator took such a binding away, or what was learnt'),
  'sso.signed_in': decision('done', 'somebody signed in'),
  'sso.groups.left_out': noted(
    'noted',
    'somebody signed in whose groups are too many for a header: Grafana is told of none of them, so that its team sync does not take some for all',
  ),
  'sso.refused': decision('refused', 'somebody could not sign in; with the reason'),
  'sso.signed_out': decision('done', 'somebody signed out'),
  'sso.backchannel.logout': decision(
    'done',
    'the provider signed somebody out: one of their sessions, or all of them (`of`)',
  ),
  'sso.backchannel.refused': decision(
    'refused',
    'a sign-out that came in the name of the provider was not carried out; with the reason',
  ),
  'sso.loop.stopped': noted(
    'noted',
    'a browser came back from the provider twice within a minute and was still not signed in: the sign-in page led it there no more by itself',
  ),
  'sso.refreshed': noted('done', 'a sign-in was refreshed, and its roles evaluated anew'),
  'sso.refresh.failed': noted(
    'failed',
    'a sign-in could not be refreshed, since the provider could not be asked; it goes on for `SSO_GRACE_SECONDS`',
  ),
  'sso.session.ended': decision('refused', 'a sign-in ended before its time; with the reason'),
  'sso.socket.closed': decision('refused', 'an open socket was closed since its sign-in holds no more'),
  'sso.provider.failed': noted(
    'failed',
    'the identity provider could not be asked, or what it said does not hold; with what was asked for',
  ),
  'sso.health.changed': decision(
    'noted',
    'the health of sign-in became red, or is red no longer; with the checks that are not green',
  ),
  'sso.alert.failed': noted(
    'failed',
    'a change of the health of sign-in could not be posted to `ALERT_WEBHOOK_URL`; it is not tried again',
  ),
  'sso.account.released': decision('done', 'a login or an e-mail address was let go for another user'),
  'sso.recovered': decision(
    'done',
    'an operator brought sign-in back (`postern sso recover`): everybody has to sign in again; with whether share sessions were ended, names released, and the key for assertions replaced',
  ),
  'origin.refused_identity': decision(
    'refused',
    'Grafana did not take a signed-in user; with the reason, as far as it gives one',
  ),
  'config.invalid': noted('failed', 'a mistake of the configuration'),
  'config.warning': noted('noted', 'what is allowed in the configuration, but probably not meant'),
  'ledger.failed': noted(
    'failed',
    'an event, a count or an attempt could not be kept in its Durable Object; at most once a minute and isolate',
  ),
  'storage.failed': noted('failed', 'KV could not be read or written'),
  'request.failed': noted('failed', 'a mistake of the gateway itself'),
};

function decision(outcome: Outcome, when: string): EventRow {
  return { outcome, isDecision: true, when };
}

function noted(outcome: Outcome, when: string): EventRow {
  return { outcome, isDecision: false, when };
}

/** Where a request came in. */
export interface RequestFacts {
  readonly requestId?: string | undefined;
  /** `request.cf`: two letters, and the code of Cloudflare's place. */
  readonly country?: string | undefined;
  readonly colo?: string | undefined;
}

/** One event as it is written: a line of the log. */
export type EventLine = {
  readonly [Name in EventName]: {
    /** ISO 8601, UTC. */
    readonly time: string;
    readonly event: Name;
    readonly outcome: Outcome;
  } & RequestFacts &
    EventMap[Name];
}[EventName];

/** Tells an event: what doors have. */
export type Tell = <Name extends EventName>(event: Name, facts: EventMap[Name]) => void;

/** @param now unix seconds */
export function formatEvent<Name extends EventName>(
  event: Name,
  facts: EventMap[Name],
  now: number,
  request: RequestFacts = {},
): EventLine {
  const time = new Date(now * 1000).toISOString();
  // What the compiler cannot follow: the facts are those of this very name.
  return { time, event, outcome: EVENTS[event].outcome, ...request, ...facts } as unknown as EventLine;
}
