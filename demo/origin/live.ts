import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, notFound, refusal } from './answers.ts';
import { channelPath } from './dashboard.ts';
import { frameAt } from './frames.ts';
import { admit, type OriginKey, refuseAdmission } from './guard.ts';
import type { Panel, Tenant } from './tenants.ts';
import { openSocket, readHandshake, type ServerSocket } from './websocket.ts';

const LIVE_PATH = '/api/live/ws';
const PUSH_INTERVAL_MILLISECONDS = 500;

/** An upgrade as `node:http` hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
}

/** What becomes of an upgrade: a stream of the tenant's, or a plain answer. */
type Verdict =
  | { readonly open: true; readonly tenant: Tenant; readonly accept: string }
  | { readonly open: false; readonly answer: Answer };

/** `GET /api/live/ws`: opens the stream for a holder of a key, refuses everyone else over plain HTTP. */
export function answerUpgrade(upgrade: Upgrade, keys: readonly OriginKey[], now: () => number): void {
  const verdict = judgeUpgrade(upgrade.request, keys);
  if (!verdict.open) refuseUpgrade(upgrade.stream, verdict.answer);
  else stream(openSocket(upgrade.stream, verdict.accept, upgrade.head), verdict.tenant, now);
}

function judgeUpgrade(request: IncomingMessage, keys: readonly OriginKey[]): Verdict {
  const url = new URL(request.url ?? '/', 'http://origin');
  if (url.pathname !== LIVE_PATH) return { open: false, answer: notFound() };
  const admission = admit(request, url, keys);
  if (!admission.admitted) return { open: false, answer: refuseAdmission(admission.reason, url) };
  if (!isOwnOrigin(request)) return { open: false, answer: refusal(403, 'live.origin', 'Forbidden') };
  const accept = readHandshake(request);
  if (accept === undefined) return { open: false, answer: refusal(400, 'live.handshake', 'Bad Request') };
  return { open: true, tenant: admission.tenant, accept };
}

/** Pushes one measurement at once and then at every interval, until the socket closes. */
function stream(socket: ServerSocket, tenant: Tenant, now: () => number): void {
  const panels = tenant.panels.filter((panel) => panel.feed === 'stream');
  const push = () => {
    for (const panel of panels) socket.send(JSON.stringify(describePush(tenant, panel, now())));
  };
  const timer = setInterval(push, PUSH_INTERVAL_MILLISECONDS);
  socket.onClose(() => clearInterval(timer));
  push();
}

/** The form in which Grafana Live publishes: a channel that begins with the organisation, and a data frame. */
function describePush(tenant: Tenant, panel: Panel, now: number): unknown {
  return { push: { channel: `${tenant.orgId}/${channelPath(panel)}`, pub: { data: frameAt(panel, [now]) } } };
}

/** Grafana Live's rule: a browser's `Origin` has to name the host that it asks (`pkg/services/live`). */
function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function refuseUpgrade(stream: Duplex, answer: Answer): void {
  const headers = {
    ...answer.headers,
    'Content-Length': Buffer.byteLength(answer.body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.on('error', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${answer.body}`,
  );
}
