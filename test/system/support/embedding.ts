import type { TestContext } from 'node:test';
import { formatShareKeys, mintPortalKeys, type TenantKey } from '../../../demo/keys.ts';
import { signFreshLink } from '../../../demo/links.ts';
import { startOrigin } from '../../../demo/origin/server.ts';
import { requireNeighbour } from '../neighbours.ts';
import { atEnd } from './at-end.ts';
import { makeCertificate } from './certificate.ts';
import { Gateway } from './gateway.ts';
import { framesPage, type SitePage, serveSites } from './sites.ts';

/** Sites by their names. No two have a registrable domain in common. */
const GATEWAY_NAME = 'dashboards.gateway.test';
const PORTAL_NAME = 'portal.customer.test';
const STRANGER_NAME = 'pages.stranger.test';
const WITNESS_NAME = 'tracker.witness.test';

/** A gateway, a portal that may embed its dashboards, and others, each on a site of its own, over HTTPS. */
export interface Embedding {
  /** Where the browser is. */
  readonly chromium: string;
  readonly gateway: Gateway;
  readonly gatewayUrl: string;
  /** A page with a frame for each key, named after it, each with a link signed when the page was asked for. */
  readonly portalUrl: string;
  /** The same page on a site that no key allows. */
  readonly strangerUrl: string;
  /** A portal's page with a frame named `witness`, of a site that sets an ordinary third-party cookie. */
  readonly witnessUrl: string;
  readonly keys: readonly [TenantKey, TenantKey];
}

/** Sets everything up. Undefined where a neighbour is missing. */
export async function setEmbedding(t: TestContext): Promise<Embedding | undefined> {
  const chromium = requireNeighbour(t, 'chromium');
  const openssl = requireNeighbour(t, 'openssl');
  if (!chromium || !openssl) return undefined;
  const certificate = makeCertificate(t, openssl, [GATEWAY_NAME, PORTAL_NAME, STRANGER_NAME, WITNESS_NAME]);
  const keys = mintPortalKeys();
  const origin = await startOrigin({ port: 0, keys });
  atEnd(t, () => origin.stop());
  let gatewayUrl = '';
  const portal = () => embedAll(gatewayUrl, keys);
  const sitesPort = await serveSites(t, certificate, {
    [PORTAL_NAME]: ({ url }) => (url === '/witness' ? embedWitness(sitesPort) : portal()),
    [STRANGER_NAME]: portal,
    [WITNESS_NAME]: ({ headers }) => witness(headers.cookie),
  });
  const portalOrigin = `https://${PORTAL_NAME}:${sitesPort}`;
  const vars = { ORIGIN_URL: origin.url, SHARE_KEYS: formatShareKeys(keys, portalOrigin) };
  const gateway = await Gateway.start(t, { vars, certificate });
  gatewayUrl = `https://${GATEWAY_NAME}:${gateway.port}`;
  return {
    chromium,
    gateway,
    gatewayUrl,
    keys,
    portalUrl: `${portalOrigin}/`,
    strangerUrl: `https://${STRANGER_NAME}:${sitesPort}/`,
    witnessUrl: `${portalOrigin}/witness`,
  };
}

async function embedAll(gatewayUrl: string, keys: readonly TenantKey[]): Promise<SitePage> {
  return framesPage(
    await Promise.all(
      keys.map(async (key) => ({ name: key.name, address: await signFreshLink(gatewayUrl, key) })),
    ),
  );
}

function embedWitness(port: number): SitePage {
  return framesPage([{ name: 'witness', address: `https://${WITNESS_NAME}:${port}/` }]);
}

/** Sets a cookie as third parties used to, and says whether it came back. */
function witness(cookies: string | undefined): SitePage {
  const html = `<!doctype html><p id="said">${cookies?.includes('witness=1') ? 'it came back' : 'it is not here'}</p>`;
  return { html, headers: { 'Set-Cookie': 'witness=1; Path=/; Secure; HttpOnly; SameSite=None' } };
}
