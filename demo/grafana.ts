import type { DemoKey } from './keys.ts';
import { DemoError } from './lib/demo-error.ts';

/** A real Grafana, as the person at the terminal named it. */
export interface GrafanaOptions {
  /** Its address, a path prefix allowed, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly orgId: number;
  /** The share key's name. */
  readonly name: string;
  /** Without it Grafana is asked for its first dashboard. */
  readonly dashboardUid?: string | undefined;
}

/** A dashboard as Grafana lists it. */
interface FoundDashboard {
  readonly uid: string;
  readonly slug: string;
  readonly title: string;
}

const ANSWER_TIMEOUT_MILLISECONDS = 10_000;

/**
 * The one share key for a real Grafana. Asks with the same token and organisation as the gateway will, so that what
 * would fail behind the gateway fails here, with words.
 *
 * @throws DemoError where Grafana cannot be reached, refuses the token, or has no such dashboard
 */
export async function findGrafanaKey(options: GrafanaOptions): Promise<DemoKey> {
  const { uid, slug, title } = await findDashboard(options);
  return {
    name: options.name,
    orgId: options.orgId,
    token: options.token,
    dashboardUid: uid,
    path: `/d/${uid}/${slug}?orgId=${options.orgId}`,
    label: title,
  };
}

async function findDashboard(options: GrafanaOptions): Promise<FoundDashboard> {
  const { dashboardUid } = options;
  if (dashboardUid === undefined) return readSearch(await ask(options, '/api/search?type=dash-db&limit=1'));
  return readDashboard(
    await ask(options, `/api/dashboards/uid/${encodeURIComponent(dashboardUid)}`),
    dashboardUid,
  );
}

/** `GET /api/search`: `[{"uid","title","url"}]`. */
function readSearch(answer: unknown): FoundDashboard {
  const [first] = Array.isArray(answer) ? answer : [];
  const { uid, title, url } = asObject(first);
  if (typeof uid === 'string' && uid !== '') return { uid, slug: slugOf(url), title: String(title) };
  throw new DemoError('This token sees no dashboard.', {
    why: 'Grafana found none for it: there is none in the organisation, or the service account may view none.',
    fix: 'Give the service account the role Viewer, or name a dashboard: --dashboard UID',
  });
}

/** `GET /api/dashboards/uid/:uid`: `{"meta":{"url"},"dashboard":{"title"}}`. */
function readDashboard(answer: unknown, uid: string): FoundDashboard {
  const { meta, dashboard } = asObject(answer);
  return { uid, slug: slugOf(asObject(meta).url), title: String(asObject(dashboard).title) };
}

/** The last part of `/d/<uid>/<slug>`; Grafana leads there from any other. */
function slugOf(url: unknown): string {
  return (typeof url === 'string' && /\/d\/[^/]+\/([^/?#]+)/.exec(url)?.[1]) || '-';
}

async function ask(options: GrafanaOptions, path: string): Promise<unknown> {
  const response = await request(options, path);
  if (!response.ok) throw explainRefusal(response.status, await readMessage(response), options);
  const answer: unknown = await response.json().catch(() => undefined);
  if (answer === undefined) throw notGrafana(options.url);
  return answer;
}

async function request({ url, token, orgId }: GrafanaOptions, path: string): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        'X-Grafana-Org-Id': String(orgId),
        Accept: 'application/json',
      },
      // Followed, a redirect would carry the token to wherever it leads.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLISECONDS),
    });
  } catch (error) {
    throw new DemoError(`Grafana at ${url} cannot be reached.`, {
      why: reasonOf(error),
      fix: 'Check the address and that it answers from this machine: --grafana http://127.0.0.1:3000',
    });
  }
}

function explainRefusal(
  status: number,
  message: string,
  { url, orgId, dashboardUid }: GrafanaOptions,
): DemoError {
  const said = message === '' ? `It answered ${status}.` : `It answered ${status}: ${message}.`;
  if (status === 401) {
    const fix = `Check that the token is whole, has not expired, and belongs to organisation ${orgId} (--org N).`;
    return new DemoError('Grafana refuses the token.', { why: said, fix });
  }
  if (status === 403) {
    const fix = 'Give the service account the role Viewer, or the right to view this dashboard.';
    return new DemoError('Grafana does not let this token see dashboards.', { why: said, fix });
  }
  if (status === 404 && dashboardUid !== undefined) {
    const fix =
      'Take the uid from the address of the dashboard: /d/<uid>/… Without --dashboard the first one is taken.';
    return new DemoError(`Grafana has no dashboard with the uid ${dashboardUid}.`, { why: said, fix });
  }
  return status >= 500 ? failing(url, said) : notGrafana(url, said);
}

function failing(url: string, why: string): DemoError {
  return new DemoError(`Grafana at ${url} has a failure of its own.`, {
    why,
    fix: 'See its log, and try again.',
  });
}

function notGrafana(url: string, why = 'It answered something else than JSON.'): DemoError {
  return new DemoError(`At ${url} there is something else than Grafana.`, {
    why,
    fix: 'Name the address at which Grafana itself answers, with its path prefix if it has one.',
  });
}

/** `fetch` hides the reason in the cause, and the cause of several tries in their first. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'It did not answer within ten seconds.';
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code, message } = asObject(cause instanceof AggregateError ? cause.errors[0] : cause);
  return code === 'ECONNREFUSED'
    ? 'Nothing listens there.'
    : `The connection failed: ${String(code ?? message)}.`;
}

async function readMessage(response: Response): Promise<string> {
  const { message } = asObject(await response.json().catch(() => undefined));
  return typeof message === 'string' ? message : '';
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
