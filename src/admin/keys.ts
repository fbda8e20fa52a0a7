import type { KeyPatchJson, NewKeyJson } from '../api/keys.ts';
import type { Visit } from '../corridor.ts';
import { deriveKey } from '../share/derive.ts';
import type { KeyIdentity } from '../share/key.ts';
import { changeSettings, createRecord, replaceToken } from '../share/key-changes.ts';
import type { KeyMaterial, KeyRecord } from '../share/key-record.ts';
import { KeyConflict } from '../share/key-registrar.ts';
import { type GrafanaToken, materialOf } from '../share/token.ts';
import { describeConfigured, describeStored } from './key-documents.ts';
import { readPatch, readSettings, readToken } from './key-input.ts';
import { answerWithKey, BY, checkOrigin, findConfigured, holdKey, saveKey, storeKey } from './key-saving.ts';
import { findKeyWarnings } from './key-warnings.ts';
import { Refused } from './refused.ts';
import { agreeWithDisabled, agreeWithRecord, keepOutEarlier, revokeByRegistry } from './registry-rules.ts';
import { requireStores } from './stores.ts';

const OVERLAP_SECONDS = 86_400;

/** A key as it is registered: in KV, else in `SHARE_KEYS`. @throws Refused where there is none */
export async function showKey(identity: KeyIdentity, visit: Visit) {
  const { house, now } = visit;
  const { opened } = await requireStores(visit).keys.hold(identity);
  const configured = findConfigured(identity, visit);
  const context = { now, use: await house.ledgers.summary(identity), isTwice: opened !== undefined };
  if (opened && opened.state !== 'garbage') {
    const isTwice = configured !== undefined;
    const warnings = opened.state === 'open' ? findKeyWarnings(opened.record) : [];
    return { key: describeStored(opened, { ...context, isTwice }), warnings };
  }
  if (!configured) throw new Refused('not_found', 'There is no such key.');
  return { key: describeConfigured(configured, context), warnings: [] };
}

/**
 * Registers a key, or says again what it is: the same order twice leaves the same key.
 *
 * @throws Refused for a name that has another token, a token that has another name, or one that the origin refuses
 */
export async function putKey(identity: KeyIdentity, order: NewKeyJson, visit: Visit) {
  const token = readToken(order.token, identity);
  const settings = readSettings(order);
  const { opened, revision } = await requireStores(visit).keys.hold(identity);
  if (opened?.state === 'open') {
    refuseOtherToken(opened.record, token);
    const answer = await saveKey(
      changeSettings(opened.record, settings, visit.now),
      revision,
      'settings',
      visit,
    );
    await keepOutEarlier(identity, visit);
    return { ...answer, isNew: false };
  }
  await refuseForeignToken(token, identity, visit);
  const record = createRecord(identity, await derive(token), settings, visit.now);
  const checked = await checkOrigin(record, order.force === true, visit);
  await storeKey(checked, revision, visit);
  await keepOutEarlier(identity, visit);
  visit.observe('key.added', { key: identity.name, orgId: identity.orgId, by: BY });
  return { ...(await answerWithKey(checked, visit)), isNew: true };
}

/** Changes settings; disabling also revokes, and enabling lifts that. @throws Refused where there is none */
export async function patchKey(identity: KeyIdentity, patch: KeyPatchJson, visit: Visit) {
  const { record, revision } = await holdKey(identity, visit);
  const changed = changeSettings(record, readPatch(patch), visit.now);
  const save = () => saveKey(changed, revision, nameChange(patch), visit);
  if (patch.disabled === undefined) return save();
  const agree = () => agreeWithDisabled(identity, visit);
  if (patch.disabled) {
    await revokeByRegistry(identity, 'disabled', visit);
    return orGiveBack(save, agree);
  }
  const answer = await save();
  await agree();
  return answer;
}

