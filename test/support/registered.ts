import type { ShareKey } from '../../src/share/key.ts';
import { parseGrafanaToken } from '../../src/share/token.ts';
import type { FixtureKey } from './keys.ts';

/** A key of the vectors as the gateway holds it. */
export function registered(key: FixtureKey): ShareKey {
  const token = parseGrafanaToken(key.token);
  if (!token.ok) throw new Error('the token has no known form');
  return { name: key.name, orgId: key.orgId, token: token.value, live: false, resources: [] };
}
