import { formatQuery, parseQuery, type QueryPart } from '../lib/query.ts';
import { fail, ok } from '../lib/result.ts';
import type { LinkResult, ParameterMistake } from './link.ts';
import { GRAFANA_ORG_PARAMETER, RESERVED_PREFIX, V1_PARAMETER, V2_PARAMETERS } from './parameters.ts';

const LINK_PARAMETERS: ReadonlySet<string> = new Set([V1_PARAMETER, ...Object.values(V2_PARAMETERS)]);
const FOLDED_ORG_PARAMETER = fold(GRAFANA_ORG_PARAMETER);

/** The most parts that the query of a link may have. Dashboards with many variables have a few dozen. */
const PARTS_MAX = 512;

/** A query that claims to be a link: the values of its share parameters, each exactly once. */
export interface LinkQuery {
  /** Decoded values by parameter name, `orgId` of Grafana included. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Finds the share parameters of a raw query. `undefined` where there is none and the request is no link.
 *
 * Parameter names are compared after folding, so that no spelling of a reserved name is overlooked here and
 * understood by someone behind the gateway; only the exact name is accepted, and only once.
 */
export function readLinkQuery(query: string): LinkResult<LinkQuery> | undefined {
  if (!mayHoldLink(query)) return undefined;
  const parts = parseQuery(query);
  if (!parts.some((part) => LINK_PARAMETERS.has(foldPart(part)))) return undefined;
  if (parts.length > PARTS_MAX) return fail({ code: 'too-many-parameters' });
  const values = new Map<string, string>();
  for (const part of parts) {
    const mistake = collect(part, values);
    if (mistake) return fail({ code: 'invalid-parameter', ...mistake });
  }
  return ok({ values });
}

/** A cheap look before the query is taken apart: is `aliyun` there, or any escape that could hide it? */
function mayHoldLink(query: string): boolean {
  return /aliyun/i.test(query) || (query.includes('%') && /aliyun/i.test(decodeLoosely(query)));
}

function decodeLoosely(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function collect(part: QueryPart, values: Map<string, string>): ParameterMistake | undefined {
  const folded = foldPart(part);
  const name = part.name ?? '';
  if (folded !== FOLDED_ORG_PARAMETER && !LINK_PARAMETERS.has(folded)) return undefined;
  const isExact = LINK_PARAMETERS.has(name) || name === GRAFANA_ORG_PARAMETER;
  const parameter = folded === FOLDED_ORG_PARAMETER ? GRAFANA_ORG_PARAMETER : folded;
  if (values.has(parameter)) return { parameter, problem: 'repeated' };
  if (!isExact) return { parameter, problem: 'spelling' };
  if (part.value === undefined) return { parameter, problem: 'form' };
  values.set(parameter, part.value);
  return undefined;
}

function foldPart(part: QueryPart): string {
  return fold(part.name ?? decodeLoosely(part.rawName));
}

/** One spelling of a name: lower case, without what is no letter, digit or `_`. */
function fold(name: string): string {
  // Nearly every name is folded already; saying so is cheaper than making it anew.
  return /^[a-z0-9_]*$/.test(name) ? name : name.toLowerCase().replace(/[^a-z0-9_]/g, '');
}

/** The query without any `aliyun_*` parameter, all other parts in their place, with its `?` where one is left. */
export function removeLinkParameters(query: string): string {
  return formatQuery(parseQuery(query).filter((part) => !foldPart(part).startsWith(RESERVED_PREFIX)));
}
