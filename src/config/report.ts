import type { ConfigMistake } from './read.ts';

/** A mistake in three parts: what is wrong, what is allowed, an example. No secret is in it. */
export function formatMistake(mistake: ConfigMistake): string {
  return [
    `${mistake.variable} ${mistake.problem} (it holds: ${mistake.holds}).`,
    `Allowed: ${mistake.allowed}.`,
    `Example: ${mistake.variable}=${mistake.example}`,
  ].join(' ');
}
