import { fail, ok } from '../lib/result.ts';
import { Secret } from '../lib/secret.ts';
import type { LinkResult, LinkV1, LinkV2, ParameterMistake, ShareLink } from './link.ts';
import type { LinkQuery } from './link-query.ts';
import type { LinkVersion } from './options.ts';
import { GRAFANA_ORG_PARAMETER, V2_PARAMETERS as P, V1_PARAMETER } from './parameters.ts';
import { parseGrafanaToken } from './token.ts';

/** One version of share links: which parameters speak for it, and how they are read. */
interface LinkFormat {
  readonly version: LinkVersion;
  readonly parameters: readonly string[];
  parse(query: LinkQuery): LinkResult<ShareLink>;
}

/** The versions, as rows of a table. A later version is one more row. */
const FORMATS: readonly LinkFormat[] = [
  { version: 'v1', parameters: [V1_PARAMETER], parse: parseV1 },
  { version: 'v2', parameters: Object.values(P), parse: parseV2 },
];

/** The one format that a link speaks. Parameters of two versions together are malformed. */
export function chooseFormat(query: LinkQuery): LinkResult<LinkFormat> {
  const spoken = FORMATS.filter((format) => format.parameters.some((name) => query.values.has(name)));
  const [format, other] = spoken;
  if (!format) throw new RangeError('a link query holds at least one share parameter');
  return other ? refuse(V1_PARAMETER, 'mixed-versions') : ok(format);
}

function parseV1({ values }: LinkQuery): LinkResult<LinkV1> {
  const token = values.get(V1_PARAMETER) ?? '';
  if (!parseGrafanaToken(token).ok) return refuse(V1_PARAMETER, 'form');
  const orgId = readNumber(values, GRAFANA_ORG_PARAMETER);
  if (!orgId.ok) return orgId;
  return ok({ version: 'v1', token: new Secret(token), grafanaOrgId: orgId.value });
}

/** The forms of version 2 (design: share links). `$` without the flag `m` matches at the very end only. */
const FORMS: readonly (readonly [parameter: string, form: RegExp])[] = [
  [P.sign, /^[0-9a-f]{32}$/],
  [P.timestamp, /^[0-9]{10}$/],
  [P.name, /^[^\p{Cc}]{1,190}$/u],
  [P.orgId, /^[1-9][0-9]{0,9}$/],
];
const POSITIVE_NUMBER = /^[1-9][0-9]{0,9}$/;

function parseV2({ values }: LinkQuery): LinkResult<LinkV2> {
  for (const [parameter, form] of FORMS) {
    const value = values.get(parameter);
    if (value === undefined) return refuse(parameter, 'missing');
    if (!form.test(value)) return refuse(parameter, 'form');
  }
  const expireSeconds = readNumber(values, P.expireSeconds);
  if (!expireSeconds.ok) return expireSeconds;
  const grafanaOrgId = readNumber(values, GRAFANA_ORG_PARAMETER);
  if (!grafanaOrgId.ok) return grafanaOrgId;
  return ok({
    version: 'v2',
    sign: values.get(P.sign) ?? '',
    timestamp: values.get(P.timestamp) ?? '',
    name: values.get(P.name) ?? '',
    orgId: Number(values.get(P.orgId)),
    expireSeconds: expireSeconds.value,
    grafanaOrgId: grafanaOrgId.value,
  });
}

/** An optional positive number of at most ten digits. */
function readNumber(values: ReadonlyMap<string, string>, parameter: string): LinkResult<number | undefined> {
  const text = values.get(parameter);
  if (text === undefined) return ok(undefined);
  return POSITIVE_NUMBER.test(text) ? ok(Number(text)) : refuse(parameter, 'form');
}

function refuse(parameter: string, problem: ParameterMistake['problem']): LinkResult<never> {
  return fail({ code: 'invalid-parameter', parameter, problem });
}
