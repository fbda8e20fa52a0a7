import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { UnderscoreMode } from '../../../src/headers/options.ts';
import { requireNeighbour } from '../neighbours.ts';
import { CONFIGURED_CLAIM } from './forged-headers.ts';
import { Gateway } from './gateway.ts';
import { startNginx } from './nginx.ts';
import { type Arrived, RecordingOrigin } from './origin.ts';
import { ask, type RawAnswer } from './raw-http.ts';
import { startWsgi } from './wsgi.ts';

/** Hosts of the gateway, by what stands behind them. `VISITORS=pass` serves the first, `ROUTES` the others. */
export const HOSTS = {
  /** nginx with its defaults, then the recording origin, as `ORIGIN_URL`. */
  grafana: 'dash.test',
  /** The same, as a route. */
  chatwoot: 'chat.test',
  /** The recording origin, with nothing between. */
  straight: 'straight.test',
  /** nginx with its defaults, then WSGI. */
  wsgi: 'wsgi.test',
  /** nginx that was told to let every header through, then WSGI. */
  wsgiBehindOpenNginx: 'open.test',
} as const;

export interface NginxScene {
  readonly origin: RecordingOrigin;
  /** Ports by which a client goes around the gateway. */
  readonly ports: { readonly nginx: number; readonly nginxToWsgi: number; readonly wsgi: number };
  startGateway(t: TestContext, mode: UnderscoreMode): Promise<Gateway>;
}

/** Origins, and nginx in front of them. Undefined where a neighbour is missing. */
export async function setNginxScene(t: TestContext): Promise<NginxScene | undefined> {
  const nginx = requireNeighbour(t, 'nginx');
  const python = requireNeighbour(t, 'python3');
  if (!nginx || !python) return undefined;
  const origin = await RecordingOrigin.start(t);
  const wsgi = await startWsgi(t, python);
  const [nginxPort = 0, nginxToWsgi = 0, openNginxToWsgi = 0] = await startNginx(t, nginx, [
    { to: origin.url },
    { to: addressOf(wsgi) },
    { to: addressOf(wsgi), directives: 'underscores_in_headers on; ignore_invalid_headers off;' },
  ]);
  const routes = [
    formatRoute(HOSTS.chatwoot, nginxPort),
    formatRoute(HOSTS.straight, origin.port),
    formatRoute(HOSTS.wsgi, nginxToWsgi),
    formatRoute(HOSTS.wsgiBehindOpenNginx, openNginxToWsgi),
  ];
  function startGateway(inner: TestContext, mode: UnderscoreMode): Promise<Gateway> {
    const vars = {
      ORIGIN_URL: addressOf(nginxPort),
      VISITORS: 'pass',
      ROUTES: JSON.stringify(routes),
      UNDERSCORE_HEADERS: mode,
      GF_AUTH_PROXY_HEADER_NAME: CONFIGURED_CLAIM,
    };
    return Gateway.start(inner, { vars });
  }
  return { origin, ports: { nginx: nginxPort, nginxToWsgi, wsgi }, startGateway };
}

function formatRoute(host: string, port: number) {
  return { host, path: '/', origin: addressOf(port), visitors: 'pass' };
}

function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** One request with these headers and no other, on a connection of its own. */
export function send(
  port: number,
  host: string,
  headers: readonly (readonly [name: string, value: string])[],
): Promise<RawAnswer> {
  return ask(port, {
    target: '/api/v1/profile',
    headers: [['Host', host], ['Connection', 'close'], ...headers],
  });
}

/** The one request that has reached the origin. */
export function only(origin: RecordingOrigin): Arrived {
  const [request, ...others] = origin.take();
  assert.ok(request && others.length === 0, 'one request reached the origin');
  return request;
}

/** Names (lower case) under which a value arrived. */
export function namesOf(value: string): (request: Arrived) => string[] {
  return ({ headers }) =>
    headers.filter(([, sent]) => sent.includes(value)).map(([name]) => name.toLowerCase());
}
