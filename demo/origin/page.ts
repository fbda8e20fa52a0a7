import { escapeHtml } from '../../src/lib/html.ts';
import { BUILD_INFO } from './dashboard.ts';
import type { Panel, Tenant } from './tenants.ts';

/**
 * The page of a dashboard: frame and empty panels. What is in them comes from the page's own script, as in Grafana.
 *
 * @param panels all of the tenant's, or the one that a solo page shows
 */
export function dashboardPage(tenant: Tenant, panels: readonly Panel[]): string {
  return document(
    `${tenant.dashboard.title} · ${tenant.orgName}`,
    `<script type="application/json" id="boot-data">${bootData(tenant, panels)}</script>
    <script type="module" src="/public/build/main.js"></script>`,
    `<body data-palette="${tenant.palette}" data-org="${tenant.orgId}">
  <header class="bar">
    <div class="crumbs"><span class="mark" aria-hidden="true"></span><span class="org">${escapeHtml(tenant.orgName)}</span><h1>${escapeHtml(tenant.dashboard.title)}</h1></div>
    <div class="tools">
      <span class="pill"><span aria-hidden="true">◷</span> Last 5 minutes</span>
      <span class="pill live" id="pulse" data-state="waiting"><i aria-hidden="true"></i><time id="clock">--:--:--</time></span>
    </div>
  </header>
  <main class="grid${panels.length === 1 ? ' solo' : ''}">
    ${panels.map(panelMarkup).join('\n    ')}
  </main>
  <footer>A dashboard origin that answers like Grafana · <span id="version">version unknown</span></footer>
</body>`,
  );
}

/** The form that Grafana leads to when a page is asked for without a session. Nobody can sign in here. */
export function loginPage(): string {
  return document(
    'Sign in',
    '',
    `<body data-palette="tide">
  <main class="card">
    <span class="mark" aria-hidden="true"></span>
    <h1>The origin lets nobody in</h1>
    <p>This is where Grafana shows its sign-in form: you asked the dashboard origin directly and brought no key.</p>
    <p>Go through the gateway with a share link instead. It holds the key, and the key never leaves it.</p>
  </main>
</body>`,
  );
}

function panelMarkup(panel: Panel): string {
  const title = escapeHtml(panel.title);
  return `<section class="panel" data-testid="panel-${panel.id}" data-panel-id="${panel.id}" data-feed="${panel.feed}" data-state="waiting" data-points="0" data-updated="0" aria-label="${title}">
      <div class="head"><h2>${title}</h2>${panel.feed === 'stream' ? '<span class="tag">live · 1 min</span>' : ''}<span class="at"></span></div>
      <p class="last"><output>–</output> <span class="unit">${escapeHtml(panel.unit)}</span></p>
      <div class="plot"></div>
      <p class="notice" role="status"></p>
    </section>`;
}

/** What the script needs before it has asked anything. In a data block, so that the page needs no inline script. */
function bootData(tenant: Tenant, panels: readonly Panel[]): string {
  const data = {
    user: { orgId: tenant.orgId, orgName: tenant.orgName, isSignedIn: false },
    settings: { buildInfo: BUILD_INFO },
    panelIds: panels.map((panel) => panel.id),
  };
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function document(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="/public/build/icon.svg">
    <link rel="stylesheet" href="/public/build/dashboard.css">
    ${head}
  </head>
  ${body}
</html>
`;
}
