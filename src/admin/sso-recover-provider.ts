import { SIGN_IN_CHECKS } from '../api/checks-sign-in.ts';
import type { Finding } from '../api/findings.ts';
import type { Visit } from '../corridor.ts';
import type { SignInServices } from '../sso/services.ts';

/** What is found at the provider, asked now: its addresses, and whether it takes the client. Changes nothing there. */
export async function lookAtProvider(signIn: SignInServices, visit: Visit): Promise<Finding[]> {
  const discovery = await lookAtDiscovery(signIn, visit);
  if (discovery.verdict === 'red') return [discovery];
  return [discovery, await signIn.health.checkClient({ now: visit.now, gateway: visit.gateway })];
}

async function lookAtDiscovery({ provider }: SignInServices, { now }: Visit): Promise<Finding> {
  const begun = Date.now();
  const endpoints = await provider.endpoints(now);
  const { why } = SIGN_IN_CHECKS['sso.discovery'];
  const facts = { check: 'sso.discovery', why, milliseconds: Math.max(Date.now() - begun, 0) };
  if (endpoints.ok) {
    const { authorization, token } = endpoints.value;
    const seen = `Sign-in begins at ${authorization.host} and ends at ${token.host}.`;
    return { ...facts, verdict: 'green', seen };
  }
  const seen = `The provider's discovery document cannot be had (${endpoints.reason}).`;
  const fix = 'Wait until the provider answers, and look again: postern doctor --only sign-in';
  return { ...facts, verdict: 'red', seen, fix };
}
