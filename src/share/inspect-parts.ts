import { parseQuery } from '../lib/query.ts';
import { ok } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';
import { chooseFormat } from './formats.ts';
import type { LinkRefusal, LinkResult, ParameterMistake, ShareLink } from './link.ts';
import { type LinkQuery, readLinkQuery } from './link-query.ts';
import { GRAFANA_ORG_PARAMETER, V2_PARAMETERS as P, V1_PARAMETER } from './parameters.ts';

/** One parameter of a link. Several occurrences of one parameter are one part. */
export interface LinkPart {
  readonly parameter: string;
  /** Decoded; a {@link Secret} where it is, or may hold, a key; undefined where it is missing or cannot be decoded. */
  readonly value: string | Secret | undefined;
  /** The first thing wrong with it. */
  readonly problem: ParameterMistake['problem'] | undefined;
}

/** The parameters that a version 2 link cannot do without, in their form. */
const EXEMPLAR: ReadonlyMap<string, string> = new Map([
  [P.sign, '0'.repeat(32)],
  [P.timestamp, '0'.repeat(10)],
  [P.name, 'x'],
  [P.orgId, '1'],
]);

/** Every share parameter that is there, and those that a version 2 link lacks, in the protocol's order. */
export function describeParts(query: string): LinkPart[] {
  const found = parseQuery(query).flatMap(({ raw }) => readPart(raw) ?? []);
  const names = new Set(found.map((part) => part.parameter));
  const speaksV2 = Object.values(P).some((name) => names.has(name));
  return [V1_PARAMETER, ...Object.values(P), GRAFANA_ORG_PARAMETER].flatMap((parameter): LinkPart[] => {
    const [part, another] = found.filter((one) => one.parameter === parameter);
    if (another) return [{ parameter, value: undefined, problem: 'repeated' }];
    if (part) return [part];
    const isMissing = speaksV2 && EXEMPLAR.has(parameter);
    return isMissing ? [{ parameter, value: undefined, problem: 'missing' }] : [];
  });
}

/** Reads one part of a query by the gateway's own reader, each by itself, so that one mistake hides no other. */
function readPart(raw: string): LinkPart | undefined {
  const alone = readLinkQuery(raw);
  // `orgId` makes no link by itself: it is read in the company of a share parameter.
  const reading = alone ?? readLinkQuery(`${P.sign}=&${raw}`);
  if (!reading) return undefined;
  if (!reading.ok) {
    const { reason } = reading;
    return reason.code === 'invalid-parameter' ? { ...pick(reason), value: undefined } : undefined;
  }
  const [parameter] = alone ? [...reading.value.values.keys()] : [GRAFANA_ORG_PARAMETER];
  const value = parameter && reading.value.values.get(parameter);
  if (parameter === undefined || value === undefined) return undefined;
  const problem = isInForm(parameter, value) ? undefined : 'form';
  return { parameter, value: hide(parameter, value), problem };
}

function pick({ parameter, problem }: ParameterMistake): ParameterMistake {
  return { parameter, problem };
}

/** Judges one value by the formats' own parser, among values that are right. */
function isInForm(parameter: string, value: string): boolean {
  const company = parameter === V1_PARAMETER ? [] : EXEMPLAR;
  const link = readLink(ok({ values: new Map([...company, [parameter, value]]) }));
  return link.ok || link.reason.code !== 'invalid-parameter' || link.reason.problem !== 'form';
}

/** The beginnings of Grafana's tokens: `glsa_`, `glc_`, and `{"` in base64. */
const KEY_LIKE = /\bgl(?:sa|c)_[A-Za-z0-9]|\beyJ[A-Za-z0-9+/]{8}/;

/** A key stands in `aliyun_api_key`, and wherever a signer put it by mistake. */
export function hide(parameter: string, value: string): string | Secret {
  return parameter === V1_PARAMETER || KEY_LIKE.test(value) ? new Secret(value) : value;
}

/** What shows only where parts are read together (two versions, an `orgId` that differs). */
export function addMistake(parts: LinkPart[], refusal: LinkRefusal | undefined): LinkPart[] {
  if (refusal?.code !== 'invalid-parameter') return parts;
  const { parameter, problem } = refusal;
  return parts.map((part) => (part.parameter === parameter && !part.problem ? { ...part, problem } : part));
}

export function readLink(query: LinkResult<LinkQuery>): LinkResult<ShareLink> {
  if (!query.ok) return query;
  const format = chooseFormat(query.value);
  return format.ok ? format.value.parse(query.value) : format;
}
