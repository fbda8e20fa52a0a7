import type { Tell } from '../observe/events.ts';
import type { Call, CallRefusal } from './classify.ts';
import type { FindRefusal } from './find-region.ts';

/** Tells of a request whose token cannot be read. The reason says enough: what came is nobody's to know. */
export function reportCall(reason: CallRefusal, visit: { observe: Tell }): void {
  visit.observe('oncall.token.refused', { reason });
}

/** Tells of a call whose region was not found: kind and region, never the token. Exhaustive. */
export function reportNotFound(reason: FindRefusal, call: Call, visit: { observe: Tell }): void {
  const { kind, claimed } = call;
  switch (reason.code) {
    case 'unknown-token':
      visit.observe('oncall.token.refused', { kind, reason: 'unknown-token' });
      return;
    case 'limited':
      visit.observe('oncall.token.refused', { kind, reason: 'too-many-unknown-tokens' });
      return;
    case 'unknown-region':
      visit.observe('oncall.region.unknown', { kind, region: claimed });
      return;
    case 'undecided':
      visit.observe('oncall.upstream.unreachable', { kind, reason: reason.because });
      return;
    case 'stack':
      visit.observe('oncall.stack.failed', { kind, stack: reason.stack.host, reason: reason.problem });
      return;
  }
}
