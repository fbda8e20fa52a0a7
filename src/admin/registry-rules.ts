import type { Visit } from '../corridor.ts';
import { lifeOf } from '../revocation/life.ts';
import type { Rule } from '../revocation/rule.ts';
import { idOf, labelOf, type RegistryKind, type Target } from '../revocation/target.ts';
import type { KeyIdentity } from '../share/key.ts';
import { KEY_MEMO_SECONDS } from '../share/key-registry.ts';
import { lifetimesOf } from './lifetimes.ts';
import { PROPAGATION_SECONDS } from './revocations.ts';
import { requireStores } from './stores.ts';

/**
 * What the registry of keys revokes by itself, so that disabling and removing act as soon as any revocation does.
 * It is stored once this has returned.
 */
export async function revokeByRegistry(
  identity: KeyIdentity,
  what: RegistryKind,
  visit: Visit,
): Promise<void> {
  const target: Target = { kind: what, ...nameOf(identity) };
  const rule: Rule = { at: visit.now, reason: `the key was ${what}`, label: labelOf(target) };
  // A key that is gone can open nothing once every isolate knows; one that is disabled stays so.
  const life = what === 'removed' ? findRemovedLife(visit) : undefined;
  await requireStores(visit).revocations.write({ id: idOf(target), rule }, life);
  visit.house.revocations.forget();
}

/** After a key was enabled or removed: its revocation as disabled goes, unless somebody disabled it again meanwhile. */
export async function agreeWithDisabled(identity: KeyIdentity, visit: Visit): Promise<void> {
  const { keys, revocations } = requireStores(visit);
  // Not looked at first: this place's copy of KV may be older than what was revoked elsewhere.
  await revocations.lift(idOf({ kind: 'disabled', ...nameOf(identity) }));
  visit.house.revocations.forget();
  const { opened } = await keys.hold(identity);
  if (opened?.state === 'open' && opened.record.disabled) await revokeByRegistry(identity, 'disabled', visit);
}

/**
 * After a removal that was given up, since somebody else was faster: what it revoked beforehand goes, as far as a key
 * is there.
 */
export async function agreeWithRecord(identity: KeyIdentity, visit: Visit): Promise<void> {
  const { keys, revocations } = requireStores(visit);
  const { opened } = await keys.hold(identity);
  if (opened?.state !== 'open') return;
  await agreeWithDisabled(identity, visit);
  const target: Target = { kind: 'removed', ...nameOf(identity) };
  const { createdAt } = opened.record;
  // True of every key: what was issued before it was there is not its own.
  const rule: Rule = {
    before: createdAt - 1,
    at: visit.now,
    reason: 'the key was added',
    label: labelOf(target),
  };
  await revocations.write({ id: idOf(target), rule }, lifeOf('removed', rule, visit.now, lifetimesOf(visit)));
  visit.house.revocations.forget();
}

/**
 * After a key was added whose name was removed before: what that one had issued stays out, and nothing else. Where
 * none was removed, nothing is written.
 */
export async function keepOutEarlier(identity: KeyIdentity, visit: Visit): Promise<void> {
  const target: Target = { kind: 'removed', ...nameOf(identity) };
  const id = idOf(target);
  const { revocations } = requireStores(visit);
  const former = (await revocations.read([id])).get(id);
  if (!former || former.before !== undefined) return;
  const rule: Rule = {
    before: visit.now,
    at: visit.now,
    reason: 'the key was removed and added again',
    label: labelOf(target),
  };
  await revocations.write({ id, rule }, lifeOf('removed', rule, visit.now, lifetimesOf(visit)));
  visit.house.revocations.forget();
}

function nameOf({ orgId, name }: KeyIdentity): KeyIdentity {
  return { orgId, name };
}

function findRemovedLife(visit: Visit): number {
  const { sessionMaxSeconds, freshnessSeconds } = lifetimesOf(visit);
  return sessionMaxSeconds + 2 * freshnessSeconds + KEY_MEMO_SECONDS + PROPAGATION_SECONDS;
}
