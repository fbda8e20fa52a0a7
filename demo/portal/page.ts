import { escapeHtml } from '../../src/lib/html.ts';
import type { DemoKey } from '../keys.ts';
import { FRESH_SECONDS, SESSION_SECONDS } from '../links.ts';

/** A dashboard on the page: the key it is shown under, and the link signed for this page load. */
export interface PortalFrame {
  readonly key: DemoKey;
  readonly link: string;
}

/** The portal's one page. */
export function portalPage(frames: readonly PortalFrame[]): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Your sites · Tidewater Services</title>
    <link rel="icon" href="/icon.svg">
    <link rel="stylesheet" href="/portal.css">
  </head>
  <body>
    <header>
      <img src="/icon.svg" alt="" width="28" height="28">
      <strong>Tidewater Services</strong>
      <span>Customer portal</span>
    </header>
    <main>
      <div class="intro">
        <div>
          <h1>Your sites</h1>
          <p>${explain(frames.length)}</p>
        </div>
        <form action="/"><button>Reload with fresh links</button></form>
      </div>
      <div class="frames${frames.length === 1 ? ' single' : ''}">
        ${frames.map(frameMarkup).join('\n        ')}
      </div>
      <details>
        <summary>What happened just now</summary>
        <ol>
          <li>The portal’s server signed a link for each dashboard. The key stays on the server; the link is good for ${FRESH_SECONDS} seconds.</li>
          <li>Each iframe opened its link at the gateway. The gateway checked the signature, set a cookie for that one dashboard, and led to the address without the signature.</li>
          <li>From then on the gateway asks the dashboard origin with the key’s token, for ${SESSION_SECONDS / 60} minutes. The browser never sees the token, and the origin never sees the browser’s cookies.</li>
          <li>Only this portal may embed these dashboards: on any other page the browser refuses to show them.</li>
        </ol>
      </details>
    </main>
    <footer>A fictional company. Postern’s demo, on this machine only.</footer>
  </body>
</html>
`;
}

function explain(count: number): string {
  const what = count === 1 ? 'The dashboard below is' : 'The dashboards below are';
  const whose =
    count === 1
      ? ''
      : ' Each belongs to another customer and comes under a key of its own, so neither opens the other.';
  return `${what} live, and embedded through Postern.${whose}`;
}

function frameMarkup({ key, link }: PortalFrame): string {
  const [label, name] = [escapeHtml(key.label), escapeHtml(key.name)];
  return `<figure>
          <figcaption><h2>${label}</h2><a href="/link/${encodeURIComponent(key.name)}" target="_blank" rel="noopener">Open in a tab</a></figcaption>
          <iframe title="${label}" name="${name}" src="${escapeHtml(link)}" loading="eager"></iframe>
          <p class="key">Key <code>${name}</code>, organisation ${key.orgId}</p>
        </figure>`;
}
