import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { findPageUid } from '../../src/session/dashboard-path.ts';
import { ConfigKeys } from '../../src/share/config-keys.ts';
import { deriveKey } from '../../src/share/derive.ts';
import { DerivedValues } from '../../src/share/derived-values.ts';
import { chooseFormat } from '../../src/share/formats.ts';
import type { LinkResult } from '../../src/share/link.ts';
import { readLinkQuery } from '../../src/share/link-query.ts';
import { signTimestamp } from '../../src/share/sign.ts';
import { parseGrafanaToken } from '../../src/share/token.ts';
import { type VerifiedLink, verifyLink } from '../../src/share/verify.ts';
import { Gateway, refusalOf } from '../support/gateway.ts';
import { readSetCookies } from '../support/jar.ts';
import { entryOf, KEYS, keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';
import { registered } from '../support/registered.ts';
import vectors from '../vectors/share-v2.json';

/** The answers to the reasons of the vectors. */
const ANSWERS: Readonly<Record<string, string>> = {
  'invalid-parameter': '400 share_link_malformed',
  signature: '403 share_link_invalid',
  'unknown-key': '403 share_link_invalid',
  expired: '403 share_link_expired',
};

describe('the keys of the vectors', () => {
  test.each(vectors.keys)('$name is taken apart and derived as Grafana does it', async (key) => {
    const token = parseGrafanaToken(key.token);
    if (!token.ok) throw new Error('the token has no known form');
    expect(token.value.kind).toBe(key.kind);
    expect(token.value.secret.reveal()).toBe(key.secret);
    expect(token.value.salt.reveal()).toBe(key.salt);
    expect(token.value.checksumHolds).toBe(true);
    expect((await deriveKey(token.value)).reveal()).toBe(key.derived);
  });

  test('an API key names itself and its organisation, a service account token does not', () => {
    for (const key of vectors.keys) {
      const token = parseGrafanaToken(key.token);
      const expected = key.kind === 'api-key' ? { name: key.name, orgId: key.orgId } : undefined;
      expect(token.ok && token.value.embedded).toEqual(expected);
    }
  });
});

describe('the signatures of the vectors', () => {
  test.each(vectors.signatures)('$name signs $timestamp', ({ name, timestamp, sign }) => {
    expect(signTimestamp(new Secret(keyNamed(name).derived), String(timestamp))).toBe(sign);
  });
});

describe('the links of the vectors, by the rules', () => {
  const registry = new ConfigKeys(KEYS.map(registered));
  const derivedValues = new DerivedValues();

  async function judge(url: string, now: number): Promise<LinkResult<VerifiedLink>> {
    const { pathname, search } = new URL(url, 'https://dash.example.com');
    const query = readLinkQuery(search.slice(1));
    if (!query) throw new Error('the link has no share parameters');
    if (!query.ok) return query;
    const format = chooseFormat(query.value);
    if (!format.ok) return format;
    const link = format.value.parse(query.value);
    if (!link.ok) return link;
    const options = { sessionSeconds: 3600, sessionMaxSeconds: 86_400, freshnessSeconds: 60 };
    return verifyLink(link.value, findPageUid(pathname) ?? '', { now, options, registry, derivedValues });
  }

  test.each(vectors.cases)('$name', async ({ request, now, expect: expected }) => {
    const verdict = await judge(request.url, now);
    if (verdict.ok) expect({ accept: true, sessionSeconds: verdict.value.sessionSeconds }).toEqual(expected);
    else expect({ accept: false, reason: verdict.reason.code }).toEqual(expected);
  });
});

describe('the links of the vectors, through the whole Worker', () => {
  const keys = KEYS.map((key) => entryOf(key));

  test.each(vectors.cases)('$name', async ({ request, now, expect: expected }) => {
    const gateway = new Gateway({ keys, now });
    const response = await gateway.fetch(request.url, { method: request.method });
    expect(origin.received).toEqual([]);
    if (!expected.accept) {
      expect(await refusalOf(response)).toBe(ANSWERS[expected.reason ?? '']);
      expect(readSetCookies(response)).toEqual([]);
      return;
    }
    expect(response.status).toBe(303);
    expect(response.headers.get('Location')).toBe(request.url.replace(/&aliyun_[^&]*/g, ''));
    const cookies = readSetCookies(response);
    expect(cookies.map(({ attributes }) => attributes['max-age'])).toEqual([String(expected.sessionSeconds)]);
  });
});
