import { describe, expect, test } from 'vitest';
import { GATEWAY_DEFAULTS } from '../../src/cli/gateway-defaults.ts';
import { findSignerMistake } from '../../src/cli/signer-mistakes.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { md5Hex } from '../../src/lib/md5.ts';
import { type Inspection, inspectLink } from '../../src/share/inspect.ts';
import type { LinkVersion } from '../../src/share/options.ts';
import { signShareLink } from '../../src/share/sign.ts';
import { type GrafanaToken, parseGrafanaToken } from '../../src/share/token.ts';
import { keyOf, VECTORS } from './support.ts';

const NOW = 1726823533;
const KEY = keyOf('test1');
const LEGACY = keyOf('test1-legacy');
const URL_GIVEN = 'https://g.example/d/TZWea0001/test?orgId=1';
const SIGNED = await signShareLink({ url: URL_GIVEN, name: 'test1', orgId: 1, token: KEY.token, now: NOW });
const V1 = `https://g.example/d/a?aliyun_api_key=${encodeURIComponent(LEGACY.token)}`;

function tokenOf(text: string): GrafanaToken {
  const token = parseGrafanaToken(text);
  if (!token.ok) throw new Error('no token');
  return token.value;
}

interface Given {
  readonly now?: number;
  readonly token?: string;
  readonly versions?: readonly LinkVersion[];
}

async function inspect(
  link: string,
  { now = NOW, token, versions = ['v2'] }: Given = {},
): Promise<Inspection> {
  const options = { ...GATEWAY_DEFAULTS, versions: new Set(versions) };
  const result = await inspectLink(link, {
    now,
    options,
    token: token === undefined ? undefined : tokenOf(token),
  });
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function problemsOf({ parts }: Inspection): Record<string, string> {
  return Object.fromEntries(
    parts.flatMap(({ parameter, problem }) => (problem ? [[parameter, problem]] : [])),
  );
}

describe('a link is judged as the gateway judges it', () => {
  /** What stands in for a key that is not registered: the one whose name is nearest to the link's. */
  const tokenFor = (url: string) => {
    const name = new URL(url, 'http://x').searchParams.get('aliyun_api_key_name');
    return VECTORS.keys.find((key) => key.name === name)?.token;
  };
  const CODES: Readonly<Record<string, string>> = {
    expired: 'share_link_expired',
    signature: 'share_link_invalid',
    'invalid-parameter': 'share_link_malformed',
  };
  const cases = VECTORS.cases.filter(({ expect: { reason } }) => reason !== 'unknown-key');

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const token = tokenFor(one.request.url);
    const { verdict } = await inspect(one.request.url, {
      now: one.now,
      ...(token === undefined ? {} : { token }),
    });
    const { accept, reason = '' } = one.expect;
    expect(verdict).toMatchObject(
      accept ? { accepted: true } : { accepted: false, reason, code: CODES[reason] },
    );
  });

  test.each([
    ['a path that can be read in two ways', SIGNED.replace('/d/', '//d/'), 'ambiguous-path', 'bad_request'],
    ['no share parameters', URL_GIVEN, 'no-link', 'session_required'],
    [
      'no dashboard',
      SIGNED.replace('/d/TZWea0001/test', '/explore'),
      'not-a-dashboard',
      'share_link_malformed',
    ],
    ['too many parameters', `${SIGNED}${'&a=1'.repeat(512)}`, 'too-many-parameters', 'share_link_malformed'],
    ['two versions', `${SIGNED}&aliyun_api_key=x`, 'invalid-parameter', 'share_link_malformed'],
    ['version 1', V1, 'version-off', 'share_link_not_accepted'],
  ])('%s', async (_what, link, reason, code) => {
    expect((await inspect(link)).verdict).toMatchObject({ accepted: false, reason, code });
  });

  test('another organisation counts after the signature and before the time', async () => {
    const link = SIGNED.replace('orgId=1', 'orgId=2');
    const late = { now: NOW + 999 };
    expect((await inspect(link, late)).verdict).toMatchObject({ reason: 'invalid-parameter' });
    expect(problemsOf(await inspect(link, late))).toEqual({ orgId: 'differs-from-key' });
    expect((await inspect(link, { ...late, token: keyOf('portal').token })).verdict).toMatchObject({
      reason: 'signature',
    });
  });

  test('a name that was edited after signing is that of another key', async () => {
    const link = await signShareLink({
      url: URL_GIVEN,
      name: 'admin',
      orgId: 1,
      token: LEGACY.token,
      now: NOW,
    });
    const { signature, verdict } = await inspect(link, { token: LEGACY.token });
    expect(signature).toEqual({ state: 'other-key', isRightlySigned: true });
    expect(verdict).toMatchObject({ reason: 'unknown-key', code: 'share_link_invalid' });
  });

  test('what is no address is told apart', async () => {
    for (const text of ['', 'hello', 'ftp://g.example/d/a', 'javascript:alert(1)', 'http://']) {
      const result = await inspectLink(text, { now: NOW, options: GATEWAY_DEFAULTS });
      expect(result).toEqual({ ok: false, reason: 'not-an-address' });
    }
  });
});

