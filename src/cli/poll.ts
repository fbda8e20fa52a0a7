import { CliError } from './cli-error.ts';
import type { Io } from './io.ts';

const POLL_SECONDS = 2;
const ANSWER_SECONDS = 30;

/** What is waited for. */
export interface Poll {
  /** @param timeoutSeconds how long this one question may take */
  isThere(timeoutSeconds: number): Promise<boolean>;
  readonly timeoutSeconds: number;
  /** How many times in a row it has to be there: isolates of a gateway do not all change at once. */
  readonly confirmations: number;
  /** Told before each pause. */
  onWait(passedSeconds: number): void;
}

/** How it ended. */
export interface PollEnd {
  readonly isThere: boolean;
  /** Why the last question had no answer, where it had none. */
  readonly trouble: string | undefined;
}

/** Asks every two seconds until something is there, or the time is over. A question without an answer is asked again. */
export async function poll(
  { isThere, timeoutSeconds, confirmations, onWait }: Poll,
  io: Pick<Io, 'now' | 'sleep'>,
): Promise<PollEnd> {
  const begin = io.now();
  let confirmed = 0;
  let trouble: string | undefined;
  for (;;) {
    const left = timeoutSeconds - (io.now() - begin) / 1000;
    if (left <= 0) return { isThere: false, trouble };
    const answer = await tryOnce(() => isThere(Math.min(left, ANSWER_SECONDS)));
    confirmed = answer.isThere ? confirmed + 1 : 0;
    trouble = answer.trouble;
    if (confirmed >= confirmations) return { isThere: true, trouble: undefined };
    const passed = (io.now() - begin) / 1000;
    onWait(Math.round(passed));
    await io.sleep(Math.max(Math.min(POLL_SECONDS, timeoutSeconds - passed), 0));
  }
}

async function tryOnce(ask: () => Promise<boolean>): Promise<PollEnd> {
  try {
    return { isThere: await ask(), trouble: undefined };
  } catch (error) {
    // A gateway that is being deployed anew may refuse for a moment.
    if (!(error instanceof CliError)) throw error;
    return { isThere: false, trouble: error.message };
  }
}