/** Swaps the token; links of the former one open for a while longer. @throws Refused */
export async function replaceKey(
  identity: KeyIdentity,
  order: {
    readonly token: string;
    readonly overlapSeconds?: number | undefined;
    readonly force?: boolean | undefined;
  },
  visit: Visit,
) {
  const { record, revision } = await holdKey(identity, visit);
  const token = readToken(order.token, identity);
  if (materialOf(record.material.token) === materialOf(token)) {
    await requireStores(visit).keys.republish(identity);
    return answerWithKey(record, visit);
  }
  await refuseForeignToken(token, identity, visit);
  const until = visit.now + (order.overlapSeconds ?? OVERLAP_SECONDS);
  const replaced = replaceToken(record, await derive(token), until, visit.now);
  const checked = await checkOrigin(replaced, order.force === true, visit);
  const answer = await saveKey(checked, revision, 'token', visit);
  // The one before the former is nobody's any more.
  if (record.former) await requireStores(visit).keys.giveUp(identity, [record.former.token]);
  return answer;
}

/** Asks the origin about the present token again. @throws Refused where there is no such key */
export async function checkKey(identity: KeyIdentity, visit: Visit) {
  const { record, revision } = await holdKey(identity, visit);
  const checked = await checkOrigin(record, true, visit);
  await storeKey(checked, revision, visit);
  return answerWithKey(checked, visit);
}

/**
 * Removes a key. It is revoked first: whatever happens after that, its visitors are out.
 *
 * @throws Refused where there is none
 */
export async function removeKey(identity: KeyIdentity, visit: Visit) {
  const { keys } = requireStores(visit);
  const { opened, revision } = await keys.hold(identity);
  if (!opened) {
    await keys.republish(identity);
    throw new Refused('not_found', 'No key of this name is stored. (Those of SHARE_KEYS are removed there.)');
  }
  const answer = opened.state === 'garbage' ? undefined : await showKey(identity, visit);
  await revokeByRegistry(identity, 'removed', visit);
  const tokens = opened.state === 'open' ? tokensOf(opened.record) : [];
  await orGiveBack(
    () => keys.remove(identity, revision, tokens),
    () => agreeWithRecord(identity, visit),
  );
  // Once more: somebody whose own removal came too late may have given it back meanwhile.
  await revokeByRegistry(identity, 'removed', visit);
  // That it is gone says more, and a key of this name that is added later is not disabled.
  await agreeWithDisabled(identity, visit);
  visit.house.keys.forget();
  visit.observe('key.removed', { key: identity.name, orgId: identity.orgId, by: BY });
  if (!answer) throw new Refused('conflict', 'What was stored could not be read. It is removed now.');
  return answer;
}

/** Makes a change. Where somebody else was faster, what it revoked beforehand is given back. */
async function orGiveBack<T>(change: () => Promise<T>, giveBack: () => Promise<void>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof KeyConflict) await giveBack();
    throw error;
  }
}

function refuseOtherToken(record: KeyRecord, token: GrafanaToken): void {
  if (materialOf(record.material.token) === materialOf(token)) return;
  throw new Refused(
    'conflict',
    'A key of this name is registered with another token: replace it, or remove it first.',
  );
}

/** Two keys with one token would open each other's links, since a signature does not cover the name. */
async function refuseForeignToken(token: GrafanaToken, identity: KeyIdentity, visit: Visit): Promise<void> {
  visit.house.keys.forget();
  const other = await visit.house.keys.findBySecret([token.secret.reveal()]);
  if (!other || (other.orgId === identity.orgId && other.name === identity.name)) return;
  throw new Refused(
    'conflict',
    `This token is registered already, as ${JSON.stringify(other.name)} of organisation ${other.orgId}.`,
  );
}

async function derive(token: GrafanaToken): Promise<KeyMaterial> {
  return { token, derived: await deriveKey(token) };
}

function tokensOf({ material, former }: KeyRecord): GrafanaToken[] {
  return former ? [material.token, former.token] : [material.token];
}

function nameChange({ disabled }: KeyPatchJson): string {
  if (disabled === undefined) return 'settings';
  return disabled ? 'disabled' : 'enabled';
}
