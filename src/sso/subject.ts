import { fail, ok, type Result } from '../lib/result.ts';
import { type BareJson, toBareObject } from './bare-json.ts';
import { type Claims, isText } from './claims.ts';
import type { Source } from './person.ts';
import type { TakeStep } from './steps.ts';

/** The sources that speak of one person, and the name (`sub`) that they give; empty where they give none. */
export interface Subject {
  readonly sub: string;
  readonly claims: readonly Claims[];
}

/**
 * Keeps two people apart. An ID token and a userinfo answer of different `sub` are an attack or a fault, and neither is
 * believed (OpenID Connect Core 5.3.2). An access token is written for the provider's own services, and some put
 * another `sub` into it than the one meant for clients: then it is left out whole.
 */
export function chooseSubject(sources: readonly Source[], take: TakeStep): Result<Subject, 'sub-differs'> {
  const all = sources.map(({ name, claims }) => ({ source: name, data: toBareObject(claims) }));
  const known = all.filter(({ source }) => source !== 'access_token').find(hasSub);
  const isOther = (one: Claims) => known !== undefined && hasSub(one) && one.data.sub !== known.data.sub;
  const others = all.filter(isOther);
  for (const { source, data } of others) {
    take({ about: 'sub', source, by: 'sub', gave: data.sub, counts: false, note: 'names another person' });
  }
  if (others.some(({ source }) => source !== 'access_token')) return fail('sub-differs');
  const claims = all.filter((one) => !others.includes(one));
  return ok({ sub: findSub(claims, take), claims });
}

/** A `sub` that is no text names nobody, and is still not the `sub` of another source. */
function hasSub({ data: { sub } }: Claims): boolean {
  return sub !== undefined && !isNothing(sub);
}

function isNothing(value: BareJson): boolean {
  return value === null || value === '';
}

function findSub(claims: readonly Claims[], take: TakeStep): string {
  for (const { source, data } of claims) {
    const { sub } = data;
    if (!isText(sub)) continue;
    take({ about: 'sub', source, by: 'sub', gave: sub, counts: true });
    return sub;
  }
  return '';
}
