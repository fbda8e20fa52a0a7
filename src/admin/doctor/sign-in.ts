import { SIGN_IN_CHECKS } from '../../api/checks-sign-in.ts';
import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import type { HealthAsk, SignInHealth } from '../../sso/health/health.ts';
import { examineAll, findingsOf } from './examine.ts';
import { knownAddressOf } from './known-address.ts';

const tell = findingsOf(SIGN_IN_CHECKS);

/** Sign-in's own health, looked at now. */
export function examineSignIn(visit: Visit): Promise<Finding[]> {
  const health = visit.house.signIn?.health;
  return examineHealth(health, { now: visit.now, gateway: knownAddressOf(visit) });
}

/** @param health undefined where nobody signs in here */
export function examineHealth(
  health: Pick<SignInHealth, 'checkOnceInAWhile'> | undefined,
  ask: HealthAsk,
): Promise<Finding[]> {
  return examineAll(tell, [
    {
      checks: ['sso.discovery'],
      examine: async () =>
        health
          ? (await health.checkOnceInAWhile(ask)).findings
          : [tell('sso.discovery', { verdict: 'skipped', seen: 'Sign-in is off.' })],
    },
  ]);
}
