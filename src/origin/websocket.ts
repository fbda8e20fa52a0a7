/** Application codes of the gateway's own closes (RFC 6455 §7.4.2). */
const CLOSE_SESSION_ENDED = 4001;
const CLOSE_INTERNAL_ERROR = 1011;
/** No socket lives longer; Grafana Live connects again by itself, and is judged again. */
const SOCKET_SECONDS_MAX = 3600;

/**
 * Joins a visitor's socket with the origin's, message by message, and closes both when the session ends.
 * (The origin's raw 101 could be returned as it is, but nobody could close it later.)
 *
 * @param upstream the origin's accepted upgrade
 * @param secondsLeft until the session ends
 */
export function joinSockets(upstream: WebSocket, protocol: string | null, secondsLeft: number): Response {
  const { 0: visitorEnd, 1: gatewayEnd } = new WebSocketPair();
  gatewayEnd.accept();
  upstream.accept();
  pump(gatewayEnd, upstream);
  pump(upstream, gatewayEnd);
  const timer = setTimeout(
    () => closeBoth(gatewayEnd, upstream, CLOSE_SESSION_ENDED, 'session ended'),
    Math.min(secondsLeft, SOCKET_SECONDS_MAX) * 1000,
  );
  for (const socket of [gatewayEnd, upstream]) socket.addEventListener('close', () => clearTimeout(timer));
  const headers = new Headers();
  if (protocol !== null) headers.set('Sec-WebSocket-Protocol', protocol);
  return new Response(null, { status: 101, webSocket: visitorEnd, headers });
}

function pump(from: WebSocket, to: WebSocket): void {
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.OPEN) to.send(data);
  });
  from.addEventListener('close', ({ code, reason }) => close(to, code, reason));
  from.addEventListener('error', () => close(to, CLOSE_INTERNAL_ERROR, 'the other side failed'));
}

function closeBoth(one: WebSocket, other: WebSocket, code: number, reason: string): void {
  close(one, code, reason);
  close(other, code, reason);
}

/** Closes once. Codes that are only ever reported, never sent (1005, 1006, 1015), become a plain close. */
function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED || socket.readyState === WebSocket.CLOSING) return;
  const isReportedOnly = code === 1005 || code === 1006 || code === 1015;
  socket.close(isReportedOnly ? 1000 : code, reason);
}
