import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, test } from 'vitest';
import { AdminGateway } from '../support/admin.ts';
import { ATTACKS, type AttackCase, isOfSignIn } from '../support/attacks/cases.ts';
import { judge } from '../support/attacks/judge.ts';
import { findReasonForLater, LATER_AREAS, LATER_CASES } from '../support/attacks/later.ts';
import { extendMd5, padOf } from '../support/attacks/length-extension.ts';
import { BOUND_SECONDS } from '../support/attacks/preludes.ts';
import { asksAdminApi, send, setScene } from '../support/attacks/scene.ts';
import { fastForward } from '../support/clock.ts';
import { type Gateway, NOW, refusalOf } from '../support/gateway.ts';
import { readSetCookies } from '../support/jar.ts';
import { keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const NOW_CASES = ATTACKS.filter((attack) => findReasonForLater(attack) === undefined && !isOfSignIn(attack));

/** What the origin answers where a case names it. */
const ANSWERS: Readonly<Record<string, () => Response>> = {
  'ws-005': () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }),
  'ws-009': () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }),
  'embed-006': () =>
    new Response('page', {
      headers: [
        ['X-Frame-Options', 'deny'],
        ['Content-Security-Policy', "frame-ancestors 'none'"],
        ['Content-Security-Policy', "object-src 'none'; frame-ancestors 'none'"],
      ],
    }),
  'ops-008': () => new Response('broken', { status: 500, headers: { 'Set-Cookie': 'grafana_session=1' } }),
};

/** What cases say in words, beyond what all of them are held against. */
const ASSERTIONS: Readonly<Record<string, (response: Response, gateway: Gateway) => void | Promise<void>>> = {
  'share-000': (response) => {
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(readSetCookies(response).map(({ attributes }) => attributes['max-age'])).toEqual(['3600']);
  },
  'cookie-021': (response) => {
    const [cookie] = readSetCookies(response);
    expect(cookie?.name).toMatch(/^__Host-postern-s-/);
    const expected = {
      path: '/',
      httponly: '',
      samesite: 'None',
      'max-age': '3600',
      secure: '',
      partitioned: '',
    };
    expect(cookie?.attributes).toEqual(expected);
  },
  'hdr-059': (_, { events }) => {
    expect(events.find(({ event }) => event === 'headers.changed')).toMatchObject({
      change: expect.stringContaining('__requestverificationtoken'),
    });
  },
  'embed-002': (response) => {
    expect(response.headers.get('Content-Security-Policy')).toBe("frame-ancestors 'self'");
  },
  'embed-003': (response) => expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull(),
  'embed-006': (response) => {
    expect(response.headers.get('X-Frame-Options')).toBeNull();
    expect(response.headers.get('Content-Security-Policy')).toBe("object-src 'none', frame-ancestors 'self'");
  },
  'embed-007': (response) => expect(response.headers.get('Content-Security-Policy')).toBeNull(),
  'share-192': revoked,
  'share-193': revoked,
  'share-194': async (response, gateway) => {
    expect(response.status).toBe(200);
    expect(await keptIn(gateway)).toEqual([expect.stringMatching(/^rev:session:[0-9a-f]{16}$/)]);
  },
  'share-196': async (response, gateway) => {
    expect(response.status).toBe(200);
    // The nine before it have been answered by then, each as it was kept.
    expect(gateway.eventNames.filter((event) => event === 'revocation.made')).toHaveLength(10);
    expect(await keptIn(gateway)).toEqual([expect.stringMatching(/^rev:key:1:/)]);
  },
  'ops-008': (response) => expect(response.headers.getSetCookie()).toEqual([]),
  'ops-014': async (response) => expect(await response.text()).toContain('Disallow: /'),
};

async function revoked(response: Response): Promise<void> {
  expect(await refusalOf(response)).toBe('403 revoked');
}

/** Names in KV. */
async function keptIn(gateway: Gateway): Promise<string[]> {
  if (!(gateway instanceof AdminGateway)) throw new TypeError('this gateway has no storage');
  return gateway.kv.names();
}

async function run(attack: AttackCase): Promise<void> {
  const answer = ANSWERS[attack.id];
  if (answer) origin.answerWith(answer);
  // What is written to one name of KV waits for its turn, a second each.
  if (attack.area === 'share-revocation') await fastForward(() => runOnce(attack));
  else await runOnce(attack);
}

async function runOnce(attack: AttackCase): Promise<void> {
  const stage = await setScene(attack);
  origin.received = [];
  const response = await send(attack, stage);
  judge(attack, response, origin.received, stage.scene);
  await ASSERTIONS[attack.id]?.(response, stage.gateway);
}

for (const area of new Set(NOW_CASES.map((attack) => attack.area))) {
  const cases = NOW_CASES.filter((attack) => attack.area === area);
  describe(`hostile input: ${area}`, () => {
    test.each(cases)('$id is answered safely: $expect.assert.0', run);
  });
}

const ADMIN_CASES = NOW_CASES.filter((attack) => asksAdminApi(attack) && attack.request.method === 'GET');

