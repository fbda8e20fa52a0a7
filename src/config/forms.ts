import * as z from 'zod';
import { Secret } from '../lib/secret.ts';

/** `true` or `false`. */
export function flag(fallback: boolean) {
  return z
    .enum(['true', 'false'], { error: 'is neither true nor false' })
    .transform((text) => text === 'true')
    .default(fallback);
}

/** A whole number of seconds (or of whatever the variable's name says) within bounds. */
export function count(fallback: number, bounds: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .regex(/^\d{1,10}$/, { error: 'is not a whole number' })
    .transform(Number)
    .refine((value) => value >= bounds.min && value <= bounds.max, {
      error: `is not between ${bounds.min} and ${bounds.max}`,
    })
    .default(fallback);
}

/** Words separated by spaces or commas. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** A JSON text; `undefined` plus an issue where it is none. The parser's own message would quote the value. */
export function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** Shortest secret that is taken: 32 characters. */
export const SECRET_LENGTH_MIN = 32;

export function secretText() {
  return z
    .string()
    .refine((text) => text.length >= SECRET_LENGTH_MIN, { error: 'is shorter than 32 characters' })
    .transform((text) => new Secret(text));
}

/** An http or https address without credentials, query and fragment. */
export function httpUrl() {
  return z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const problem = findUrlProblem(url);
    if (url && problem === undefined) return url;
    context.addIssue({ code: 'custom', message: problem ?? 'is not an address' });
    return z.NEVER;
  });
}

function findUrlProblem(url: URL | undefined): string | undefined {
  if (!url) return 'is not an absolute address';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is neither an http nor an https address';
  if (url.username !== '' || url.password !== '')
    return 'carries credentials, which belong in ORIGIN_HEADERS';
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment';
  return undefined;
}
