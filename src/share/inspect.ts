import { findPathProblem } from '../headers/path.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';
import { splitRequestUrl } from '../lib/request-url.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';
import type { Refusal } from '../refusal/refuse.ts';
import { findPageUid } from '../session/dashboard-path.ts';
import { answerLinkRefusal } from './answer.ts';
import { deriveKey } from './derive.ts';
import { chooseFormat } from './formats.ts';
import { addMistake, describeParts, hide, type LinkPart, readLink } from './inspect-parts.ts';
import type { LinkRefusal, LinkResult, LinkV2, ParameterMistake, ShareLink } from './link.ts';
import { computeLinkId } from './link-id.ts';
import { type LinkQuery, readLinkQuery } from './link-query.ts';
import type { LinkVersion, ShareOptions } from './options.ts';
import { GRAFANA_ORG_PARAMETER, V2_PARAMETERS as P, V1_PARAMETER } from './parameters.ts';
import { signTimestamp } from './sign.ts';
import { type GrafanaToken, parseGrafanaToken } from './token.ts';

export type { LinkPart } from './inspect-parts.ts';

/** What an inspection needs beside the link. */
export interface InspectContext {
  /** Unix seconds. */
  readonly now: number;
  readonly options: Pick<ShareOptions, 'versions' | 'freshnessSeconds'>;
  /** The token that should have signed the link, where the caller has it. */
  readonly token?: GrafanaToken | undefined;
}

/** When a link was signed, and until when that counts. Unix seconds. */
export interface LinkTime {
  readonly signedAt: number;
  /** Negative where the signer's clock is ahead. */
  readonly ageSeconds: number;
  readonly freshFrom: number;
  readonly freshUntil: number;
  readonly isFresh: boolean;
}

/** What the token says of the link. Of a version 1 link, `right` and `wrong` say whether it carries this token. */
export type SignatureFinding =
  | { readonly state: 'not-checked' }
  | { readonly state: 'right' }
  | { readonly state: 'wrong' }
  /** The token names its key, and the link names another one: the name is not covered by the signature. */
  | { readonly state: 'other-key'; readonly isRightlySigned: boolean };

/** What helps its owner beside the verdict. */
export type LinkHint =
  | 'carries-key'
  | 'html-escaped'
  | 'after-fragment'
  | 'timestamp-in-milliseconds'
  | 'token-mistyped'
  | 'carried-key-mistyped';

/** What the gateway would answer, as far as link and token tell. */
export type LinkVerdict =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly reason: LinkRefusal['code'] | 'ambiguous-path' | 'no-link';
      /** As in the gateway's problem documents. */
      readonly code: Refusal['code'];
      readonly more: string | undefined;
    };

/** A link, taken apart. Nothing in it reveals a key. */
export interface Inspection {
  /** Undefined where the link was given as a path. */
  readonly origin: string | undefined;
  readonly path: string;
  readonly dashboard: string | undefined;
  readonly version: LinkVersion | undefined;
  /** The key that the link names, as far as it does. A name that may be a key itself is a {@link Secret}. */
  readonly key: { readonly name: string | Secret | undefined; readonly orgId: number | undefined };
  readonly linkId: string | undefined;
  readonly time: LinkTime | undefined;
  /** The session's length that the link asks for, before the gateway's cap. */
  readonly askedSeconds: number | undefined;
  readonly parts: readonly LinkPart[];
  readonly signature: SignatureFinding;
  readonly hints: readonly LinkHint[];
  readonly verdict: LinkVerdict;
}

/**
 * Takes a link apart: address → parts → form → key → signature → freshness → verdict.
 *
 * The verdict follows the order of the share gate. What only the gateway knows (registered keys, their
 * dashboards, revocations) is left open. Parts are described even where an earlier step failed.
 *
 * @param text an absolute http(s) address, or a path with its query, as log lines have it
 */
