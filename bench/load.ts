import { connect, type Socket } from 'node:net';

/** What a round of load found. */
export interface RoundResult {
  readonly requestsPerSecond: number;
  /** Answers whose status was not the expected one. */
  readonly unexpected: number;
}

/** A round: one raw HTTP/1.1 request, sent again and again on a few connections, one at a time on each. */
export interface Round {
  readonly port: number;
  /** The whole request, made anew for each sending where it has to differ. */
  readonly request: () => string;
  readonly expectedStatus: number;
  readonly connections: number;
  readonly milliseconds: number;
}

/**
 * Sends load for a bounded time. A client of its own, since Node's costs more than the Worker that is measured.
 */
export async function runRound(round: Round): Promise<RoundResult> {
  const started = performance.now();
  const deadline = started + round.milliseconds;
  const tallies = await Promise.all(
    Array.from({ length: round.connections }, () => drive(connect(round.port, '127.0.0.1'), round, deadline)),
  );
  const seconds = (performance.now() - started) / 1000;
  const answers = tallies.reduce((sum, tally) => sum + tally.answers, 0);
  const unexpected = tallies.reduce((sum, tally) => sum + tally.unexpected, 0);
  return { requestsPerSecond: answers / seconds, unexpected };
}

interface Tally {
  answers: number;
  unexpected: number;
}

function drive(socket: Socket, round: Round, deadline: number): Promise<Tally> {
  const tally: Tally = { answers: 0, unexpected: 0 };
  let buffered = '';
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve(tally));
    socket.on('connect', () => socket.write(round.request()));
    socket.on('data', (chunk: string) => {
      buffered += chunk;
      const length = measureAnswer(buffered);
      if (length === undefined) return;
      tally.answers += 1;
      if (!buffered.startsWith(`HTTP/1.1 ${round.expectedStatus} `)) tally.unexpected += 1;
      buffered = buffered.slice(length);
      if (performance.now() < deadline) socket.write(round.request());
      else socket.end();
    });
  });
}

/** Length of the first whole answer in the text, by `Content-Length` or by chunks; undefined while it is not whole. */
function measureAnswer(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd).toLowerCase();
  const [, length] = /\r\ncontent-length: (\d+)/.exec(head) ?? [];
  if (length !== undefined) return whole(text, headEnd + 4 + Number(length));
  if (!head.includes('\r\ntransfer-encoding: chunked')) return headEnd + 4;
  const end = text.indexOf('0\r\n\r\n', headEnd + 4);
  return end < 0 ? undefined : end + 5;
}

function whole(text: string, length: number): number | undefined {
  return text.length >= length ? length : undefined;
}
