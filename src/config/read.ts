import { fail, ok, type Result } from '../lib/result.ts';
import { arrange, type Config } from './arrange.ts';
import { findContradictions, findWarnings } from './consistency.ts';
import { type ConfigMistake, describeIssue } from './mistakes.ts';
import { SCHEMA } from './values.ts';
import { BINDINGS, VARIABLES } from './variables.ts';

export type { Config } from './arrange.ts';
export type { ConfigMistake } from './mistakes.ts';

/**
 * Reads a Worker's bindings and variables. Either all of it holds, or every mistake is reported at once.
 * An unknown name is a mistake: it is most often a known one, mistyped.
 */
export function readConfig(env: Readonly<Record<string, unknown>>): Result<Config, readonly ConfigMistake[]> {
  const texts = collectTexts(env);
  const parsed = SCHEMA.safeParse(texts);
  if (!parsed.success) return fail(parsed.error.issues.flatMap((issue) => describeIssue(issue, texts)));
  const values = parsed.data;
  const mistakes = findContradictions(values, texts);
  if (mistakes.length > 0) return fail(mistakes);
  return ok(arrange(values, findWarnings(values)));
}

/** Variables as texts. Wrangler hands over numbers, booleans and tables of `[vars]` as such; empty means unset. */
function collectTexts(env: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (Object.hasOwn(BINDINGS, name)) continue;
    const text = asText(value, Object.hasOwn(VARIABLES, name));
    if (text !== undefined && text.trim() !== '') texts[name] = text;
  }
  return texts;
}

function asText(value: unknown, isKnown: boolean): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // A foreign binding (KV, a service) is none of our variables; a table under a known name is its JSON. No binding is a
  // list: under an unknown name, it is a list of ours, mistyped.
  if (Array.isArray(value)) return JSON.stringify(value);
  return isKnown && typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}
