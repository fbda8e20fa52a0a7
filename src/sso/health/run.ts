import type { SignInCheck } from '../../api/checks-sign-in.ts';
import type { Finding } from '../../api/findings.ts';
import { within } from '../../lib/deadline.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { type AssertionProbe, checkAssertion } from './assertion-check.ts';
import { checkClient } from './client-check.ts';
import { judgeClock } from './clock-check.ts';
import type { HealthContext } from './context.ts';
import {
  type DiscoveryLook,
  judgeDiscovery,
  judgeEndpoints,
  judgeIssuer,
  readDocument,
  readEndpoint,
} from './discovery-checks.ts';
import { finding } from './finding.ts';
import { checkKeys } from './key-checks.ts';
import type { HealthRecord } from './record.ts';
import { checkRedirect } from './redirect-check.ts';
import { findSuspicion, judgeRestore } from './restore-check.ts';
import { judgeRefreshes, judgeSignIns } from './traffic-checks.ts';

/** What a run has found, and what is kept of it. */
export interface Run {
  readonly findings: readonly Finding[];
  readonly record: HealthRecord;
}

/** Beyond this a check is given up: they run side by side, so this is how long all of them take. */
const CHECK_TIMEOUT_MS = 10_000;

/** All checks, once the discovery document was looked at. Never fails. */
export async function runChecks(
  discovery: DiscoveryLook,
  probe: AssertionProbe | undefined,
  context: HealthContext,
): Promise<Run> {
  const address = findKeysAddress(discovery, context);
  const [found, client, redirect, assertion] = await Promise.all([
    // Bounded by itself: it asks once.
    checkKeys(address, context),
    bounded('sso.client', checkClient(context)),
    bounded('sso.redirect', checkRedirect(context)),
    bounded('sso.assertion', checkAssertion(probe, context)),
  ]);
  const suspectedAt = findSuspicion(found.areAllNew, context);
  const findings = [
    judgeDiscovery(discovery, context),
    judgeIssuer(discovery, context),
    judgeEndpoints(discovery, context),
    found.finding,
    client,
    redirect,
    judgeClock([discovery?.ok ? discovery.value : undefined, found.look], context),
    judgeRefreshes(context),
    judgeSignIns(context),
    assertion,
    judgeRestore(suspectedAt, context),
  ];
  const keys = found.keys ?? context.former?.keys;
  const record: HealthRecord = {
    changedAt: context.now,
    verdicts: Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])),
    ...(keys && { keys: [...keys] }),
    ...(context.resetAt !== undefined && { resetAt: context.resetAt }),
    ...(suspectedAt !== undefined && { suspectedAt }),
  };
  return { findings, record };
}

/** The configured address, else the document's of this moment, else the one that sign-in remembers. */
function findKeysAddress(discovery: DiscoveryLook, { options, endpoints }: HealthContext): URL | undefined {
  const { keysUrl, issuer } = options.provider;
  if (keysUrl) return keysUrl;
  const isLocal = issuer !== undefined && isLoopbackHost(new URL(issuer).host);
  return readEndpoint(readDocument(discovery)?.jwks_uri, isLocal) ?? endpoints?.keys;
}

/** A check that takes too long, or whose storage fails, has found that out. */
async function bounded(check: SignInCheck, work: Promise<Finding>): Promise<Finding> {
  const late = () => new DOMException('no answer in time', 'TimeoutError');
  try {
    return await within(CHECK_TIMEOUT_MS, work, late);
  } catch (error) {
    const isLate = error instanceof DOMException;
    const seen = isLate
      ? `No answer within ${CHECK_TIMEOUT_MS / 1000} seconds.`
      : 'Storage could not be read.';
    return finding(check, 'red', seen, { fix: 'See what else is red, and look again in a minute.' });
  }
}
