import * as z from 'zod';
import { KEY_CHECKS } from '../../api/checks-keys.ts';
import type { Finding } from '../../api/findings.ts';
import { parseJson } from '../../lib/json.ts';
import type { TokenFinding } from '../../origin/probe-token.ts';
import { ALL } from '../../session/scope.ts';
import type { ShareKey } from '../../share/key.ts';
import { findKeyWarnings } from '../key-warnings.ts';
import type { Reply } from './ask.ts';
import { findingsOf } from './examine.ts';
import { type KeySubject, labelOf } from './key-subjects.ts';

export const tell = findingsOf(KEY_CHECKS);

const DAY_SECONDS = 86_400;
const SOON_SECONDS = 14 * DAY_SECONDS;
const YEAR_SECONDS = 365 * DAY_SECONDS;
/** A session that lasts longer is long. */
const LONG_SECONDS = DAY_SECONDS;

/** The words of the admin API's own warnings, by their codes. */
type Warnings = ReadonlyMap<string, string>;

/** What is warned of a key wherever it is shown. */
function warningsOf(key: ShareKey, found: TokenFinding | undefined, now: number): Warnings {
  const origin = found && { ...found, checkedAt: now };
  return new Map(findKeyWarnings({ ...key, origin }).map(({ code, message }) => [code, message]));
}

/** What Grafana says of the token itself: whether it is taken, its role, its organisation. */
export function judgeToken({ key }: KeySubject, found: TokenFinding, now: number): Finding[] {
  const about = labelOf(key);
  const warnings = warningsOf(key, found, now);
  const refused = warnings.get('refused-by-origin');
  if (refused !== undefined) {
    const fix = 'Make another token in Grafana, and put it in its place: postern key replace.';
    return [tell('key.works', { verdict: 'red', about, seen: refused, fix })];
  }
  if (found.state === 'unreachable')
    return [
      tell('key.works', { verdict: 'skipped', about, seen: 'The origin could not be asked about it.' }),
    ];
  return [
    tell('key.works', { verdict: 'green', about, seen: 'Grafana takes the token.' }),
    judgeRole(about, found, warnings),
    judgeOrganisation(about, found, warnings),
  ];
}

function judgeRole(about: string, { role }: TokenFinding, warnings: Warnings): Finding {
  const seen = warnings.get('role-above-viewer');
  if (seen !== undefined) {
    const fix = 'Give its service account the role Viewer, or make a token of another one that has it.';
    return tell('key.role', { verdict: 'red', about, seen, fix });
  }
  if (role === undefined)
    return tell('key.role', { verdict: 'skipped', about, seen: 'Grafana does not say which role it has.' });
  return tell('key.role', { verdict: 'green', about, seen: `It has the role ${role}.` });
}

function judgeOrganisation(about: string, { orgId }: TokenFinding, warnings: Warnings): Finding {
  const seen = warnings.get('other-organisation');
  if (seen !== undefined) {
    const fix = 'Register the key under the organisation of its token, and sign links for that.';
    return tell('key.organisation', { verdict: 'red', about, seen, fix });
  }
  if (orgId === undefined)
    return tell('key.organisation', {
      verdict: 'skipped',
      about,
      seen: 'Grafana does not say which organisation it is of.',
    });
  return tell('key.organisation', { verdict: 'green', about, seen: `It is of organisation ${orgId}.` });
}

/** What is known of a key without asking anybody. @param sessionMaxSeconds no session is longer */
export function judgeSettings(subject: KeySubject, sessionMaxSeconds: number, now: number): Finding[] {
  const { key } = subject;
  const about = labelOf(key);
  const warnings = warningsOf(key, undefined, now);
  return [
    judgeExpiry(about, key.expiresAt, now),
    judgeAge(about, subject, now),
    judgeSession(about, key.maxSessionSeconds, sessionMaxSeconds, warnings),
    judgeScope(about, key, warnings),
  ];
}

function judgeExpiry(about: string, expiresAt: number | undefined, now: number): Finding {
  if (expiresAt === undefined)
    return tell('key.expiry', { verdict: 'green', about, seen: 'It has no expiry of its own.' });
  if (now >= expiresAt)
    return tell('key.expiry', {
      verdict: 'red',
      about,
      seen: `It expired ${days(now - expiresAt)} ago.`,
      fix: 'Give it a later day (postern key set … --expires), or remove it.',
    });
  const isSoon = expiresAt - now < SOON_SECONDS;
  return tell('key.expiry', {
    verdict: isSoon ? 'yellow' : 'green',
    about,
    seen: `It expires in ${days(expiresAt - now)}.`,
    ...(isSoon && { fix: 'Give it a later day (postern key set … --expires), or replace it in time.' }),
  });
}

