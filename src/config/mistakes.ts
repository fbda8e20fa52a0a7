import type * as z from 'zod';
import { findVariable } from './values.ts';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

/** Longest excerpt of a value in a message. */
const HOLDING_LENGTH_MAX = 200;

/** One mistake of the configuration, in the operator's own terms. */
export interface ConfigMistake {
  readonly variable: string;
  /** What the variable holds; `[redacted]` for a secret, `nothing` for an absent one. */
  readonly holds: string;
  readonly problem: string;
  readonly allowed: string;
  readonly example: string;
}

/** What zod found wrong with one variable, in the operator's own terms. No secret is in it. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  texts: Readonly<Record<string, string>>,
): ConfigMistake[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys.map(describeUnknown);
  const [name = '', ...path] = issue.path.map(String);
  const definition = findVariable(name);
  const text = texts[name];
  return [
    {
      variable: name,
      holds: describeHolding(text, definition?.kind),
      problem: describeProblem(issue, path, text === undefined),
      allowed: definition?.allowed ?? '',
      example: definition?.example ?? '',
    },
  ];
}

/** A mistake that lies between variables, told of one of them. */
export function mistakeOf(
  name: keyof typeof VARIABLES,
  problem: string,
  texts: Readonly<Record<string, string>>,
): ConfigMistake {
  const { kind, allowed, example } = VARIABLES[name];
  return { variable: name, holds: describeHolding(texts[name], kind), problem, allowed, example };
}

/** What a variable holds, as far as it may be said: no secret, no credentials of an address, not at length. */
function describeHolding(text: string | undefined, kind: Variable['kind'] | undefined): string {
  if (text === undefined) return 'nothing';
  if (kind !== 'var') return '[redacted]';
  if (/[@?]/.test(text)) return '[redacted, since it may hold credentials]';
  return text.length > HOLDING_LENGTH_MAX ? `${text.slice(0, HOLDING_LENGTH_MAX)}…` : text;
}

function describeProblem(issue: z.core.$ZodIssue, path: readonly string[], isMissing: boolean): string {
  if (isMissing) return 'is missing';
  const where = path.length === 0 ? '' : `at ${formatPath(path)} `;
  if (issue.code === 'unrecognized_keys')
    return `${where}has an unknown field: ${describeFields(issue.keys)}`;
  if (issue.code === 'invalid_key')
    return `${where}${issue.issues[0]?.message ?? 'has a name that is not allowed'}`;
  return `${where}${issue.message}`;
}

/** Names of fields, as far as they look like such: a token that was pasted in a name's place is not repeated. */
function describeFields(names: readonly string[]): string {
  return names.map((name) => (isPlainName(name) ? name : '[redacted]')).join(', ');
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_-]{1,30}$/.test(name);
}

function formatPath(path: readonly string[]): string {
  return path
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${isPlainName(step) ? step : '[redacted]'}`))
    .join('')
    .replace(/^\./, '');
}

function describeUnknown(name: string): ConfigMistake {
  const near = findNearName(name);
  return {
    variable: name,
    holds: '[redacted]',
    problem: 'is not a variable of Postern',
    allowed: near ? `did you mean ${near}?` : 'the variables of docs/configuration.md',
    example: near ? (findVariable(near)?.example ?? '') : 'ORIGIN_URL',
  };
}

/** The known name that is at most two edits away. */
function findNearName(name: string): string | undefined {
  return Object.keys(VARIABLES).find((known) => countEdits(name.toUpperCase(), known) <= 2);
}

/** Levenshtein distance; names are short. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let to_ = 1; to_ <= to.length; to_++) {
      const change = (row[to_ - 1] ?? 0) + (from[at - 1] === to[to_ - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to_] ?? 0) + 1, (next[to_ - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
