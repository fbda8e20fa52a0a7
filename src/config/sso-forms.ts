import * as z from 'zod';
import { foldName } from '../headers/names.ts';
import { Secret } from '../lib/secret.ts';
import type { AllowList } from '../sso/claim-settings.ts';
import { compileExpression } from '../sso/expression.ts';
import { parseList } from '../sso/list.ts';
import type { AuthStyle, ProxyField } from '../sso/options.ts';
import { findEndpointProblem, findTextProblem, parseJson, splitList } from './forms.ts';

/** A JMESPath expression, compiled. Undefined where it is not set. */
export function expressionText() {
  return z
    .string()
    .transform((text, context) => {
      const compiled = compileExpression(text);
      if (compiled.ok) return compiled.value;
      context.addIssue({ code: 'custom', message: `is not a JMESPath expression: ${compiled.reason}` });
      return z.NEVER;
    })
    .optional();
}

/** A list in Grafana's form whose entries grant something: what is malformed is a mistake. */
export function listText() {
  return z.string().transform((text, context): readonly string[] => {
    const list = parseList(text);
    if (list !== 'malformed') return list;
    context.addIssue({ code: 'custom', message: 'begins with [ and is not a JSON list of texts' });
    return z.NEVER;
  });
}

/**
 * A list in Grafana's form of who is let in. What is malformed lets nobody in, rather than keeping the whole gateway
 * from working; nor does a text that names nobody let everybody in, unless it says so in JSON (`[]`).
 */
export function allowListText() {
  return z.string().transform(readAllowList).default([]);
}

function readAllowList(text: string): AllowList {
  const list = parseList(text);
  return list.length === 0 && !text.trim().startsWith('[') ? 'malformed' : list;
}

/** Go's `oauth2.AuthStyle` by Grafana's names for it. Grafana reads any other text as AutoDetect. */
export const authStyle = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z.enum(['inparams', 'inheader', 'autodetect'], {
      error: 'is none of InParams, InHeader, AutoDetect',
    }),
  )
  .transform((name) => AUTH_STYLES[name])
  .default('auto-detect');

const AUTH_STYLES = {
  inparams: 'in-params',
  inheader: 'in-header',
  autodetect: 'auto-detect',
} as const satisfies Record<string, AuthStyle>;

/** A secret that a provider gave out. */
export const clientSecret = z
  .string()
  .transform((text, context) => {
    const problem = text === text.trim() ? findTextProblem(text) : 'begins or ends with white space';
    if (problem === undefined) return new Secret(text);
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  })
  .optional();

/** An option of Grafana that a Worker cannot follow: whatever it holds is a mistake. */
export function unusable(problem: string) {
  return z
    .string()
    .refine(() => false, { error: problem })
    .optional();
}

/** The provider's issuer. It is compared with `iss` as a text, so that no spelling of it is changed. */
export const issuerText = z
  .string()
  .transform((text, context) => {
    const problem = findIssuerProblem(text);
    if (problem === undefined) return text;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  })
  .optional();

/** OpenID Connect Discovery 1.0, section 3: https, no query, no fragment. */
function findIssuerProblem(text: string): string | undefined {
  if (/\s/.test(text)) return 'has white space in it';
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return 'is not an absolute address';
  if (/[?#]/.test(text)) return 'has a query or a fragment';
  if (text.endsWith('/.well-known/openid-configuration'))
    return 'is the address of the discovery document: leave /.well-known/openid-configuration out';
  return findEndpointProblem(new URL(text));
}

/** The names of Grafana's organisations by id. */
export const grafanaOrgs = z
  .string()
  .transform(parseJson)
  .pipe(
    z.record(
      z.string().regex(/^[1-9]\d{0,9}$/, { error: 'has an id that is not a positive whole number' }),
      z.string({ error: 'is not a text' }).min(1, { error: 'is empty' }),
      { error: 'is not a JSON object of ids and names' },
    ),
  )
  .refine((orgs) => new Set(Object.values(orgs)).size === Object.keys(orgs).length, {
    error: 'has one name for two organisations',
  })
  .transform(
    (orgs): ReadonlyMap<number, string> =>
      new Map(Object.entries(orgs).map(([id, name]) => [Number(id), name])),
  )
  .default(new Map());

export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const PROXY_FIELDS: readonly string[] = ['Name', 'Email', 'Login', 'Role', 'Groups'] satisfies ProxyField[];

/** What each further header of auth.proxy holds. */
export const proxyHeaders = z
  .string()
  .transform((text, context): ReadonlyMap<ProxyField, string> => {
    const pairs = splitList(text).map(splitPair);
    const problem = pairs.map(findPairProblem).find((found) => found !== undefined) ?? findTwice(pairs);
    if (problem === undefined) return new Map(pairs as [ProxyField, string][]);
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  })
  .default(new Map());

type Pair = readonly [field: string, header: string];

function splitPair(pair: string): Pair {
  const colon = pair.indexOf(':');
  return colon < 0 ? ['', pair] : [pair.slice(0, colon), pair.slice(colon + 1)];
}

function findPairProblem([field, header]: Pair): string | undefined {
  if (!PROXY_FIELDS.includes(field))
    return 'has a pair that does not begin with Name, Email, Login, Role or Groups and a colon';
  return HEADER_NAME.test(header) ? undefined : 'has a name that is not a header name';
}

function findTwice(pairs: readonly Pair[]): string | undefined {
  if (new Set(pairs.map(([field]) => field)).size < pairs.length) return 'has two headers for one thing';
  if (new Set(pairs.map(([, header]) => foldName(header))).size < pairs.length)
    return 'has one header for two things';
  return undefined;
}
