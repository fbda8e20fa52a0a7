import type { WarningDocument } from '../api/common.ts';
import type { BoundJson, NewRevocationJson, RevocationJson } from '../api/revocations.ts';
import type { Visit } from '../corridor.ts';
import { formatInstant, formatMaybeInstant, parseInstant } from '../lib/instant.ts';
import { lifeOf } from '../revocation/life.ts';
import { isWeaker, type Rule } from '../revocation/rule.ts';
import type { RevocationStore, StoredRule } from '../revocation/store.ts';
import { idOf, labelOf, type Target } from '../revocation/target.ts';
import { lifetimesOf } from './lifetimes.ts';
import { Refused } from './refused.ts';
import { requireStores } from './stores.ts';
import { pickWarnings } from './warning-rows.ts';

/** How long KV takes to tell all places, as Cloudflare documents it: "60 seconds or more". */
export const PROPAGATION_SECONDS = 60;
const UNTIL_MAX_SECONDS = 10 * 366 * 86_400;

/** Stores a revocation. Once this returns, it is there. */
export async function revoke(order: NewRevocationJson, visit: Visit) {
  const target = targetOf(order);
  const id = idOf(target);
  const asked = ruleOf(order, target, visit.now);
  const former = (await storeOf(visit).read([id])).get(id);
  const rule = former && isWeaker(asked, former, visit.now) ? former : asked;
  const stored: StoredRule = { id, rule };
  const life = lifeOf(target.kind, rule, visit.now, lifetimesOf(visit));
  await storeOf(visit).write(stored, life);
  visit.house.revocations.forget();
  const { by = 'operator', label = '' } = rule;
  visit.observe('revocation.made', { kind: target.kind, id: stored.id, label, by });
  return describeAnswer(stored, visit, warningsOf(target, asked, rule, visit));
}

export async function listRevocations(
  ask: { readonly kind?: string | undefined; readonly limit: number; readonly cursor?: string | undefined },
  visit: Visit,
) {
  const under = ask.kind === undefined ? '' : `${ask.kind}:`;
  const page = await storeOf(visit).list(under, ask.limit, ask.cursor);
  return { revocations: page.rules.map(describe), cursor: page.cursor ?? null };
}

/** @throws Refused where there is none */
export async function lookAt(id: string, visit: Visit) {
  return describeAnswer(await find(id, visit), visit);
}

/** @throws Refused where there is none */
export async function lift(id: string, visit: Visit) {
  if (/^(?:disabled|removed):/.test(id)) {
    throw new Refused('conflict', 'The key itself is disabled, or was removed: enable it, or add it again.');
  }
  const stored = await find(id, visit);
  await storeOf(visit).lift(id);
  visit.house.revocations.forget();
  visit.observe('revocation.lifted', { id, by: 'operator' });
  return describeAnswer(stored, visit);
}

/** Reads a revocation the way that visitors are judged: from this place's own copy of KV. */
export async function see(id: string, visit: Visit) {
  const rule = (await storeOf(visit).read([id])).get(id);
  return { seen: rule !== undefined, at: formatMaybeInstant(rule?.at), bound: boundOf(visit) };
}

async function find(id: string, visit: Visit): Promise<StoredRule> {
  const rule = (await storeOf(visit).read([id])).get(id);
  if (!rule)
    throw new Refused(
      'not_found',
      'There is no such revocation, or it has ended, or KV has not told this place yet.',
    );
  return { id, rule };
}

function storeOf(visit: Visit): RevocationStore {
  return requireStores(visit).revocations;
}

function targetOf(order: NewRevocationJson): Target {
  switch (order.kind) {
    case 'link':
    case 'session':
      return { kind: order.kind, id: order.id };
    case 'subject':
      return { kind: 'subject', subject: order.subject };
    case 'key':
      return { kind: 'key', orgId: order.orgId, name: order.name };
    case 'dashboard':
      return { kind: 'dashboard', uid: order.uid, orgId: order.orgId };
    case 'public':
      return { kind: 'public', token: order.token };
    case 'org':
      return { kind: 'org', orgId: order.orgId };
    case 'all':
      return { kind: 'all' };
  }
}

