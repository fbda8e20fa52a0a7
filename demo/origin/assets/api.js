/** What the server put into the page: who the page is for. */
export function readBootData() {
  return JSON.parse(document.getElementById('boot-data').textContent);
}

/** The uid in `/d/<uid>/<slug>` or `/d-solo/<uid>/<slug>`. */
export function readDashboardUid() {
  return /\/d(?:-solo)?\/([^/]+)/.exec(location.pathname)?.[1] ?? '';
}

export function fetchDashboard(orgId) {
  return ask(`/api/dashboards/uid/${readDashboardUid()}`, { headers: orgHeader(orgId) });
}

export function fetchSettings(orgId) {
  return ask('/api/frontend/settings', { headers: orgHeader(orgId) });
}

/** `POST /api/ds/query` with the headers that Grafana's frontend sends for one panel. */
export function queryPanel(panel, range, { dashboardUid, orgId }) {
  const headers = {
    ...orgHeader(orgId),
    'content-type': 'application/json',
    'X-Dashboard-Uid': dashboardUid,
    'X-Panel-Id': String(panel.id),
    'X-Plugin-Id': panel.datasource.type,
    'X-Datasource-Uid': panel.datasource.uid,
  };
  const queries = panel.targets.map((target) => ({ ...target, intervalMs: range.step }));
  const body = JSON.stringify({ queries, from: String(range.from), to: String(range.to) });
  return ask(`/api/ds/query?ds_type=${panel.datasource.type}`, { method: 'POST', headers, body });
}

/**
 * Resolves to `{ ok: true, value }`, or to `{ ok: false, reason }` with a sentence that a reader of the
 * dashboard understands. Never rejects.
 */
async function ask(address, init) {
  try {
    const response = await fetch(address, { ...init, redirect: 'manual' });
    if (response.ok) return { ok: true, value: await response.json() };
    return { ok: false, reason: await explain(response) };
  } catch {
    return { ok: false, reason: 'The server cannot be reached.' };
  }
}

const WITHOUT_WORDS = { 401: 'The session has ended', 403: 'This was refused' };

async function explain(response) {
  if (response.type === 'opaqueredirect') return 'No data: the server asks for a sign-in.';
  const told = (await readMessage(response)) || WITHOUT_WORDS[response.status] || 'The server failed';
  return `No data (${response.status}). ${told.replace(/\.$/, '')}.`;
}

/** A gateway's problem has a `title` (RFC 9457), Grafana's has a `message`. A panel has no room for more. */
async function readMessage(response) {
  try {
    const { title, message } = await response.json();
    return title ?? message ?? '';
  } catch {
    return '';
  }
}

function orgHeader(orgId) {
  return { 'X-Grafana-Org-Id': String(orgId) };
}
