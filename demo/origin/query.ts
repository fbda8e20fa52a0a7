import { type Answer, json } from './answers.ts';
import { type DataFrame, frameOver, type Stretch } from './frames.ts';
import { DATA_SOURCE, type Panel, type Tenant } from './tenants.ts';

const RANGE_MAX_MILLISECONDS = 24 * 3600 * 1000;
const POINTS_MAX = 2000;
const QUERIES_MAX = 20;

interface Query {
  readonly refId: string;
  readonly expr: string;
  readonly dataSourceUid: string;
  readonly intervalMs: number;
}

type QueryResult =
  | { readonly status: 200; readonly frames: readonly DataFrame[] }
  | { readonly status: 400 | 404; readonly error: string; readonly frames: readonly [] };

/**
 * `POST /api/ds/query`: `{"queries":[{"refId","datasource":{"uid"},"expr","intervalMs"}],"from","to"}` with times in
 * unix milliseconds, as text or number. Answers a data frame for each query, 400 for a body of another form.
 */
export function answerQuery(tenant: Tenant, body: string): Answer {
  const request = parseRequest(body);
  if (!request) return json(400, { message: 'bad request data', traceID: '' });
  const results = request.queries.map((query) => [query.refId, runQuery(tenant, query, request)] as const);
  const failed = results.some(([, result]) => result.status !== 200);
  return json(failed ? 400 : 200, { results: Object.fromEntries(results) });
}

function runQuery(tenant: Tenant, query: Query, range: { from: number; to: number }): QueryResult {
  if (query.dataSourceUid !== DATA_SOURCE.uid) return failedQuery(404, 'data source not found');
  // Only the organisation's own quantities are looked through: another's do not exist for it.
  const panel = tenant.panels.find((candidate) => candidate.metric === query.expr);
  if (!panel) return failedQuery(400, `no such metric: ${query.expr}`);
  return { status: 200, frames: [measurePanel(panel, query, range)] };
}

function measurePanel(panel: Panel, query: Query, { from, to }: { from: number; to: number }): DataFrame {
  const step = Math.max(query.intervalMs, Math.ceil((to - from) / POINTS_MAX));
  const stretch: Stretch = { from, to, step };
  return frameOver(panel, stretch, query.refId);
}

function failedQuery(status: 400 | 404, error: string): QueryResult {
  return { status, error, frames: [] };
}

function parseRequest(body: string): { queries: Query[]; from: number; to: number } | undefined {
  const value = asObject(parseJson(body));
  const [from, to] = [Number(value.from), Number(value.to)];
  const inRange = from < to && to - from <= RANGE_MAX_MILLISECONDS;
  if (!inRange || !Array.isArray(value.queries) || value.queries.length > QUERIES_MAX) return undefined;
  return { queries: value.queries.map(parseQuery), from, to };
}

function parseQuery(value: unknown): Query {
  const { refId, expr, datasource, intervalMs } = asObject(value);
  return {
    refId: typeof refId === 'string' ? refId : 'A',
    expr: typeof expr === 'string' ? expr : '',
    dataSourceUid: String(asObject(datasource).uid),
    intervalMs: typeof intervalMs === 'number' && intervalMs >= 1 ? Math.floor(intervalMs) : 1000,
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever is wrong with it, the answer is the one for a body of another form.
    return undefined;
  }
}
