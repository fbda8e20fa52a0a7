import * as z from 'zod';
import { ProblemDocument } from '../../api/common.ts';
import type { Finding } from '../../api/findings.ts';
import { createUnreachable } from '../admin-problems.ts';
import type { Io } from '../io.ts';
import { found } from './finding.ts';

const PATH = '/-/health';
const TIMEOUT_SECONDS = 10;
const SLOW_MS = 2_000;
/** How far two clocks may be apart. A header `Date` has whole seconds. */
const SKEW_SECONDS = { yellow: 5, red: 30 };
const BODY_MAX = 65_536;

const HEALTH = z.looseObject({ status: z.literal('ok') });
const PROBLEM = z.looseObject({ code: ProblemDocument.shape.code, gateway: ProblemDocument.shape.gateway });

interface Reply {
  readonly status: number;
  readonly date: string | null;
  readonly text: string;
  /** Unix milliseconds: in the middle between question and answer. */
  readonly at: number;
  readonly milliseconds: number;
}

/** Whether the gateway answers at all, and whether its clock is that of this machine. */
export async function examineHealth(origin: string, io: Pick<Io, 'fetch' | 'now'>): Promise<Finding[]> {
  try {
    const reply = await ask(origin, io);
    return [judgeHealth(reply, origin), judgeClock(reply)];
  } catch (error) {
    const { message, details, fix } = createUnreachable(origin, error, TIMEOUT_SECONDS);
    return [found('gateway.reachable', 'red', `${message} ${details}`, { fix })];
  }
}

async function ask(origin: string, io: Pick<Io, 'fetch' | 'now'>): Promise<Reply> {
  const asked = io.now();
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  const response = await io.fetch(new Request(new URL(PATH, origin), { redirect: 'manual', signal }));
  const answered = io.now();
  const text = (await response.text()).slice(0, BODY_MAX);
  return {
    status: response.status,
    date: response.headers.get('Date'),
    text,
    at: (asked + answered) / 2,
    milliseconds: Math.max(answered - asked, 0),
  };
}

function judgeHealth({ status, text, milliseconds }: Reply, origin: string): Finding {
  const content = parseJson(text);
  if (status === 200 && HEALTH.safeParse(content).success) {
    const verdict = milliseconds > SLOW_MS ? 'yellow' : 'green';
    const fix = 'Try from elsewhere: the way between may be slow.';
    const seen = `${origin} answered in ${milliseconds} ms.`;
    return found('gateway.reachable', verdict, seen, { milliseconds, ...(verdict === 'yellow' && { fix }) });
  }
  const problem = PROBLEM.safeParse(content);
  const seen = problem.success
    ? `${origin} answered ${status} ${problem.data.code}.`
    : `What answers at ${origin} is not Postern: it answered ${status}.`;
  const fix =
    problem.data?.code === 'misconfigured'
      ? 'Its log names every mistake (config.invalid): npx wrangler tail. The configuration above may show it.'
      : 'Set POSTERN_URL to the address of the gateway itself, and let /-/ through what stands before it.';
  return found('gateway.reachable', 'red', seen, { milliseconds, fix });
}

/** @see {@link SKEW_SECONDS} */
function judgeClock({ date, at }: Reply): Finding {
  const there = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(there))
    return found('gateway.clock', 'skipped', 'The answer does not say what time it is.');
  // On average, a whole second is over by half.
  const seconds = Math.round((at - (there + 500)) / 1000);
  const distance = Math.abs(seconds);
  if (distance <= SKEW_SECONDS.yellow)
    return found('gateway.clock', 'green', 'The clocks of this machine and of the gateway agree.');
  const seen = `This machine's clock is ${distance} seconds ${seconds > 0 ? 'ahead of' : 'behind'} the gateway's.`;
  return found('gateway.clock', distance > SKEW_SECONDS.red ? 'red' : 'yellow', seen, {
    fix: 'Set the clock by NTP, here and wherever links are signed.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asked says what that means.
    return undefined;
  }
}