function judgeAge(about: string, { tokenAt }: KeySubject, now: number): Finding {
  if (tokenAt === undefined)
    return tell('key.age', {
      verdict: 'skipped',
      about,
      seen: 'It stands in SHARE_KEYS: nobody knows since when it has its token.',
    });
  const ageSeconds = Math.max(now - tokenAt, 0);
  const isOld = ageSeconds > YEAR_SECONDS;
  return tell('key.age', {
    verdict: isOld ? 'yellow' : 'green',
    about,
    seen: `It has had its token for ${days(ageSeconds)}.`,
    ...(isOld && { fix: 'Make another token in Grafana, and put it in its place: postern key replace.' }),
    ageSeconds,
  });
}

function judgeSession(
  about: string,
  maxSeconds: number | undefined,
  sessionMaxSeconds: number,
  warnings: Warnings,
): Finding {
  const fix = 'Set maxSessionSeconds to what a visit needs, for example 7200.';
  const missing = warnings.get('no-longest-session');
  if (maxSeconds === undefined && missing !== undefined)
    return tell('key.session', { verdict: 'yellow', about, seen: missing, fix });
  const seconds = Math.min(maxSeconds ?? sessionMaxSeconds, sessionMaxSeconds);
  const isLong = seconds > LONG_SECONDS;
  return tell('key.session', {
    verdict: isLong ? 'yellow' : 'green',
    about,
    seen: `A session may last ${seconds} seconds.`,
    ...(isLong && { fix }),
  });
}

function judgeScope(about: string, key: ShareKey, warnings: Warnings): Finding {
  const words = [
    warnings.get('no-dashboards'),
    warnings.get('all-dashboards'),
    key.live && 'Live is open: a socket can subscribe to any channel that the account may read.',
    key.resources.length > 0 &&
      `Resources of ${key.resources.length === 1 ? 'a data source' : `${key.resources.length} data sources`} are open: names of series and values of labels beyond its dashboards.`,
  ].filter((text) => typeof text === 'string');
  if (words.length === 0)
    return tell('key.scope', { verdict: 'green', about, seen: describeDashboards(key.dashboards) });
  return tell('key.scope', {
    verdict: 'yellow',
    about,
    seen: words.join(' '),
    fix: 'List the dashboards that it is for, and leave live and resources out where no dashboard needs them.',
  });
}

function describeDashboards(dashboards: readonly string[] = []): string {
  return dashboards.length === 1 ? 'It opens one dashboard.' : `It opens ${dashboards.length} dashboards.`;
}

/** Grafana's `GET /api/access-control/user/permissions`: actions with their scopes. */
const PERMISSIONS = z.record(z.string(), z.array(z.string()));
const EVERY_SOURCE = new Set(['', ALL, 'datasources:*', 'datasources:uid:*', 'datasources:id:*']);

/** @param reply of `/api/access-control/user/permissions`, asked with the key's token */
export function judgeQueries({ key }: KeySubject, reply: Reply): Finding {
  const about = labelOf(key);
  const permissions = PERMISSIONS.safeParse(reply.ok ? parseJson(reply.value.text) : undefined);
  if (!reply.ok || reply.value.status !== 200 || !permissions.success)
    return tell('key.queries', { verdict: 'yellow', about, seen: UNTOLD, fix: LIMIT });
  const scopes = permissions.data['datasources:query'] ?? [];
  if (scopes.some((scope) => EVERY_SOURCE.has(scope)))
    return tell('key.queries', { verdict: 'yellow', about, seen: EVERYTHING, fix: LIMIT });
  const sources = new Set(scopes).size;
  return tell('key.queries', {
    verdict: 'green',
    about,
    seen:
      sources === 0
        ? 'Its account may query no data source of its own.'
        : `Its account may query ${sources === 1 ? 'one data source' : `${sources} data sources`}, not all of the organisation; those with any query.`,
  });
}

const UNTOLD =
  'Grafana does not say what its account may query; in Grafana OSS every viewer may query all data sources of the organisation.';
const EVERYTHING =
  'Its account may send any query to every data source of the organisation, whichever dashboards are shared.';
const LIMIT =
  'Keep what other people must not see in another organisation, or behind a data source whose own account sees only what is meant for this key; Grafana Enterprise and Cloud can limit data sources by permissions.';

function days(seconds: number): string {
  const count = Math.floor(seconds / DAY_SECONDS);
  if (count === 0) return 'less than a day';
  return count === 1 ? '1 day' : `${count} days`;
}
