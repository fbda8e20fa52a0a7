import type { DoctorJson } from '../../api/doctor.ts';
import type { Finding } from '../../api/findings.ts';
import type { Visit } from '../../corridor.ts';
import { StorageUnavailable } from '../../lib/storage-error.ts';
import { probeToken } from '../../origin/probe-token.ts';
import { askAt } from './ask.ts';
import { examineAll, type Part } from './examine.ts';
import { judgeQueries, judgeSettings, judgeToken, tell } from './key-rules.ts';
import { type KeySubject, labelOf, listSubjects, type SubjectPage } from './key-subjects.ts';

/** Each key is asked about up to four times, one after the other, within the time of a group. */
const ASK_SECONDS = 4;

/** Looks at some keys; the cursor leads to the next ones. */
export async function examineKeys(cursor: string | undefined, visit: Visit): Promise<DoctorJson> {
  const startedMs = Date.now();
  const page = await readPage(cursor, visit);
  if (!page) return { findings: [tell('key.readable', UNREAD)], cursor: null };
  const { subjects, unreadable } = page;
  const parts = subjects.flatMap((subject) => partsOf(subject, visit));
  const findings = [...unreadable.map(tellUnreadable), ...(await examineAll(tell, parts, startedMs))];
  const isNothing = findings.length === 0 && cursor === undefined && page.cursor === null;
  return { findings: isNothing ? [tell('key.works', NO_KEYS)] : findings, cursor: page.cursor };
}

const UNREAD = {
  verdict: 'red',
  seen: 'Keys could not be read from KV.',
  fix: 'See the checks of storage.',
} as const;
const NO_KEYS = { verdict: 'skipped', seen: 'No key is registered.' } as const;

async function readPage(cursor: string | undefined, visit: Visit): Promise<SubjectPage | undefined> {
  try {
    return await listSubjects(cursor, visit);
  } catch (error) {
    if (error instanceof StorageUnavailable) return undefined;
    throw error;
  }
}

function tellUnreadable(label: string | undefined): Finding {
  return tell('key.readable', {
    verdict: 'red',
    ...(label !== undefined && { about: label }),
    seen:
      label === undefined
        ? 'A stored key is damaged: not even its name can be read.'
        : 'It was sealed with a secret that is not in POSTERN_SECRETS, or changed since.',
    fix: 'Put the former secret back behind the newest one and run postern rotate; or remove the key and add it again.',
  });
}

/** What is known of a key, and what Grafana says of it: an answer that does not come holds up only itself. */
function partsOf(subject: KeySubject, visit: Visit): Part<'key.works'>[] {
  const checks = ['key.works'] as const;
  const about = labelOf(subject.key);
  if (subject.key.disabled) return [{ checks, examine: () => [tell('key.works', { ...DISABLED, about })] }];
  return [
    { checks, about, examine: () => judgeKnown(subject, visit) },
    { checks, about, examine: () => askAbout(subject, visit) },
  ];
}

const DISABLED = { verdict: 'skipped', seen: 'It is disabled: none of its links opens.' } as const;

function judgeKnown(subject: KeySubject, { house, now }: Visit): Finding[] {
  const opened = { verdict: 'green', about: labelOf(subject.key), seen: 'It can be opened.' } as const;
  const settings = judgeSettings(subject, house.config.session.maxSeconds, now);
  return subject.source === 'kv' ? [tell('key.readable', opened), ...settings] : settings;
}

async function askAbout(subject: KeySubject, { house, now }: Visit): Promise<Finding[]> {
  const { token } = subject.key;
  const configured = house.config.origin;
  const origin = { ...configured, timeoutSeconds: Math.min(configured.timeoutSeconds, ASK_SECONDS) };
  const found = await probeToken(token.text, origin);
  const judged = judgeToken(subject, found, now);
  if (found.state !== 'works') return judged;
  const authorization = { Authorization: `Bearer ${token.text.reveal()}` };
  const permissions = await askAt(origin, '/api/access-control/user/permissions', authorization);
  return [...judged, judgeQueries(subject, permissions)];
}
