import { idsOf } from '../../src/revocation/standing.ts';
import { REVOCATION_PREFIX } from '../../src/revocation/target.ts';

/** What the gateway asks KV about a link. */
const KEYS = idsOf({
  linkId: '0123456789abcdef',
  orgId: 1,
  name: 'test1',
  dashboards: ['TZWea0001'],
  issuedAt: 0,
}).map((id) => `${REVOCATION_PREFIX}${id}`);

/** Asks KV what the gateway asks it about a link, and does nothing else: the yardstick of a link with storage. */
export default {
  async fetch(_request: Request, env: { POSTERN_KV: KVNamespace }): Promise<Response> {
    const found = await env.POSTERN_KV.get(KEYS, { type: 'text', cacheTtl: 30 });
    return new Response(`hello ${found.size}`);
  },
};