describe.each([
  ['on', true, '401 admin_token_required'],
  ['off', false, '404 not_found'],
])('where the admin API is %s', (_, isOn, refusal) => {
  test.each(ADMIN_CASES)('$id is answered as without its headers: $expect.assert.0', async (attack) => {
    const stage = await setScene(attack, isOn);
    origin.received = [];
    const response = await send(attack, stage);
    judge(attack, response, origin.received, stage.scene);
    expect(await refusalOf(response)).toBe(refusal);
    const plain = await stage.gateway.fetch(attack.request.path);
    expect(await refusalOf(plain)).toBe(refusal);
    expect(origin.received).toEqual([]);
  });
});

test.each(ADMIN_CASES.filter(({ request }) => Object.keys(request.headers).length > 0))(
  '$id gives nobody another address: wrong tokens are counted by the one that Cloudflare names',
  async ({ request }) => {
    const gateway = await AdminGateway.create();
    const ask = (address: string, claimed: string) => {
      const headers = new Headers({ Authorization: 'Bearer wrong', 'CF-Connecting-IP': address });
      for (const name of Object.keys(request.headers)) headers.set(name, claimed);
      return gateway.fetch(request.path, { headers });
    };
    for (let tries = 0; tries < 10; tries++) await ask('203.0.113.7', `198.51.100.${tries}`);
    expect(await refusalOf(await ask('203.0.113.7', '198.51.100.77'))).toBe('429 too_many_attempts');
    // Nor is anybody else made to wait for them.
    expect(await refusalOf(await ask('203.0.113.8', '203.0.113.7'))).toBe('401 admin_token_required');
  },
);

describe('share-193, measured: a place looked a second before something was revoked elsewhere', () => {
  const KEY = keyNamed('test1');
  const PAGE = '/d/uid-one/demo';

  /** Seconds after the revocation at which a place lets in, of those at which it is asked. */
  async function measure(
    seconds: readonly number[],
    ask: (elsewhere: AdminGateway, jar: Awaited<ReturnType<Gateway['open']>>) => Promise<Response>,
  ): Promise<number[]> {
    const here = await AdminGateway.create();
    const jar = await here.open();
    const elsewhere = here.another('elsewhere');
    expect((await ask(elsewhere, jar)).status).toBeLessThan(400);
    here.now = NOW + 1;
    await here.revoke({ kind: 'key', orgId: 1, name: 'test1' });
    const letIn: number[] = [];
    for (const second of seconds) {
      here.now = elsewhere.now = NOW + 1 + second;
      const answer = await refusalOf(await ask(elsewhere, jar));
      if (answer === '403 revoked') continue;
      expect(Number(answer)).toBeLessThan(400);
      letIn.push(second);
    }
    return letIn;
  }

  const upTo = (end: number, from = 0) => Array.from({ length: end - from + 1 }, (_, at) => from + at);
  const openLink = (elsewhere: AdminGateway) => elsewhere.fetch(linkTo({ key: KEY, at: elsewhere.now }));

  test('a link is refused 29 seconds after: that is how long the copy of KV lasts, and a link is no warm request', async () => {
    const letIn = await measure(upTo(90), openLink);
    expect(letIn).toEqual(upTo(28));
  });

  test.each([
    ['asks every second', upTo(90), 28],
    // Its isolate looks at the copy in the last second of that, and remembers the answer for ten more.
    ['asks in the worst of moments', [28, ...upTo(90, 29)], 37],
  ])('a session that %s is refused within the bound', async (_, seconds, last) => {
    const letIn = await measure(seconds, (elsewhere, jar) => elsewhere.fetchAs(jar, PAGE));
    expect(letIn.at(-1)).toBe(last);
    expect(last).toBeLessThan(BOUND_SECONDS);
  });
});

describe('the list of cases that are not run yet', () => {
  test('names only areas and cases that exist', () => {
    const areas = new Set(ATTACKS.map(({ area }) => area));
    const ids = new Set(ATTACKS.map(({ id }) => id));
    expect(Object.keys(LATER_AREAS).filter((area) => !areas.has(area))).toEqual([]);
    expect(Object.keys(LATER_CASES).filter((id) => !ids.has(id))).toEqual([]);
  });

  test('names no case of an area that is wholly for later', () => {
    const doubled = ATTACKS.filter(({ id, area }) => id in LATER_CASES && area in LATER_AREAS);
    expect(doubled.map(({ id }) => id)).toEqual([]);
  });

  test('names nothing of sign-in', () => {
    const later = ATTACKS.filter((attack) => isOfSignIn(attack) && findReasonForLater(attack) !== undefined);
    expect(later).toEqual([]);
    expect(ATTACKS.filter(isOfSignIn)).toHaveLength(72);
  });

  test('leaves every case of share links to be run, but for single use and locked variables', () => {
    const later = ATTACKS.filter((attack) => attack.area.startsWith('share-') && findReasonForLater(attack));
    expect(later.map(({ id }) => id)).toEqual(['share-175', 'share-176', 'share-191']);
  });
});

test('the length extension of the attacks is the real one', () => {
  const { derived } = keyNamed('test1');
  const message = utf8ToBytes(`${derived}_1000000000`);
  const suffix = utf8ToBytes('_9999999999');
  const whole = Uint8Array.from([...message, ...padOf(message.length), ...suffix]);
  expect(extendMd5(bytesToHex(md5(message)), message.length, suffix)).toBe(bytesToHex(md5(whole)));
});
