import { SeenAnswer } from '../api/revocations.ts';
import type { AdminClient } from './admin-client.ts';
import { CliError } from './cli-error.ts';
import type { Io } from './io.ts';
import { poll } from './poll.ts';
import type { Progress } from './progress.ts';
import { pathOfRevocation } from './revocation-api.ts';
import { formatDuration } from './words.ts';

/** A revocation that is stored, and how long to wait for its effect. */
export interface Wait {
  readonly id: string;
  /** When it was made: an earlier one of this id may be seen still. */
  readonly at: string;
  readonly memoSeconds: number;
  readonly timeoutSeconds: number;
}

/**
 * Waits until the gateway refuses by a revocation: until it sees it, and then as long as an isolate may rely on an
 * older answer.
 *
 * @returns for how many seconds it waited
 * @throws CliError where that takes too long; the revocation is stored all the same
 */
export async function waitUntilRefused(
  wait: Wait,
  client: AdminClient,
  io: Pick<Io, 'now' | 'sleep'>,
  progress: Progress,
): Promise<number> {
  const { id, at, memoSeconds, timeoutSeconds } = wait;
  const begin = io.now();
  const { isThere, trouble } = await poll(
    {
      isThere: (seconds) => isSeen({ id, at }, seconds, client),
      timeoutSeconds,
      confirmations: 1,
      onWait: (passed) => progress.tell(`Not seen by the gateway yet, after ${formatDuration(passed)}.`),
    },
    io,
  );
  if (!isThere) throw createTooLong(id, 'The gateway does not see it yet', trouble);
  const left = timeoutSeconds - (io.now() - begin) / 1000;
  progress.tell(`Seen. Older answers are remembered for ${formatDuration(memoSeconds)} more.`);
  await io.sleep(Math.max(Math.min(memoSeconds, left), 0));
  if (memoSeconds > left) throw createTooLong(id, 'The gateway sees it, and may still rely on older answers');
  return Math.round((io.now() - begin) / 1000);
}

async function isSeen(
  { id, at }: Pick<Wait, 'id' | 'at'>,
  timeoutSeconds: number,
  client: AdminClient,
): Promise<boolean> {
  const path = `${pathOfRevocation(id)}/seen`;
  const answer = await client.ask({ method: 'GET', path, answer: SeenAnswer, timeoutSeconds });
  return answer.seen && answer.at !== null && Date.parse(answer.at) >= Date.parse(at);
}

function createTooLong(id: string, open: string, trouble?: string): CliError {
  return new CliError({
    code: 'revocation-not-in-effect-yet',
    what: 'The revocation is stored, and not yet known to be in effect.',
    details: `${open}: ${id}.${trouble === undefined ? '' : ` Last trouble: ${trouble}`}`,
    fix: 'It takes effect without this command. Do the same again with a longer --timeout to see when.',
  });
}
