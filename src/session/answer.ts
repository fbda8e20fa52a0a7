import type { Refusal } from '../refusal/refuse.ts';
import type { PublicReason } from './standing.ts';

/** The answer to whoever holds what was taken back, with the sentence that was left for them. */
export function answerRevoked({ publicReason }: PublicReason): Refusal {
  return { code: 'revoked', more: publicReason && endSentence(publicReason) };
}

/** Other sentences follow. */
function endSentence(text: string): string {
  return /[.!?。！？]$/.test(text) ? text : `${text}.`;
}
