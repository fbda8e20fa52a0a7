import { describe, expect, test } from 'vitest';
import { AdminGateway } from '../support/admin.ts';
import { ATTACKS, type AttackCase, isOfSignIn } from '../support/attacks/cases.ts';
import { BROWSERS } from '../support/attacks/sign-in/browsers.ts';
import { CALLBACKS } from '../support/attacks/sign-in/callbacks.ts';
import { ID_TOKENS } from '../support/attacks/sign-in/id-tokens.ts';
import { KEY_SETS } from '../support/attacks/sign-in/key-sets.ts';
import { LOGOUTS } from '../support/attacks/sign-in/logouts.ts';
import { PEOPLE } from '../support/attacks/sign-in/people.ts';
import type { Place } from '../support/attacks/sign-in/provider.ts';
import { ROLE_CLAIMS } from '../support/attacks/sign-in/roles.ts';
import { SignInScene } from '../support/attacks/sign-in/scene.ts';
import { runCase } from '../support/attacks/sign-in/stage.ts';
import type { Variants } from '../support/attacks/sign-in/variants.ts';
import { fastForward } from '../support/clock.ts';
import { refusalOf } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { origin } from '../support/origin.ts';

const CASES = ATTACKS.filter(isOfSignIn);
const VARIANTS: Variants = {
  ...CALLBACKS,
  ...ID_TOKENS,
  ...KEY_SETS,
  ...PEOPLE,
  ...ROLE_CLAIMS,
  ...BROWSERS,
  ...LOGOUTS,
};

/** Cases that are run in another way than by their one request, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'ssrf-002': 'its address is one of the admin API, which wants a token',
  'ops-009':
    'userinfo is not asked for a page, but at sign-in and at refresh: the first is refused (502), the second goes on for the grace (200) and is refused after it (502)',
};
const OF_REDIRECTS = 'open-redirect';

const isPlain = ({ id, area }: AttackCase) => !(id in OTHERWISE) && area !== OF_REDIRECTS;

describe.each([...new Set(CASES.filter(isPlain).map(({ area }) => area))])('hostile input: %s', (area) => {
  const rows = CASES.filter((attack) => attack.area === area && isPlain(attack)).flatMap((attack) =>
    (VARIANTS[attack.id] ?? []).map((variant) => ({ attack, variant })),
  );
  for (const { attack, variant } of rows) {
    const which = variant.name === undefined ? '' : ` (${variant.name})`;
    const timeout = variant.milliseconds ?? 5_000;
    test(`${attack.id} is answered safely: ${attack.expect.assert[0]}${which}`, { timeout }, () =>
      runCase(attack, variant, fastForward),
    );
  }
});

test('every case is run, here or in attacks-redirects.test.ts', () => {
  const run = [...Object.keys(VARIANTS), ...Object.keys(OTHERWISE)].sort();
  const wanted = CASES.filter(({ area }) => area !== OF_REDIRECTS).map(({ id }) => id);
  expect(run).toEqual(wanted.sort());
});

/** Bodies that go on for as long as anybody reads, and how much of them was read. */
class EndlessBody {
  bytes = 0;
  isLetGo = false;

  answer(): Response {
    const chunk = new Uint8Array(65_536).fill(0x20);
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        this.bytes += chunk.length;
        controller.enqueue(chunk);
      },
      cancel: () => {
        this.isLetGo = true;
      },
    });
    return new Response(stream, { headers: { 'Content-Type': 'application/json' } });
  }
}

/** A little more than the gateway reads of anything that the provider says. */
const READ_BYTES_MAX = 1_048_576 + 4 * 65_536;

describe('ops-009, an answer of the provider without end', () => {
  const isOf = (place: Place, body: EndlessBody) => ({ answers: { [place]: () => body.answer() } });

  test.each(['discovery', 'token', 'keys', 'userinfo'] as const)(
    'is read to a bound at sign-in (%s)',
    async (place) => {
      const scene = new SignInScene();
      const body = new EndlessBody();
      const browser = new Jar();
      // One isolate begins, and another, which knows nothing of the provider yet, is come back to.
      const callback = await scene.begin(browser);
      // Without an ID token, there is nothing but userinfo.
      const alone = place === 'userinfo' ? { idToken: async () => undefined } : {};
      scene.provider.lies = { ...alone, ...isOf(place, body) };
      const answer = await scene.another().fetchAs(browser, callback);
      expect(await refusalOf(answer)).toBe(
        place === 'userinfo' ? '403 sso_email_missing' : '502 sso_provider_answer_invalid',
      );
      expect(body.bytes).toBeGreaterThan(0);
      expect(body.bytes).toBeLessThan(READ_BYTES_MAX);
      expect(body.isLetGo).toBe(true);
    },
  );

  test.each(['token', 'userinfo'] as const)('is read to a bound at refresh (%s)', async (place) => {
    const scene = new SignInScene({ vars: { SSO_GRACE_SECONDS: '60' } });
    const browser = await scene.signIn();
    const body = new EndlessBody();
    scene.provider.lies = isOf(place, body);
    scene.gateway.now += 600;
    expect((await scene.ask(browser)).status).toBe(200);
    expect(origin.received).toHaveLength(1);
    expect(body.bytes).toBeLessThan(READ_BYTES_MAX);
    expect(body.isLetGo).toBe(true);
    scene.gateway.now += 61;
    expect(await refusalOf(await scene.ask(browser))).toBe('502 sso_provider_unreachable');
    expect(origin.received).toHaveLength(1);
  });
});

describe('ssrf-002, addresses that a request names', () => {
  const ISSUERS = [
    'https://[::ffff:a9fe:a9fe]/',
    'https://0.0.0.0/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://100.64.0.1/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://rebind.evil.test/',
  ];

  test.each(ISSUERS)('%s is asked by nobody', async (issuer) => {
    const attack = ATTACKS.find(({ id }) => id === 'ssrf-002');
    const scene = new SignInScene();
    const admin = await AdminGateway.create({ vars: scene.gateway.env });
    const refused = await admin.ask('POST', '/sso/explain', JSON.stringify({ issuer }));
    expect(attack?.expect.status).toContain(refused.status);
    const dry = {
      idToken: { iss: issuer, sub: 'x', email: 'x@example.com' },
      userinfo: { jwks_uri: issuer },
    };
    expect((await admin.ask('POST', '/sso/explain', dry)).status).toBe(200);
    const query = new URLSearchParams({ issuer, iss: issuer, target_link_uri: issuer, jwks_uri: issuer });
    for (const path of ['/-/login', '/-/login/start', '/login/generic_oauth', '/login', '/-/jwks.json'])
      await scene.gateway.fetch(`${path}?${query}`);
    // A request to any host but the provider fails this test by itself.
    expect(scene.provider.asked).toEqual(['discovery']);
    expect(origin.received).toEqual([]);
  });
});
