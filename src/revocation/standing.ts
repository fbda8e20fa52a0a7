import { ALL } from '../session/scope.ts';
import type { PublicReason, Standing } from '../session/standing.ts';
import { type Rule, revokes } from './rule.ts';
import { idOf, type Target } from './target.ts';

/** What a session, or a link that is about to open one, is known by. */
export interface Handles {
  /** Absent where a link is about to be opened. */
  readonly sessionId?: string | undefined;
  readonly linkId: string;
  readonly orgId: number;
  readonly name: string;
  /** The dashboards that are asked about, at most {@link DASHBOARDS_MAX}; `*` is none of them. */
  readonly dashboards: readonly string[];
  /** Unix seconds: when the link was signed, or its session began, whichever is earlier. */
  readonly issuedAt: number;
}

/** The most dashboards whose handles, with those of the session itself, fit into one read of KV (100 keys). */
export const DASHBOARDS_MAX = 45;

/** The handles as targets: those of the session as a whole, and those of its dashboards. */
interface Targets {
  readonly whole: readonly Target[];
  readonly dashboards: ReadonlyMap<string, readonly Target[]>;
}

function targetsOf({ sessionId, linkId, orgId, name, dashboards }: Handles): Targets {
  const whole: Target[] = [
    { kind: 'link', id: linkId },
    { kind: 'key', orgId, name },
    { kind: 'disabled', orgId, name },
    { kind: 'removed', orgId, name },
    { kind: 'org', orgId },
    { kind: 'all' },
  ];
  if (sessionId !== undefined) whole.push({ kind: 'session', id: sessionId });
  const uids = dashboards.filter((uid) => uid !== ALL).slice(0, DASHBOARDS_MAX);
  return {
    whole,
    dashboards: new Map(
      uids.map((uid) => [
        uid,
        [
          { kind: 'dashboard', uid, orgId },
          { kind: 'dashboard', uid },
        ],
      ]),
    ),
  };
}

/** Ids of everything that could have been revoked. */
export function idsOf(handles: Handles): string[] {
  const { whole, dashboards } = targetsOf(handles);
  return [...whole, ...[...dashboards.values()].flat()].map(idOf);
}

/** What the rules that were found take back of a session. Pure. */
export function judge(handles: Handles, rules: ReadonlyMap<string, Rule>, now: number): Standing {
  const { whole, dashboards } = targetsOf(handles);
  const find = (targets: readonly Target[]): PublicReason | undefined => {
    const rule = targets
      .map((target) => rules.get(idOf(target)))
      .find((found) => found && revokes(found, handles.issuedAt, now));
    return rule && { publicReason: rule.publicReason };
  };
  const withdrawn = new Map<string, PublicReason>();
  for (const [uid, targets] of dashboards) {
    const reason = find(targets);
    if (reason) withdrawn.set(uid, reason);
  }
  return { revoked: find(whole), withdrawn };
}
