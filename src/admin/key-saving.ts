import type { WarningDocument } from '../api/common.ts';
import type { Visit } from '../corridor.ts';
import { probeToken } from '../origin/probe-token.ts';
import type { KeyIdentity, ShareKey } from '../share/key.ts';
import { noteOrigin } from '../share/key-changes.ts';
import type { KeyRecord } from '../share/key-record.ts';
import { describeRecord } from './key-documents.ts';
import { findKeyWarnings } from './key-warnings.ts';
import { Refused } from './refused.ts';
import { requireStores } from './stores.ts';

/** Who changes keys: whoever holds the admin token. */
export const BY = 'operator';

/** A stored key as it is about to be changed. */
export interface HeldKey {
  readonly record: KeyRecord;
  readonly revision: number;
}

/** The stored key of a name, to be changed. @throws Refused where there is none that can be */
export async function holdKey(identity: KeyIdentity, visit: Visit): Promise<HeldKey> {
  const { opened, revision } = await requireStores(visit).keys.hold(identity);
  if (opened?.state === 'open') return { record: opened.record, revision };
  if (opened) {
    throw new Refused(
      'conflict',
      'This key cannot be opened with the present POSTERN_SECRETS. Remove it and add it again.',
    );
  }
  throw findConfigured(identity, visit)
    ? new Refused(
        'conflict',
        'This key stands in SHARE_KEYS: change it there, or add it here, and this one wins.',
      )
    : new Refused('not_found', 'There is no such key.');
}

/** Stores a key as it is now, and tells. @throws KeyConflict where somebody else changed it meanwhile */
export async function saveKey(
  record: KeyRecord,
  revision: number,
  reason: string,
  visit: Visit,
): Promise<ReturnType<typeof answerWithKey>> {
  await storeKey(record, revision, visit);
  visit.observe('key.changed', { key: record.name, orgId: record.orgId, by: BY, reason });
  return answerWithKey(record, visit);
}

/** The same without a word to the log. */
export async function storeKey(record: KeyRecord, revision: number, visit: Visit): Promise<void> {
  await requireStores(visit).keys.write(record, revision);
  visit.house.keys.forget();
}

export async function answerWithKey(record: KeyRecord, visit: Visit) {
  const use = await visit.house.ledgers.summary(record);
  const isTwice = findConfigured(record, visit) !== undefined;
  const warnings: WarningDocument[] = findKeyWarnings(record);
  return { key: describeRecord(record, { now: visit.now, use, isTwice }), warnings };
}

/** Asks the origin whether it takes the token. @throws Refused where it does not, unless that is forced */
export async function checkOrigin(record: KeyRecord, isForced: boolean, visit: Visit): Promise<KeyRecord> {
  const finding = await probeToken(record.material.token.text, visit.house.config.origin);
  if (finding.state === 'refused' && !isForced) {
    throw new Refused(
      'conflict',
      'The origin refuses this token: it was deleted, has expired, or is of another Grafana. Nothing was stored.',
    );
  }
  if (finding.orgId !== undefined && finding.orgId !== record.orgId && !isForced) {
    throw new Refused(
      'conflict',
      `The origin says that this token is of organisation ${finding.orgId}, not ${record.orgId}. Nothing was stored.`,
    );
  }
  return noteOrigin(record, { ...finding, checkedAt: visit.now });
}

/** The key of this name in `SHARE_KEYS`. */
export function findConfigured({ orgId, name }: KeyIdentity, { house }: Visit): ShareKey | undefined {
  return house.config.share.keys.find((key) => key.orgId === orgId && key.name === name);
}