describe('the parts of a link', () => {
  test('are all there, in the order of the protocol', async () => {
    const { parts } = await inspect(`${SIGNED}&aliyun_api_key_expire_seconds=120`);
    expect(parts).toEqual([
      { parameter: 'aliyun_api_key_sign', value: '072c731bcb6cda40344cba2c58d188f3', problem: undefined },
      { parameter: 'aliyun_api_key_timestamp', value: '1726823533', problem: undefined },
      { parameter: 'aliyun_api_key_name', value: 'test1', problem: undefined },
      { parameter: 'aliyun_api_key_org_id', value: '1', problem: undefined },
      { parameter: 'aliyun_api_key_expire_seconds', value: '120', problem: undefined },
      { parameter: 'orgId', value: '1', problem: undefined },
    ]);
  });

  test('are judged each by itself, so that one mistake hides no other', async () => {
    const query =
      'aliyun_api_key_sign=ABC&aliyun_api_key_timestamp=1726823533000&Aliyun_Api_Key_Name=x' +
      '&aliyun_api_key_expire_seconds=0&orgId=1&orgId=1&from=now-1h';
    expect(problemsOf(await inspect(`/d/a?${query}`))).toEqual({
      aliyun_api_key_sign: 'form',
      aliyun_api_key_timestamp: 'form',
      aliyun_api_key_name: 'spelling',
      aliyun_api_key_org_id: 'missing',
      aliyun_api_key_expire_seconds: 'form',
      orgId: 'repeated',
    });
  });

  test('of two versions are both shown', async () => {
    const inspection = await inspect(`${SIGNED}&aliyun_api_key=x`);
    expect(inspection.version).toBeUndefined();
    expect(problemsOf(inspection)).toEqual({ aliyun_api_key: 'form' });
  });

  test.each([
    ['version 1', V1],
    ['version 1 with a spelling of its own', V1.replace('aliyun', 'Aliyun')],
    ['a token in the place of the signature', SIGNED.replace(/sign=[0-9a-f]+/, `sign=${KEY.token}`)],
    ['a token in the place of the name', SIGNED.replace('name=test1', `name=${LEGACY.token}`)],
    ['half a token', `/d/a?aliyun_api_key=${LEGACY.token.slice(0, 40)}`],
  ])('show no key: %s', async (_what, link) => {
    const inspection = await inspect(link, { versions: ['v1', 'v2'], token: KEY.token });
    const shown = JSON.stringify(inspection);
    expect(shown).not.toContain(KEY.secret);
    expect(shown).not.toContain(LEGACY.token.slice(0, 30));
  });

  test('hide no name that only looks a little like a key', async () => {
    const { parts } = await inspect(SIGNED.replace('name=test1', 'name=global_HeyJude'));
    expect(parts.find(({ parameter }) => parameter === 'aliyun_api_key_name')?.value).toBe('global_HeyJude');
  });
});

