import { startGateway } from './gateway.ts';
import { findGrafanaKey, type GrafanaOptions } from './grafana.ts';
import { type DemoKey, formatShareKeys, mintFormerKey, mintPortalKeys } from './keys.ts';
import type { RunningServer } from './lib/server.ts';
import { LOOPBACK } from './lib/server.ts';
import { randomText } from './lib/token.ts';
import { signExpiredLink, signFreshLink } from './links.ts';
import { startOrigin } from './origin/server.ts';
import { startPortal } from './portal/server.ts';
import { choosePorts, type Ports } from './ports.ts';

export interface DemoOptions {
  /** The gateway's; origin and portal take the next two. 0 takes free ones. */
  readonly port: number;
  /** A real Grafana to stand in front of, instead of the demo's own origin. */
  readonly grafana?: GrafanaOptions | undefined;
}

const ADMIN_TOKEN_LENGTH = 40;

/** The demo while it runs. Addresses have no slash at their end. */
export interface Demo {
  readonly gatewayUrl: string;
  readonly portalUrl: string;
  readonly originUrl: string;
  /** Opens the admin API of this demo, and is good for nothing else: made anew each time. */
  readonly adminToken: string;
  /** The dashboard that `link` opens, as a path with its query. */
  readonly path: string;
  /** How the portal calls that dashboard. */
  readonly label: string;
  /** A link signed now. */
  link(): Promise<string>;
  /** A link signed ten minutes ago. */
  expiredLink(): Promise<string>;
  /** Ends every server. May be called again. */
  stop(): Promise<void>;
}

/** Who is behind the gateway, and the keys for it. */
interface Backdrop {
  readonly originUrl: string;
  /** Never empty: the first is the one that `link` uses. */
  readonly portalKeys: readonly [DemoKey, ...DemoKey[]];
  /** Signs the link that has expired. */
  readonly formerKey: DemoKey;
  readonly servers: readonly RunningServer[];
}

/**
 * Starts origin, portal and gateway on loopback. Where one fails, those that run already are ended.
 *
 * @throws DemoError for what the person at the terminal can put right: a taken port, a Grafana that refuses
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const ports = await choosePorts(options.port);
  const backdrop = options.grafana ? await useGrafana(options.grafana) : await useOwnOrigin(ports);
  const running = [...backdrop.servers];
  try {
    const gatewayUrl = `http://${LOOPBACK}:${ports.gateway}`;
    running.push(await startPortal({ port: ports.portal, gatewayUrl, keys: backdrop.portalKeys }));
    const adminToken = randomText(ADMIN_TOKEN_LENGTH);
    running.push(await startWorker(ports, backdrop, adminToken));
    return { ...describeDemo(gatewayUrl, ports, backdrop, running), adminToken };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

async function useOwnOrigin(ports: Ports): Promise<Backdrop> {
  const [portalKeys, formerKey] = [mintPortalKeys(), mintFormerKey()];
  const origin = await startOrigin({ port: ports.origin, keys: [...portalKeys, formerKey] });
  return { originUrl: origin.url, portalKeys, formerKey, servers: [origin] };
}

/** Grafana gave one token, and two names for one token would open each other's links: so one key does it all. */
async function useGrafana(grafana: GrafanaOptions): Promise<Backdrop> {
  const key = await findGrafanaKey(grafana);
  return { originUrl: grafana.url, portalKeys: [key], formerKey: key, servers: [] };
}

function startWorker(
  ports: Ports,
  { originUrl, portalKeys, formerKey }: Backdrop,
  adminToken: string,
): Promise<RunningServer> {
  const keys = new Set([...portalKeys, formerKey]);
  const shareKeys = formatShareKeys([...keys], `http://${LOOPBACK}:${ports.portal}`);
  return startGateway({ port: ports.gateway, originUrl, shareKeys, adminToken });
}

function describeDemo(
  gatewayUrl: string,
  ports: Ports,
  backdrop: Backdrop,
  running: RunningServer[],
): Omit<Demo, 'adminToken'> {
  const [key] = backdrop.portalKeys;
  return {
    gatewayUrl,
    portalUrl: `http://${LOOPBACK}:${ports.portal}`,
    originUrl: backdrop.originUrl,
    path: key.path,
    label: key.label,
    link: () => signFreshLink(gatewayUrl, key),
    expiredLink: () => signExpiredLink(gatewayUrl, backdrop.formerKey),
    stop: () => stopAll(running),
  };
}

/** Ends what runs, the last started first, each once. */
async function stopAll(running: RunningServer[]): Promise<void> {
  for (const server of running.splice(0).reverse()) await server.stop();
}
