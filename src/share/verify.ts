import { equalInConstantTime } from '../lib/constant-time.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Secret } from '../lib/secret.ts';
import { coverageOf, covers } from '../session/scope.ts';
import { isKeyAlive, type KeyRegistry, type ShareKey } from './key.ts';
import type { ExpiredLink, LinkRefusal, LinkResult, LinkV1, LinkV2, ShareLink } from './link.ts';
import { computeLinkId } from './link-id.ts';
import type { LinkVersion, ShareOptions } from './options.ts';
import { GRAFANA_ORG_PARAMETER } from './parameters.ts';
import { signTimestamp } from './sign.ts';

declare const verified: unique symbol;

/** A link whose signature (v2) or key (v1) holds, that is fresh and within its key's scope. Only this file makes one. */
export interface VerifiedLink {
  readonly [verified]: true;
  readonly version: LinkVersion;
  readonly key: ShareKey;
  /** The dashboard that the link opens. */
  readonly uid: string;
  readonly linkId: string;
  /** Unix seconds of the signature; a link of version 1 has none. */
  readonly signedAt: number | undefined;
  /** Length of the session, capped by gateway and key. */
  readonly sessionSeconds: number;
}

/** What verification needs from outside. */
export interface VerifyContext {
  /** Unix seconds. */
  readonly now: number;
  readonly options: Pick<ShareOptions, 'sessionSeconds' | 'sessionMaxSeconds' | 'freshnessSeconds'>;
  readonly registry: KeyRegistry;
  readonly derivedValues: { of(key: ShareKey): Promise<Secret>; ofUnknown(): Promise<Secret> };
}

/**
 * Verifies a link to the dashboard `uid`:
 * key → signature → organisation → freshness → scope → length of the session.
 */
export async function verifyLink(
  link: ShareLink,
  uid: string,
  context: VerifyContext,
): Promise<LinkResult<VerifiedLink>> {
  const authentic = await (link.version === 'v1'
    ? findBearer(link, context)
    : verifySignature(link, context));
  if (!authentic.ok) return authentic;
  const key = authentic.value;
  if (link.grafanaOrgId !== undefined && link.grafanaOrgId !== key.orgId) {
    return fail({
      code: 'invalid-parameter',
      parameter: GRAFANA_ORG_PARAMETER,
      problem: 'differs-from-key',
      key,
    });
  }
  if (link.version === 'v2' && !isFresh(link.timestamp, context)) return refuseExpired(key, uid);
  if (!covers(coverageOf(key, uid), uid)) return fail({ code: 'dashboard-not-shared', key });
  return ok({
    version: link.version,
    key,
    uid,
    linkId: computeLinkId(link, key),
    signedAt: link.version === 'v2' ? Number(link.timestamp) : undefined,
    sessionSeconds: capSession(link, key, context),
  } as VerifiedLink);
}

/** Version 1: the link carries the key, and only a key that the gateway knows is accepted. */
async function findBearer(link: LinkV1, { registry, now }: VerifyContext): Promise<LinkResult<ShareKey>> {
  const key = await registry.findByToken(link.token.reveal());
  if (!key || !isKeyAlive(key, now)) return fail({ code: 'unknown-key' });
  return ok(key);
}

/** Version 2. A key that is unknown or has expired costs a comparison too, and always fails it. */
async function verifySignature(link: LinkV2, context: VerifyContext): Promise<LinkResult<ShareKey>> {
  const key = await context.registry.findByName(link.orgId, link.name);
  const usable = key && isKeyAlive(key, context.now) ? key : undefined;
  const derived = await (usable ? context.derivedValues.of(usable) : context.derivedValues.ofUnknown());
  const isRight = equalInConstantTime(signTimestamp(derived, link.timestamp), link.sign);
  const claimed = { name: link.name, orgId: link.orgId };
  if (!usable) return fail({ code: 'unknown-key', claimed });
  return isRight || isSignedByFormer(link, usable, context.now)
    ? ok(usable)
    : fail({ code: 'signature', claimed });
}

/** Whether a link is signed with the token that the key's present one took the place of, within the overlap. */
function isSignedByFormer(link: LinkV2, { former }: ShareKey, now: number): boolean {
  if (!former || now >= former.until) return false;
  return equalInConstantTime(signTimestamp(former.derived, link.timestamp), link.sign);
}

/** Fresh while signing time and clock differ by no more than the window, in either direction. */
function isFresh(timestamp: string, { now, options }: VerifyContext): boolean {
  return Math.abs(now - Number(timestamp)) <= options.freshnessSeconds;
}

function refuseExpired(key: ShareKey, uid: string): Result<never, LinkRefusal> {
  const link: ExpiredLink = { name: key.name, orgId: key.orgId, uid };
  return fail({ code: 'expired', link, key });
}

/** The length that a link asks for is not signed: gateway and key cap it. */
function capSession(link: ShareLink, key: ShareKey, { options }: VerifyContext): number {
  const asked = (link.version === 'v2' ? link.expireSeconds : undefined) ?? options.sessionSeconds;
  return Math.min(asked, options.sessionMaxSeconds, key.maxSessionSeconds ?? options.sessionMaxSeconds);
}
