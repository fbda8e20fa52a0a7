/** Codes of the gateway's own closes (RFC 6455 §7.4). */
const CLOSE_NORMAL = 1000;
const CLOSE_SESSION_ENDED = 4001;
const CLOSE_LIVED_LONG = 4002;
const CLOSE_INTERNAL_ERROR = 1011;
/** No socket lives longer; Grafana Live connects again by itself, and is judged again. */
const SOCKET_SECONDS_MAX = 3600;

/** What lets a socket go on. */
export interface SocketSession {
  /** Seconds until the session's own end. */
  readonly secondsLeft: number;
  /** How often it is looked at again. Each look may read KV, for as long as the socket is open. */
  readonly lookSeconds: number;
  /** Whether the session still holds: its key is registered, and nothing was revoked. */
  stillHolds(): Promise<boolean> | boolean;
  /** Told where it held no more. */
  onEnded(): void;
  /** Told once, when the sockets have closed. */
  onClosed(): void;
}

/**
 * Joins a visitor's socket with the origin's, message by message, and closes both when the session ends.
 * (The origin's raw 101 could be returned as it is, but nobody could close it later.)
 *
 * @param upstream the origin's end of an accepted upgrade
 */
export function joinSockets(upstream: WebSocket, protocol: string | null, session: SocketSession): Response {
  const { 0: visitorEnd, 1: gatewayEnd } = new WebSocketPair();
  const pair: Pair = { gatewayEnd, upstream };
  gatewayEnd.accept();
  upstream.accept();
  pump(gatewayEnd, upstream);
  pump(upstream, gatewayEnd);
  watch(pair, session);
  const headers = new Headers();
  if (protocol !== null) headers.set('Sec-WebSocket-Protocol', protocol);
  return new Response(null, { status: 101, webSocket: visitorEnd, headers });
}

interface Pair {
  readonly gatewayEnd: WebSocket;
  readonly upstream: WebSocket;
}

/** Ends the pair with its session, and lets go of the timers when it has closed by itself. */
function watch(pair: Pair, session: SocketSession): void {
  const endsFirst = session.secondsLeft <= SOCKET_SECONDS_MAX;
  const end = setTimeout(
    () => letGo(endsFirst ? CLOSE_SESSION_ENDED : CLOSE_LIVED_LONG, 'session ended'),
    Math.min(session.secondsLeft, SOCKET_SECONDS_MAX) * 1000,
  );
  const look = setInterval(async () => {
    // It may have closed by itself meanwhile.
    if ((await holds(session)) || !isOpen) return;
    letGo(CLOSE_SESSION_ENDED, 'session ended');
    session.onEnded();
  }, session.lookSeconds * 1000);
  let isOpen = true;
  // Not only on a close event: an origin that never answers a close must not keep the session's place.
  function letGo(code: number, reason: string): void {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(end);
    clearInterval(look);
    close(pair.gatewayEnd, code, reason);
    close(pair.upstream, code, reason);
    session.onClosed();
  }
  for (const socket of [pair.gatewayEnd, pair.upstream]) {
    socket.addEventListener('close', () => letGo(CLOSE_NORMAL, ''));
  }
}

/** A session that cannot be looked at does not hold. */
async function holds(session: SocketSession): Promise<boolean> {
  try {
    return await session.stillHolds();
  } catch {
    return false;
  }
}

function pump(from: WebSocket, to: WebSocket): void {
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.OPEN) to.send(data);
  });
  from.addEventListener('close', ({ code, reason }) => close(to, code, reason));
  from.addEventListener('error', () => close(to, CLOSE_INTERNAL_ERROR, 'the other side failed'));
}

/** Codes that may be sent (RFC 6455 §7.4); others are only ever reported, or nobody's. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/** Closes once, in any case: a code or reason that cannot be sent must not keep a socket open. */
function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED || socket.readyState === WebSocket.CLOSING) return;
  try {
    socket.close(isSendable(code) ? code : CLOSE_NORMAL, isSendable(code) ? reason : '');
  } catch {
    // The reason was of the other side's making: without it, closing cannot be refused.
    socket.close();
  }
}
