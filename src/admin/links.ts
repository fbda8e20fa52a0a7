import type { NewLinkJson } from '../api/links.ts';
import type { Visit } from '../corridor.ts';
import { findPathProblem } from '../headers/path.ts';
import { formatInstant } from '../lib/instant.ts';
import { findPageUid } from '../session/dashboard-path.ts';
import { coverageOf, covers } from '../session/scope.ts';
import { isKeyAlive, type ShareKey } from '../share/key.ts';
import { computeLinkId } from '../share/link-id.ts';
import { removeLinkParameters } from '../share/link-query.ts';
import { formatTimestamp, signWithDerived } from '../share/sign.ts';
import type { Caller } from './auth.ts';
import { Refused } from './refused.ts';

/** Makes a version 2 link that opens at once. @throws Refused for a link that the gateway itself would refuse */
export async function makeLink(order: NewLinkJson, caller: Caller, visit: Visit) {
  const { orgId, name } = order;
  if (caller.kind === 'minter' && (caller.key.orgId !== orgId || caller.key.name !== name)) {
    throw new Refused('admin_token_required', 'This mint token makes links of another key.');
  }
  const key = await findUsableKey(order, visit);
  const uid = readTarget(order.to, key);
  const { config, derivedValues } = visit.house;
  if (!config.share.enabled || !config.share.versions.has('v2')) {
    throw new Refused(
      'conflict',
      'This gateway accepts no links of version 2 (API_KEY_SHARE, API_KEY_SHARE_VERSION).',
    );
  }
  const { now, gateway } = visit;
  const url = signWithDerived({
    url: `${gateway}${order.to}`,
    name,
    orgId,
    derived: await derivedValues.of(key),
    now,
    expireSeconds: order.expireSeconds,
  });
  const linkId = computeLinkId({ version: 'v2', timestamp: formatTimestamp(now) }, key);
  visit.observe('link.made', { key: name, orgId, linkId, uid, by: caller.kind });
  return {
    url,
    linkId,
    signedAt: formatInstant(now),
    openUntil: formatInstant(now + config.share.freshnessSeconds),
  };
}

async function findUsableKey({ orgId, name }: NewLinkJson, visit: Visit): Promise<ShareKey> {
  const key = await visit.house.keys.findByName(orgId, name);
  if (!key) throw new Refused('not_found', 'There is no such key.');
  if (key.disabled) throw new Refused('conflict', 'This key is disabled: its links would be refused.');
  if (!isKeyAlive(key, visit.now))
    throw new Refused('conflict', 'This key has expired: its links would be refused.');
  return key;
}

/** The dashboard that a link leads to. @throws Refused for what is no address of one, or of none of the key's */
function readTarget(to: string, key: ShareKey): string {
  const [, path = '', query = ''] = /^(\/[^?#]*)(?:\?([^#]*))?$/s.exec(to) ?? [];
  const uid = findPathProblem(path) === undefined ? findPageUid(path) : undefined;
  if (uid === undefined || !/^[\x21-\x7e]*$/.test(query)) {
    throw new Refused(
      'invalid_input',
      'to: is not the path of a dashboard (/d/… or /d-solo/…), percent-encoded.',
    );
  }
  if (removeLinkParameters(query) !== (query === '' ? '' : `?${query}`)) {
    throw new Refused('invalid_input', 'to: is a share link already.');
  }
  if (!covers(coverageOf(key, uid), uid))
    throw new Refused('path_not_shared', 'The key does not list this dashboard.');
  return uid;
}
