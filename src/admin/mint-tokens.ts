import type { Visit } from '../corridor.ts';
import type { KeyIdentity } from '../share/key.ts';
import { addMintToken, removeMintToken } from '../share/key-changes.ts';
import type { KeyRecord } from '../share/key-record.ts';
import { createMintToken, deriveRandom, drawRandom } from '../share/mint-token.ts';
import { holdKey, saveKey } from './key-saving.ts';
import { Refused } from './refused.ts';

/** What a mint token is made from. */
interface MintOrder {
  readonly note?: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * A token for a portal: good for links of this key, and nothing else. The same idempotency key gives the same token.
 *
 * @throws Refused where there is no such key, and for an idempotency key whose token was removed since
 */
export async function mintFor(identity: KeyIdentity, order: MintOrder, visit: Visit) {
  const { record, revision } = await holdKey(identity, visit);
  const random = await chooseRandom(record, order.idempotencyKey, visit);
  const { text, stored } = createMintToken(identity, order.note, visit.now, random);
  if (record.removedMintIds.includes(stored.id)) {
    throw new Refused(
      'conflict',
      'The token of this idempotency key was removed. Use another key for a new one.',
    );
  }
  if (record.mintTokens.some(({ id }) => id === stored.id)) return { id: stored.id, token: text };
  await saveKey(addMintToken(record, stored, visit.now), revision, 'mint token added', visit);
  return { id: stored.id, token: text };
}

/** @throws Refused where there is no such key, or no such token */
export async function unmint(identity: KeyIdentity, id: string, visit: Visit) {
  const { record, revision } = await holdKey(identity, visit);
  if (!record.mintTokens.some((token) => token.id === id))
    throw new Refused('not_found', 'There is no such mint token.');
  return saveKey(removeMintToken(record, id, visit.now), revision, 'mint token removed', visit);
}

/** Of this very registration of the key: one that was removed and added again starts anew. */
function chooseRandom(
  { orgId, name, createdAt }: KeyRecord,
  idempotencyKey: string | undefined,
  visit: Visit,
): Promise<string> | string {
  const [newest] = visit.house.config.session.secrets;
  if (idempotencyKey === undefined || !newest) return drawRandom();
  return deriveRandom(newest, [String(orgId), name, String(createdAt), idempotencyKey]);
}