export async function inspectLink(
  text: string,
  context: InspectContext,
): Promise<Result<Inspection, 'not-an-address'>> {
  const url = readAddress(text);
  if (!url) return fail('not-an-address');
  const { path, query } = splitRequestUrl(url.href);
  const dashboard = findPageUid(path);
  const claimed = readLinkQuery(query);
  const read = claimed && readLink(claimed);
  const link = read?.ok ? read.value : undefined;
  const key = nameKey(link);
  const time = link?.version === 'v2' ? placeInTime(link, context) : undefined;
  const signature = link ? await checkSignature(link, context.token) : ({ state: 'not-checked' } as const);
  const parts = addMistake(describeParts(query), read?.ok ? findOrgClash(read.value, key) : read?.reason);
  return ok({
    origin: text.startsWith('/') ? undefined : url.origin,
    path,
    dashboard,
    version: findVersion(parts),
    key: { ...key, name: key.name && hide(P.name, key.name) },
    linkId: identify(link, key),
    time,
    askedSeconds: link?.version === 'v2' ? link.expireSeconds : undefined,
    parts,
    signature,
    hints: findHints(url, parts, context.token),
    verdict: judge({ path, dashboard, claimed, read, key, signature, time }, context),
  });
}

/** The address as a browser would send it: the runtime sees nothing else. */
function readAddress(text: string): URL | undefined {
  const base = text.startsWith('/') ? 'http://gateway.invalid' : undefined;
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  url.username = '';
  url.password = '';
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

/** Undefined where the parameters of two versions, or of none, are there. */
function findVersion(parts: readonly LinkPart[]): LinkVersion | undefined {
  const hasV1 = parts.some(({ parameter }) => parameter === V1_PARAMETER);
  const hasV2 = parts.some(({ parameter }) => parameter === P.sign);
  if (hasV1 === hasV2) return undefined;
  return hasV1 ? 'v1' : 'v2';
}

/** The key that a link names: in its parameters, or in the key that it carries. */
function nameKey(link: ShareLink | undefined): NamedKey {
  if (link?.version === 'v2') return { name: link.name, orgId: link.orgId };
  const embedded = link && readEmbedded(link.token);
  return { name: embedded?.name, orgId: embedded?.orgId ?? link?.grafanaOrgId };
}

function readEmbedded(token: Secret): GrafanaToken['embedded'] {
  return readCarriedKey(token)?.embedded;
}

function readCarriedKey(token: Secret): GrafanaToken | undefined {
  const parsed = parseGrafanaToken(token.reveal());
  return parsed.ok ? parsed.value : undefined;
}

function identify(link: ShareLink | undefined, { name, orgId }: NamedKey): string | undefined {
  return link && name !== undefined && orgId !== undefined ? computeLinkId(link, { name, orgId }) : undefined;
}

function placeInTime({ timestamp }: LinkV2, { now, options }: InspectContext): LinkTime {
  const signedAt = Number(timestamp);
  const freshFrom = signedAt - options.freshnessSeconds;
  const freshUntil = signedAt + options.freshnessSeconds;
  const isFresh = freshFrom <= now && now <= freshUntil;
  return { signedAt, ageSeconds: now - signedAt, freshFrom, freshUntil, isFresh };
}

async function checkSignature(link: ShareLink, token: GrafanaToken | undefined): Promise<SignatureFinding> {
  if (!token) return { state: 'not-checked' };
  if (link.version === 'v1') {
    const isSame = equalInConstantTime(token.text.reveal(), link.token.reveal());
    return isSame ? { state: 'right' } : { state: 'wrong' };
  }
  const derived = await deriveKey(token);
  const isRight = equalInConstantTime(signTimestamp(derived, link.timestamp), link.sign);
  if (isOtherKey(link, token)) return { state: 'other-key', isRightlySigned: isRight };
  return isRight ? { state: 'right' } : { state: 'wrong' };
}

function isOtherKey({ name, orgId }: LinkV2, { embedded }: GrafanaToken): boolean {
  return embedded !== undefined && (embedded.name !== name || embedded.orgId !== orgId);
}

function findHints(url: URL, parts: readonly LinkPart[], token: GrafanaToken | undefined): LinkHint[] {
  const carried = parts.find(({ parameter }) => parameter === V1_PARAMETER)?.value;
  const carriedKey = carried instanceof Secret ? readCarriedKey(carried) : undefined;
  const timestamp = parts.find(({ parameter }) => parameter === P.timestamp)?.value;
  const hints: readonly (readonly [LinkHint, boolean])[] = [
    ['carries-key', parts.some(({ value }) => value instanceof Secret)],
    ['html-escaped', /&amp;(?:aliyun_|orgId=)/i.test(url.search)],
    ['after-fragment', /aliyun_/i.test(url.hash)],
    ['timestamp-in-milliseconds', typeof timestamp === 'string' && /^[0-9]{13}$/.test(timestamp)],
    ['token-mistyped', token?.checksumHolds === false],
    ['carried-key-mistyped', carriedKey?.checksumHolds === false],
  ];
  return hints.flatMap(([hint, holds]) => (holds ? [hint] : []));
}

interface NamedKey {
  readonly name: string | undefined;
  readonly orgId: number | undefined;
}

interface Findings extends Pick<Inspection, 'path' | 'dashboard' | 'signature' | 'time'> {
  readonly key: NamedKey;
  readonly claimed: LinkResult<LinkQuery> | undefined;
  readonly read: LinkResult<ShareLink> | undefined;
}

/** The steps of the gateway, in its order. */
function judge(findings: Findings, { options }: InspectContext): LinkVerdict {
  const problem = findPathProblem(findings.path);
  if (problem !== undefined) {
    return refuse('ambiguous-path', { code: 'bad_request', more: `About the path: ${problem}.` });
  }
  if (!findings.claimed || !findings.read) return refuse('no-link', { code: 'session_required' });
  const refusal = findRefusal(findings, findings.claimed, findings.read, options.versions);
  return refusal ? refuse(refusal.code, answerLinkRefusal(refusal)) : { accepted: true };
}

function findRefusal(
  { dashboard, key, signature, time }: Findings,
  claimed: LinkResult<LinkQuery>,
  read: LinkResult<ShareLink>,
  versions: ReadonlySet<LinkVersion>,
): LinkRefusal | undefined {
  if (!claimed.ok) return claimed.reason;
  if (dashboard === undefined) return { code: 'not-a-dashboard' };
  const format = chooseFormat(claimed.value);
  if (!format.ok) return format.reason;
  const { version } = format.value;
  if (!versions.has(version)) return { code: 'version-off', version };
  if (!read.ok) return read.reason;
  return (
    findForgery(read.value, signature) ??
    findOrgClash(read.value, key) ??
    findLateness(read.value, time, dashboard)
  );
}

function findForgery(link: ShareLink, { state }: SignatureFinding): LinkRefusal | undefined {
  if (state === 'other-key') return { code: 'unknown-key' };
  if (state === 'wrong')
    return link.version === 'v1' ? { code: 'unknown-key' } : { code: 'signature', claimed: link };
  return undefined;
}

/** A link whose `orgId` names another organisation than its key. */
function findOrgClash(link: ShareLink, { orgId }: NamedKey): (LinkRefusal & ParameterMistake) | undefined {
  if (link.grafanaOrgId === undefined || link.grafanaOrgId === orgId) return undefined;
  return { code: 'invalid-parameter', parameter: GRAFANA_ORG_PARAMETER, problem: 'differs-from-key' };
}

function findLateness(link: ShareLink, time: LinkTime | undefined, uid: string): LinkRefusal | undefined {
  if (link.version === 'v1' || !time || time.isFresh) return undefined;
  return { code: 'expired', link: { name: link.name, orgId: link.orgId, uid } };
}

function refuse(
  reason: Exclude<LinkVerdict, { accepted: true }>['reason'],
  { code, more }: Refusal,
): LinkVerdict {
  return { accepted: false, reason, code, more };
}
