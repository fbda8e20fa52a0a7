import { arrangeHeaders } from './arrange.ts';
import type { ConfigMistake } from './mistakes.ts';
import { findSsoMistakes } from './sso-consistency.ts';
import { findSsoWarnings } from './sso-warnings.ts';
import type { Values } from './values.ts';
import { VARIABLES } from './variables.ts';

/** Mistakes that lie between two variables. @param texts what they hold as texts, for messages */
export function findContradictions(values: Values, texts: Readonly<Record<string, string>>): ConfigMistake[] {
  return [
    ...findCircle(values),
    ...findRenamedClaims(values),
    ...findOncallMistakes(values),
    ...findSsoMistakes(values, texts),
  ];
}

function findCircle(values: Values): ConfigMistake[] {
  if (values.PUBLIC_URL?.host !== values.ORIGIN_URL.host) return [];
  return [
    {
      variable: 'ORIGIN_URL',
      holds: values.ORIGIN_URL.href,
      problem: "has the gateway's own host: requests would go round in a circle",
      allowed: 'an address whose host differs from that of PUBLIC_URL',
      example: VARIABLES.ORIGIN_URL.example,
    },
  ];
}

/** A client must not get at a header that the origin trusts by sending another that is renamed to it. */
function findRenamedClaims(values: Values): ConfigMistake[] {
  const { claims } = arrangeHeaders(values);
  const names = [...values.UNDERSCORE_HEADER_MAP.values()].filter((name) => claims.includes(name));
  return names.map((name) => ({
    variable: 'UNDERSCORE_HEADER_MAP',
    holds: name,
    problem:
      'renames a header to one that the origin trusts (GF_AUTH_PROXY_…, GF_AUTH_JWT_… or ORIGIN_HEADERS)',
    allowed: VARIABLES.UNDERSCORE_HEADER_MAP.allowed,
    example: VARIABLES.UNDERSCORE_HEADER_MAP.example,
  }));
}

/** Bindings lead to regions that there are, and no region leads back to the gateway. */
function findOncallMistakes(values: Values): ConfigMistake[] {
  const regions = [...values.ONCALL_REGIONS];
  const names = new Set(regions.flatMap(([slug, { aliases }]) => [slug, ...aliases]));
  const mistakes: ConfigMistake[] = [];
  if ([...values.ONCALL_BINDINGS.values()].some((name) => !names.has(name)))
    mistakes.push({
      variable: 'ONCALL_BINDINGS',
      holds: '[redacted]',
      problem: 'binds something to a region that is not in ONCALL_REGIONS',
      allowed: `the names of regions: ${[...names].join(', ')}`,
      example: VARIABLES.ONCALL_BINDINGS.example,
    });
  if (regions.some(([, { url }]) => url.host === values.PUBLIC_URL?.host))
    mistakes.push({
      variable: 'ONCALL_REGIONS',
      holds: values.PUBLIC_URL?.host ?? '',
      problem: "has a region with the gateway's own host: requests would go round in a circle",
      allowed: VARIABLES.ONCALL_REGIONS.allowed,
      example: VARIABLES.ONCALL_REGIONS.example,
    });
  return mistakes;
}

/** What is allowed but probably not meant, one sentence each. */
export function findWarnings(values: Values): string[] {
  const warnings: string[] = [];
  for (const key of values.SHARE_KEYS) {
    if (key.token.checksumHolds) continue;
    warnings.push(
      `SHARE_KEYS: the token of ${JSON.stringify(key.name)} (organisation ${key.orgId}) has a wrong checksum, most likely a typing mistake: Grafana will refuse it`,
    );
  }
  if (values.FRAME_ANCESTORS.includes('*'))
    warnings.push('FRAME_ANCESTORS: * lets any page embed dashboards');
  return [...warnings, ...findSsoWarnings(values)];
}
