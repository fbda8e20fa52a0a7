import { parseJson } from '../lib/json.ts';
import { fieldOf } from './ask.ts';
import { ENGINE_WORDS } from './engine-words.ts';
import { isJson } from './peek.ts';

/** Longer than any refusal of the engine. */
export const REFUSAL_BYTES_MAX = 4_096;

/** Whether an answer may be one that a wrong region gives, as far as its head tells: its body then has to be read. */
export function isSuspect(response: Response): boolean {
  return (response.status === 403 || response.status === 429) && isJson(response);
}

/**
 * Whether a region answers as one that a call does not belong to (oncall.md §7.6): it does not know the token, or not
 * the stack. Any other 403, a real 429 and every 5xx say nothing of the kind.
 */
export function isMisrouted(status: number, text: string | undefined): boolean {
  const detail = fieldOf(parseJson(text), 'detail');
  if (typeof detail !== 'string') return false;
  if (status === 403) return detail === ENGINE_WORDS.invalidToken;
  return status === 429 && detail.startsWith(ENGINE_WORDS.syncing);
}
