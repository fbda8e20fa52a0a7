import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DemoKey } from '../keys.ts';
import { LOOPBACK, type RunningServer, serve } from '../lib/server.ts';
import { loadStaticFiles } from '../lib/static-files.ts';
import { signFreshLink } from '../links.ts';
import { portalPage } from './page.ts';

export interface PortalOptions {
  readonly port: number;
  readonly gatewayUrl: string;
  /** One iframe each. */
  readonly keys: readonly DemoKey[];
}

const FILES = loadStaticFiles(new URL('./assets/', import.meta.url));

/**
 * The portal of a company whose customers may see a dashboard each. Its server holds the keys and signs the links; the
 * browser gets links only.
 *
 * - `GET /`: the page, with a fresh link in each iframe
 * - `GET /link`, `GET /link/<key name>`: signs a fresh link and redirects to it
 */
export function startPortal(options: PortalOptions): Promise<RunningServer> {
  return serve((request, response) => void answer(request, response, options), options.port);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PortalOptions,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return end(response, 405, 'Only GET is answered here.');
  const elsewhere = canonicalAddress(request, path);
  if (elsewhere !== undefined) return redirect(response, elsewhere);
  if (path === '/') return sendPage(response, options);
  const key = findLinkKey(path, options.keys);
  if (key) return redirect(response, await signFreshLink(options.gatewayUrl, key));
  sendFile(response, path.slice(1));
}

/**
 * Opened as `localhost`, the page would stand on another site than the gateway at 127.0.0.1, and the browser would keep
 * the gateway's cookies out of the iframes. So the page has one address.
 */
function canonicalAddress({ headers }: IncomingMessage, path: string): string | undefined {
  const [name, port] = (headers.host ?? '').split(':');
  return name === 'localhost' ? `http://${LOOPBACK}:${port}${path}` : undefined;
}

function findLinkKey(path: string, keys: readonly DemoKey[]): DemoKey | undefined {
  if (path === '/link') return keys[0];
  return keys.find(({ name }) => path === `/link/${encodeURIComponent(name)}`);
}

async function sendPage(response: ServerResponse, { keys, gatewayUrl }: PortalOptions): Promise<void> {
  const frames = await Promise.all(
    keys.map(async (key) => ({ key, link: await signFreshLink(gatewayUrl, key) })),
  );
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src 'self'; img-src 'self'; frame-src ${gatewayUrl}; frame-ancestors 'none'`,
    // The page holds links that are good for a minute: no cache may keep it.
    'Cache-Control': 'no-store',
  });
  response.end(portalPage(frames));
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location, 'Cache-Control': 'no-store' }).end();
}

function sendFile(response: ServerResponse, name: string): void {
  const file = FILES.get(name);
  if (file)
    response.writeHead(200, { 'Content-Type': file.type, 'Cache-Control': 'no-cache' }).end(file.body);
  else end(response, 404, 'The portal has no such page.');
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