/** @throws Refused for moments that contradict each other, or the clock */
function ruleOf(order: NewRevocationJson, target: Target, now: number): Rule {
  const isLimited = chooseMode(order) === 'issued-before';
  const { reason, publicReason, by } = order;
  return {
    ...(isLimited && { before: readBefore(order, now) }),
    until: readUntil(order, now),
    reason,
    publicReason,
    by,
    at: now,
    label: labelOf(target),
  };
}

function chooseMode({ mode, before, kind }: NewRevocationJson): RevocationJson['mode'] {
  const chosen = mode ?? (before !== undefined || kind === 'all' ? 'issued-before' : 'until-lifted');
  if (chosen === 'until-lifted' && before !== undefined) {
    throw new Refused('invalid_input', 'A revocation that holds until it is lifted has no "before".');
  }
  if (chosen === 'issued-before' && kind === 'public') {
    throw new Refused(
      'invalid_input',
      'A public dashboard is not issued: it is revoked until that is lifted.',
    );
  }
  return chosen;
}

function readBefore({ before }: NewRevocationJson, now: number): number {
  const moment = before === undefined ? now : parseInstant(before);
  if (moment < 0) throw new Refused('invalid_input', '"before" lies before 1970.');
  if (moment > now) {
    throw new Refused(
      'invalid_input',
      '"before" lies in the future: what is not issued yet is revoked by until-lifted.',
    );
  }
  return moment;
}

function readUntil({ until }: NewRevocationJson, now: number): number | undefined {
  if (until === undefined) return undefined;
  const moment = parseInstant(until);
  if (moment > now + UNTIL_MAX_SECONDS) {
    throw new Refused('invalid_input', '"until" is more than ten years away: leave it out.');
  }
  if (moment <= now) throw new Refused('invalid_input', '"until" lies in the past.');
  return moment;
}

function warningsOf(target: Target, asked: Rule, stored: Rule, { house }: Visit): WarningDocument[] {
  const opensAgain = stored.before !== undefined && house.config.share.versions.has('v1');
  return pickWarnings([
    [
      asked !== stored,
      'stronger-stays',
      'What is revoked already takes back more than this would, so it stays. Lift it first to replace it.',
    ],
    [
      target.kind === 'subject' && house.signIn === undefined,
      'no-sign-in',
      'Nobody signs in here: no session has a subject, so nobody is out by this.',
    ],
    [
      target.kind === 'session',
      'link-still-opens',
      'While its link is fresh, whoever holds that may open it again. Revoke the link, or the key, to prevent it.',
    ],
    [
      opensAgain,
      'version-1-opens-again',
      'Links of version 1 have no date, so they open again. Revoke their key until that is lifted.',
    ],
  ]);
}

function describeAnswer(stored: StoredRule, visit: Visit, warnings: WarningDocument[] = []) {
  return { revocation: describe(stored), bound: boundOf(visit), warnings };
}

function boundOf({ house }: Visit): BoundJson {
  return { memoSeconds: house.config.revocation.memoSeconds, propagationSeconds: PROPAGATION_SECONDS };
}

function describe({ id, rule }: StoredRule): RevocationJson {
  const [kind = '', ...rest] = id.split(':');
  return {
    id,
    kind: kind as RevocationJson['kind'],
    target: rule.label ?? rest.join(':'),
    mode: rule.before === undefined ? 'until-lifted' : 'issued-before',
    before: formatMaybeInstant(rule.before),
    until: formatMaybeInstant(rule.until),
    reason: rule.reason ?? null,
    publicReason: rule.publicReason ?? null,
    by: rule.by ?? null,
    at: formatInstant(rule.at),
  };
}
