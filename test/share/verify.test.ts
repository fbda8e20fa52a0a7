import { beforeEach, describe, expect, test } from 'vitest';
import { ConfigKeys } from '../../src/share/config-keys.ts';
import { DerivedValues } from '../../src/share/derived-values.ts';
import type { LinkV2 } from '../../src/share/link.ts';
import { computeLinkId } from '../../src/share/link-id.ts';
import { type VerifyContext, verifyLink } from '../../src/share/verify.ts';
import { NOW } from '../support/gateway.ts';
import { keyNamed, signText } from '../support/keys.ts';
import { registered } from '../support/registered.ts';

const KEY = keyNamed('test1');
const OPTIONS = { sessionSeconds: 3600, sessionMaxSeconds: 86_400, freshnessSeconds: 60 };

let derivedValues: DerivedValues;
beforeEach(() => {
  derivedValues = new DerivedValues();
});

function context(more: Partial<VerifyContext> = {}, keys = [registered(KEY)]): VerifyContext {
  return { now: NOW, options: OPTIONS, registry: new ConfigKeys(keys), derivedValues, ...more };
}

function link(more: Partial<LinkV2> = {}): LinkV2 {
  const timestamp = more.timestamp ?? String(NOW);
  return {
    version: 'v2',
    sign: signText(KEY, timestamp),
    timestamp,
    name: KEY.name,
    orgId: KEY.orgId,
    expireSeconds: undefined,
    grafanaOrgId: undefined,
    ...more,
  };
}

async function reasonOf(given: LinkV2, where: VerifyContext, uid = 'uid-one'): Promise<string> {
  const verdict = await verifyLink(given, uid, where);
  return verdict.ok ? 'accepted' : verdict.reason.code;
}

describe('verifying links one after another', () => {
  test('derives each key once', async () => {
    for (let second = 0; second < 5; second++) {
      expect(await reasonOf(link({ timestamp: String(NOW - second) }), context())).toBe('accepted');
    }
    expect(derivedValues.derivations).toBe(1);
  });

  test('derives once for all names that nobody knows', async () => {
    for (const name of ['nobody', 'no-one', 'none']) {
      expect(await reasonOf(link({ name }), context())).toBe('unknown-key');
    }
    expect(derivedValues.derivations).toBe(1);
  });

  test('compares unknown names with a secret of its own, which is another in every isolate', async () => {
    const decoy = await derivedValues.ofUnknown();
    expect(decoy.reveal()).toMatch(/^[0-9a-f]{100}$/);
    expect(decoy.reveal()).not.toBe((await new DerivedValues().ofUnknown()).reveal());
  });
});

describe('the length of a session', () => {
  test.each([
    ['names none', undefined, undefined, 3600],
    ['names one', 120, undefined, 120],
    ['names one above the cap of the gateway', 90_000, undefined, 86_400],
    ['names one above the cap of its key', 500, 300, 300],
    ['names none, above the cap of its key', undefined, 300, 300],
  ])('where the link %s', async (_, expireSeconds, maxSessionSeconds, expected) => {
    const where = context({}, [{ ...registered(KEY), maxSessionSeconds }]);
    const verdict = await verifyLink(link({ expireSeconds }), 'uid-one', where);
    expect(verdict.ok && verdict.value.sessionSeconds).toBe(expected);
  });
});

describe('a link', () => {
  test.each([
    ['a second before', NOW + 1, 'accepted'],
    ['at', NOW, 'unknown-key'],
  ])('opens until its key ends: %s the end', async (_, expiresAt, expected) => {
    expect(await reasonOf(link(), context({}, [{ ...registered(KEY), expiresAt }]))).toBe(expected);
  });

  test('opens no dashboard that its key does not list', async () => {
    const where = context({}, [{ ...registered(KEY), dashboards: ['uid-one'] }]);
    expect(await reasonOf(link(), where, 'uid-one')).toBe('accepted');
    expect(await reasonOf(link(), where, 'uid-two')).toBe('dashboard-not-shared');
  });

  test('opens every dashboard where its key lists the star', async () => {
    const where = context({}, [{ ...registered(KEY), dashboards: ['*'] }]);
    expect(await reasonOf(link(), where, 'any-uid')).toBe('accepted');
  });

  test('is judged by its signature before its age, so that a guess learns nothing', async () => {
    const old = link({ timestamp: String(NOW - 3600), sign: '0'.repeat(32) });
    expect(await reasonOf(old, context())).toBe('signature');
  });

  test('is fresh for as long as the operator says', async () => {
    const where = context({ options: { ...OPTIONS, freshnessSeconds: 5 } });
    expect(await reasonOf(link({ timestamp: String(NOW - 5) }), where)).toBe('accepted');
    expect(await reasonOf(link({ timestamp: String(NOW - 6) }), where)).toBe('expired');
  });
});

describe('the id of a link', () => {
  test('is 16 digits of SHA-256 over version, organisation, name and timestamp', async () => {
    // printf 'v2|1|test1|1726823533' | sha256sum
    expect(await computeLinkId({ version: 'v2', timestamp: '1726823533' }, { orgId: 1, name: 'test1' })).toBe(
      'b936bf1c19058e19',
    );
  });

  test('is one for all version 1 links of a key', async () => {
    const key = { orgId: 1, name: 'test1' };
    expect(await computeLinkId({ version: 'v1' }, key)).toBe(await computeLinkId({ version: 'v1' }, key));
    expect(await computeLinkId({ version: 'v1' }, key)).not.toBe(
      await computeLinkId({ version: 'v1' }, { ...key, orgId: 2 }),
    );
  });
});
