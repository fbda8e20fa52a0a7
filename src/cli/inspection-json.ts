import type { Inspection, LinkPart } from '../share/inspect.ts';
import { explainPart } from './part-words.ts';
import { hideKeys } from './print.ts';
import type { SignerMistake } from './signer-mistakes.ts';
import { formatInstant } from './words.ts';

/** An inspection for programs: the same keys for every link, null where there is nothing to say. */
export function describeInspection(inspection: Inspection, mistake: SignerMistake | undefined): unknown {
  const { verdict, signature, time, key } = inspection;
  return {
    accepted: verdict.accepted,
    code: verdict.accepted ? null : verdict.code,
    reason: verdict.accepted ? null : verdict.reason,
    more: verdict.accepted ? null : (verdict.more ?? null),
    version: inspection.version ?? null,
    origin: inspection.origin ?? null,
    path: hideKeys(inspection.path),
    dashboard: inspection.dashboard ?? null,
    name: key.name ?? null,
    orgId: key.orgId ?? null,
    linkId: inspection.linkId ?? null,
    signedAt: time ? formatInstant(time.signedAt) : null,
    ageSeconds: time?.ageSeconds ?? null,
    fresh: time?.isFresh ?? null,
    freshUntil: time ? formatInstant(time.freshUntil) : null,
    sessionSeconds: inspection.askedSeconds ?? null,
    signature: signature.state,
    signerMistake: mistake ? describeMistake(mistake) : null,
    hints: inspection.hints,
    parts: inspection.parts.map(describePart),
  };
}

function describeMistake(mistake: SignerMistake): unknown {
  const { kind } = mistake;
  return kind === 'other-second' ? { kind, signedAt: formatInstant(mistake.signedAt) } : { kind };
}

/** A value that is a key shows itself as `[redacted]`. */
function describePart(part: LinkPart): unknown {
  const { parameter, value = null, problem = null } = part;
  return { parameter, value, problem, explanation: explainPart(part) ?? null };
}
