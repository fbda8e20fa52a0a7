import * as z from 'zod';
import { isLoopbackHost } from '../lib/request-url.ts';
import { Secret } from '../lib/secret.ts';

/** `true` or `false`. */
export function flag(fallback: boolean) {
  return z
    .enum(['true', 'false'], { error: 'is neither true nor false' })
    .transform((text) => text === 'true')
    .default(fallback);
}

const INI_TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True', 'YES', 'yes', 'Yes', 'y', 'ON', 'on', 'On'] as const;
const INI_FALSE = [
  '0',
  'f',
  'F',
  'false',
  'FALSE',
  'False',
  'NO',
  'no',
  'No',
  'n',
  'OFF',
  'off',
  'Off',
] as const;

/**
 * A truth value of one of Grafana's own options, in all spellings that Grafana knows (gopkg.in/ini.v1, parseBool).
 * Grafana takes its default for any other text; here it is a mistake. Undefined where it is not set.
 */
export function iniFlagIfSet() {
  return z
    .enum([...INI_TRUE, ...INI_FALSE], { error: 'is neither true nor false' })
    .transform((text) => (INI_TRUE as readonly string[]).includes(text))
    .optional();
}

export function iniFlag(fallback: boolean) {
  return iniFlagIfSet().transform((value) => value ?? fallback);
}

/** A text of one line. White space around it is not part of it, as in an ini file. */
export function lineText() {
  return z
    .string()
    .transform((text) => text.trim())
    .superRefine((text, context) => {
      const problem = findTextProblem(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });
}

/** What is wrong with a text that Grafana would take as it is. */
export function findTextProblem(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return 'has a line break or another control character';
  if (/\$__(?:env|file|vault)\{/.test(text))
    return 'is to be filled in by Grafana ($__…): set the value itself';
  return undefined;
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
  return addressText(findUrlProblem);
}

/** An address to which secrets go, or from which people are believed: https, but for this machine itself. */
export function endpointUrl() {
  return addressText(findEndpointProblem);
}

function addressText(findProblem: (url: URL) => string | undefined) {
  return z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const problem = url ? findProblem(url) : 'is not an absolute address';
    if (url && problem === undefined) return url;
    context.addIssue({ code: 'custom', message: problem ?? 'is not an address' });
    return z.NEVER;
  });
}

function findUrlProblem(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is neither an http nor an https address';
  if (url.username !== '' || url.password !== '')
    return 'carries credentials, which belong in ORIGIN_HEADERS';
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment';
  return undefined;
}

/** What is wrong with an address of a provider. A query is part of it. */
export function findEndpointProblem(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is neither an http nor an https address';
  if (url.protocol === 'http:' && !isLoopbackHost(url.host))
    return 'is not an https address (http is for this machine alone)';
  if (url.username !== '' || url.password !== '') return 'carries credentials';
  if (url.hash !== '') return 'has a fragment';
  return undefined;
}
