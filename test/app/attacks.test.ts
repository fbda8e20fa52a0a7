import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, test } from 'vitest';
import { ATTACKS, type AttackCase } from '../support/attacks/cases.ts';
import { judge } from '../support/attacks/judge.ts';
import { findReasonForLater, LATER_AREAS, LATER_CASES } from '../support/attacks/later.ts';
import { extendMd5, padOf } from '../support/attacks/length-extension.ts';
import { send, setScene } from '../support/attacks/scene.ts';
import type { Gateway } from '../support/gateway.ts';
import { readSetCookies } from '../support/jar.ts';
import { keyNamed } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const NOW_CASES = ATTACKS.filter((attack) => findReasonForLater(attack) === undefined);

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
  'ops-008': (response) => expect(response.headers.getSetCookie()).toEqual([]),
  'ops-014': async (response) => expect(await response.text()).toContain('Disallow: /'),
};

async function run(attack: AttackCase): Promise<void> {
  const answer = ANSWERS[attack.id];
  if (answer) origin.answerWith(answer);
  const { gateway, scene } = await setScene(attack);
  const response = await send(attack, gateway, scene);
  judge(attack, response, origin.received, scene);
  await ASSERTIONS[attack.id]?.(response, gateway);
}

for (const area of new Set(NOW_CASES.map((attack) => attack.area))) {
  const cases = NOW_CASES.filter((attack) => attack.area === area);
  describe(`hostile input: ${area}`, () => {
    test.each(cases)('$id is answered safely: $expect.assert.0', run);
  });
}

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

  test('leaves every case of share links to be run, but for revocation, single use and locked variables', () => {
    const later = ATTACKS.filter((attack) => attack.area.startsWith('share-') && findReasonForLater(attack));
    expect(later.map(({ id }) => id)).toEqual([
      'share-175',
      'share-176',
      'share-191',
      'share-192',
      'share-193',
      'share-194',
      'share-196',
    ]);
  });
});

test('the length extension of the attacks is the real one', () => {
  const { derived } = keyNamed('test1');
  const message = utf8ToBytes(`${derived}_1000000000`);
  const suffix = utf8ToBytes('_9999999999');
  const whole = Uint8Array.from([...message, ...padOf(message.length), ...suffix]);
  expect(extendMd5(bytesToHex(md5(message)), message.length, suffix)).toBe(bytesToHex(md5(whole)));
});
