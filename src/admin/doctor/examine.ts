import type { CheckRow } from '../../api/checks.ts';
import type { Finding } from '../../api/findings.ts';
import { within } from '../../lib/deadline.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';

/** How long a group may take: nobody at a terminal waits for longer than 20 seconds. */
export const GROUP_MS = 18_000;
/** From here on, something that works is slow. */
export const SLOW_MS = 2_000;

/** A finding without what its row of the table says. */
export type Seen = Omit<Finding, 'check' | 'why'>;

/** Makes a finding of a row. */
export type TellFinding<Name extends string> = (check: Name, seen: Seen) => Finding;

/** Makes findings of one table: its names alone, with the reason of their row. */
export function findingsOf<Name extends string>(table: Readonly<Record<Name, CheckRow>>): TellFinding<Name> {
  return (check, seen) => ({ check, why: table[check].why, ...seen });
}

/** Something that is looked at on its own: what it waits for holds up no other part. */
export interface Part<Name extends string> {
  /** The checks that nobody could make where this fails. */
  readonly checks: readonly Name[];
  readonly about?: string;
  examine(): Promise<readonly Finding[]> | readonly Finding[];
}

/**
 * Looks at all parts at once. What cannot be looked at in time, or for lack of storage, is `skipped`.
 *
 * @param startedMs when the group began, by `Date.now()`
 * @throws what is a mistake of the gateway itself
 */
export async function examineAll<Name extends string>(
  tell: TellFinding<Name>,
  parts: readonly Part<Name>[],
  startedMs = Date.now(),
): Promise<Finding[]> {
  const untilMs = startedMs + GROUP_MS;
  return (await Promise.all(parts.map((part) => examineOne(tell, part, untilMs)))).flat();
}

class TooLate extends Error {
  override readonly name = 'TooLate';
}

async function examineOne<Name extends string>(
  tell: TellFinding<Name>,
  part: Part<Name>,
  untilMs: number,
): Promise<readonly Finding[]> {
  try {
    return await within(
      Math.max(untilMs - Date.now(), 0),
      Promise.resolve().then(() => part.examine()),
      () => new TooLate(),
    );
  } catch (error) {
    const seen = describeFailure(error);
    const about = part.about === undefined ? {} : { about: part.about };
    return part.checks.map((check) => tell(check, { verdict: 'skipped', seen, ...about }));
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof TooLate) return `It took longer than ${GROUP_MS / 1000} seconds.`;
  if (error instanceof StorageUnavailable) return `Storage could not be ${PAST[error.operation]}.`;
  throw error;
}

const PAST = { read: 'read', write: 'written' } as const;
