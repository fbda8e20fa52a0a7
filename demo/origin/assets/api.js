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

async function explain(response) {
  const told = await readMessage(response);
  if (response.status === 401) return `The session has ended (401). ${told}`;
  if (response.status === 403) return `This was refused (403). ${told}`;
  if (response.status === 0) return 'The server asks for a sign-in instead of sending data.';
  return `The server answered ${response.status}. ${told}`;
}

/** A gateway's problem has `detail` (RFC 9457), Grafana's has `message`. */
async function readMessage(response) {
  try {
    const { detail, message } = await response.json();
    return detail ?? message ?? '';
  } catch {
    return '';
  }
}

function orgHeader(orgId) {
  return { 'X-Grafana-Org-Id': String(orgId) };
}
