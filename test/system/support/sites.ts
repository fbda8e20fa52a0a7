import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Ending } from './at-end.ts';
import type { Certificate } from './certificate.ts';
import { listen } from './listen.ts';

/** A page: its HTML, and headers beside its type. */
export interface SitePage {
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request to one host. */
export type Site = (request: IncomingMessage) => Promise<SitePage> | SitePage;

/**
 * Serves several sites over HTTPS on one port of this machine, told apart by their host names.
 *
 * @returns that port
 */
export function serveSites(
  t: Ending,
  { key, text }: Certificate,
  sites: Readonly<Record<string, Site>>,
): Promise<number> {
  return listen(
    t,
    createServer({ key, cert: text }, (request, response) => void answer(request, response, sites)),
  );
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sites: Readonly<Record<string, Site>>,
): Promise<void> {
  const site = sites[(request.headers.host ?? '').replace(/:\d+$/, '')];
  if (!site || request.url === '/favicon.ico') {
    response.writeHead(404).end();
    return;
  }
  const { html, headers } = await site(request);
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(html);
}

/** A page of nothing but iframes. */
export function framesPage(frames: readonly { readonly name: string; readonly address: string }[]): SitePage {
  const iframes = frames.map(
    ({ name, address }) =>
      `<iframe name="${name}" src="${address.replaceAll('&', '&amp;')}" width="700" height="600"></iframe>`,
  );
  return { html: `<!doctype html><title>A page with frames</title>${iframes.join('')}` };
}