describe('version 1', () => {
  const both = { versions: ['v1', 'v2'] } as const;

  test('is accepted where the gateway accepts it', async () => {
    const { verdict, key, linkId, time } = await inspect(V1, both);
    expect(verdict).toEqual({ accepted: true });
    expect(key).toEqual({ name: 'test1-legacy', orgId: 1 });
    expect(linkId).toMatch(/^[0-9a-f]{16}$/);
    expect(time).toBeUndefined();
  });

  test('is compared with the token', async () => {
    expect((await inspect(V1, { ...both, token: LEGACY.token })).signature).toEqual({ state: 'right' });
    const other = await inspect(V1, { ...both, token: KEY.token });
    expect(other.signature).toEqual({ state: 'wrong' });
    expect(other.verdict).toMatchObject({ reason: 'unknown-key' });
  });

  test('names the organisation of its key', async () => {
    const inspection = await inspect(`${V1}&orgId=2`, both);
    expect(inspection.verdict).toMatchObject({ code: 'share_link_malformed' });
    expect(problemsOf(inspection)).toEqual({ orgId: 'differs-from-key' });
  });

  test('has no link id where its key does not say its name', async () => {
    const { linkId, key } = await inspect(`/d/a?aliyun_api_key=${KEY.token}&orgId=1`, both);
    expect(linkId).toBeUndefined();
    expect(key).toEqual({ name: undefined, orgId: 1 });
  });
});

describe('hints', () => {
  test.each([
    ['html-escaped', SIGNED.replaceAll('&', '&amp;')],
    ['after-fragment', `/d/a#x?${SIGNED.split('?')[1]}`],
    ['timestamp-in-milliseconds', SIGNED.replace('1726823533', '1726823533123')],
    ['carries-key', V1],
    ['carried-key-mistyped', `/d/a?aliyun_api_key=${KEY.token.replace(/.$/, '0')}`],
  ])('%s', async (hint, link) => {
    expect((await inspect(link)).hints).toContain(hint);
  });

  test('token-mistyped', async () => {
    expect((await inspect(SIGNED, { token: KEY.token.replace(/.$/, '0') })).hints).toEqual([
      'token-mistyped',
    ]);
    expect((await inspect(SIGNED, { token: KEY.token })).hints).toEqual([]);
  });
});

describe('what a signer did wrong', () => {
  const { derived, token, secret } = KEY;
  const at = String(NOW);

  test.each([
    ['milliseconds', `${derived}_${at}042`],
    ['no-underscore', `${derived}${at}`],
    ['line-break', `${derived}_${at}\n`],
    ['line-break', `${derived}\n_${at}`],
    ['not-derived', `${token}_${at}`],
    ['not-derived', `${secret}_${at}`],
    ['derived-in-upper-case', `${derived.toUpperCase()}_${at}`],
    ['derived-too-short', `${derived.slice(0, 64)}_${at}`],
  ])('%s', async (kind, signed) => {
    const link = { sign: md5Hex(signed), timestamp: at };
    expect(await findSignerMistake(link, tokenOf(token))).toEqual({ kind });
  });

  test.each([-3600, -1, 1, 3600])('other-second, %i seconds away', async (distance) => {
    const link = { sign: md5Hex(`${derived}_${NOW + distance}`), timestamp: at };
    const mistake = { kind: 'other-second', signedAt: NOW + distance };
    expect(await findSignerMistake(link, tokenOf(token))).toEqual(mistake);
  });

  test('cannot be told where another key signed', async () => {
    const link = { sign: md5Hex(`${LEGACY.derived}_${at}`), timestamp: at };
    expect(await findSignerMistake(link, tokenOf(token))).toBeUndefined();
  });
});

test('the defaults are those of the gateway', () => {
  expect({
    versions: VARIABLES.API_KEY_SHARE_VERSION.schema.parse(undefined),
    freshnessSeconds: VARIABLES.SHARE_FRESHNESS_SECONDS.schema.parse(undefined),
    sessionSeconds: VARIABLES.SHARE_SESSION_SECONDS.schema.parse(undefined),
    sessionMaxSeconds: VARIABLES.SHARE_SESSION_MAX_SECONDS.schema.parse(undefined),
  }).toEqual(GATEWAY_DEFAULTS);
});
