import type { Visit } from '../corridor.ts';
import type { KeyIdentity } from '../share/key.ts';
import { KeyConflict } from '../share/key-registrar.ts';
import { BY } from './key-saving.ts';
import { removeKey } from './keys.ts';
import { Refused } from './refused.ts';
import { requireStores } from './stores.ts';

/** Stored keys that one step of a sweep looks at: each may be written, and a request has its bounds. */
const SWEEP_STEP = 5;

/** Removes the expired among some stored keys; the cursor leads to the next ones. */
export async function removeExpired(cursor: string | undefined, visit: Visit) {
  const page = await requireStores(visit).keys.list(SWEEP_STEP, cursor);
  const removed: KeyIdentity[] = [];
  for (const opened of page.records) {
    if (opened.state !== 'open') continue;
    const { orgId, name, expiresAt } = opened.record;
    if (expiresAt === undefined || visit.now < expiresAt) continue;
    await removeKey({ orgId, name }, visit);
    removed.push({ orgId, name });
  }
  return { removed, cursor: page.cursor ?? null };
}

interface ResealAsk {
  readonly cursor?: string | null | undefined;
  /** Id of the secret that the asker means. */
  readonly newest?: string | undefined;
}

/**
 * Seals some stored keys anew with the newest secret; the cursor leads to the next ones.
 *
 * @throws Refused where this isolate does not know the secret yet that is meant
 */
export async function reseal({ cursor, newest: meant }: ResealAsk, visit: Visit) {
  const { keys } = requireStores(visit);
  const { newest } = await keys.keyring();
  if (meant !== undefined && meant !== newest.id) {
    throw new Refused(
      'conflict',
      'Another secret is the newest here. A new one may take a while: ask again.',
    );
  }
  const page = await keys.list(SWEEP_STEP, cursor ?? undefined);
  const unreadable: KeyIdentity[] = [];
  let resealed = 0;
  let already = 0;
  for (const opened of page.records) {
    if (opened.state === 'sealed') unreadable.push({ orgId: opened.orgId, name: opened.name });
    if (opened.state !== 'open') continue;
    const isOld = opened.sealedWith !== newest.id;
    if (isOld && (await resealOne(opened.record, visit))) resealed += 1;
    else already += 1;
  }
  if (resealed > 0) visit.observe('keys.resealed', { count: resealed, by: BY });
  return { resealed, already, unreadable, cursor: page.cursor ?? null };
}

/** @returns false for a key that somebody changed meanwhile, and so sealed, or removed */
async function resealOne(identity: KeyIdentity, visit: Visit): Promise<boolean> {
  const { keys } = requireStores(visit);
  const { opened, revision } = await keys.hold(identity);
  if (opened?.state !== 'open') return false;
  try {
    await keys.write(opened.record, revision);
    return true;
  } catch (error) {
    if (error instanceof KeyConflict) return false;
    throw error;
  }
}

/** By what ids the gateway knows its secrets: so that whoever rotates them sees where it stands. */
export async function listSecrets(visit: Visit) {
  const keyring = await requireStores(visit).keys.keyring();
  return { newest: keyring.newest.id, accepted: [...keyring.ids] };
}
