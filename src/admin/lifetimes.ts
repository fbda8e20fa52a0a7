import type { Visit } from '../corridor.ts';
import type { Lifetimes } from '../revocation/life.ts';

/** How long what this gateway issues may live. */
export function lifetimesOf({ house }: Visit): Lifetimes {
  const { share, session, sso } = house.config;
  return {
    sessionMaxSeconds: Math.max(session.maxSeconds, sso?.sessionSeconds ?? 0),
    freshnessSeconds: share.freshnessSeconds,
    hasEndlessLinks: share.versions.has('v1'),
  };
}
