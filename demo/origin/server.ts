import { createServer, type IncomingMessage } from 'node:http';
import { type RunningServer, startServer } from '../lib/server.ts';
import { loadStaticFiles } from '../lib/static-files.ts';
import { type Answer, json, notFound, page, send, staticFile } from './answers.ts';
import { admit, type OriginKey, refuseAdmission } from './guard.ts';
import { answerUpgrade } from './live.ts';
import { loginPage } from './page.ts';
import { answerRoute } from './routes.ts';

export interface OriginOptions {
  readonly port: number;
  readonly keys: readonly OriginKey[];
  /** Unix milliseconds; the clock by default. */
  readonly now?: () => number;
}

const ASSETS = loadStaticFiles(new URL('./assets/', import.meta.url));
const ASSET_FOLDER = '/public/build/';

/**
 * A dashboard origin that answers like Grafana on the routes that one dashboard needs.
 * Nothing but static files and the sign-in form is given to a request without one of the keys.
 */
export function startOrigin({ port, keys, now = Date.now }: OriginOptions): Promise<RunningServer> {
  const server = createServer(async (request, response) => {
    send(request, response, await answerSafely(request, keys));
  });
  server.on('upgrade', (request, stream, head) => answerUpgrade({ request, stream, head }, keys, now));
  return startServer(server, port);
}

async function answerSafely(request: IncomingMessage, keys: readonly OriginKey[]): Promise<Answer> {
  try {
    return await answer(request, keys);
  } catch (error) {
    console.error('The dashboard origin failed:', error);
    return json(500, { message: 'Internal server error', traceID: '' });
  }
}

async function answer(request: IncomingMessage, keys: readonly OriginKey[]): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://origin');
  if (url.pathname.startsWith(ASSET_FOLDER)) return answerAsset(url.pathname.slice(ASSET_FOLDER.length));
  if (url.pathname === '/login') return page(200, loginPage());
  const admission = admit(request, url, keys);
  return admission.admitted
    ? answerRoute(request, url, admission.tenant)
    : refuseAdmission(admission.reason, url);
}

function answerAsset(name: string): Answer {
  const file = ASSETS.get(name);
  return file ? staticFile(file) : notFound();
}
