import { signShareLink } from '../src/share/sign.ts';
import type { DemoKey } from './keys.ts';

/** How long the dashboard stays open behind a link of the demo. */
export const SESSION_SECONDS = 3600;
/** How long the gateway accepts a link after it was signed (`SHARE_FRESHNESS_SECONDS`, its default). */
export const FRESH_SECONDS = 60;
/** Age of the link that shows the refusal. */
const EXPIRED_AGE_SECONDS = 600;

/** A version 2 link to a key's dashboard, signed now. */
export function signFreshLink(gatewayUrl: string, key: DemoKey): Promise<string> {
  return signLink(gatewayUrl, key, unixSeconds());
}

/** The same link, as it was signed ten minutes ago: the signature holds, the time does not. */
export function signExpiredLink(gatewayUrl: string, key: DemoKey): Promise<string> {
  return signLink(gatewayUrl, key, unixSeconds() - EXPIRED_AGE_SECONDS);
}

function signLink(gatewayUrl: string, key: DemoKey, now: number): Promise<string> {
  return signShareLink({
    url: `${gatewayUrl}${key.path}`,
    name: key.name,
    orgId: key.orgId,
    token: key.token,
    now,
    expireSeconds: SESSION_SECONDS,
  });
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
