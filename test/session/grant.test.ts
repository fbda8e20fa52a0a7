import { describe, expect, test } from 'vitest';
import { createKeyring } from '../../src/lib/keyring.ts';
import { Secret } from '../../src/lib/secret.ts';
import { type Grant, mintGrant, openGrant, sealGrant } from '../../src/session/grant.ts';
import { GrantReader } from '../../src/session/read.ts';
import type { VerifiedLink } from '../../src/share/verify.ts';
import { NOW, OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { keyNamed } from '../support/keys.ts';
import { registered } from '../support/registered.ts';

const PLACE = { host: 'dash.example.com', origin: 'https://grafana.test' };
const LINK = {
  version: 'v2',
  key: registered(keyNamed('客户门户')),
  uid: 'uid-one',
  linkId: '0123456789abcdef',
  signedAt: NOW - 30,
  sessionSeconds: 3600,
} as unknown as VerifiedLink;

function keyring(...secrets: string[]) {
  return createKeyring(
    secrets.map((text) => new Secret(text)),
    'grant',
  );
}

async function sealed(): Promise<string> {
  return sealGrant(mintGrant(LINK, NOW), 'share', await keyring(SECRET), PLACE);
}

describe('a grant', () => {
  test('says whose key, which dashboards and which times', () => {
    expect(mintGrant(LINK, NOW)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: '客户门户',
      orgId: 7,
      uid: 'uid-one',
      dashboards: ['uid-one'],
      version: 'v2',
      linkId: '0123456789abcdef',
      signedAt: NOW - 30,
      start: NOW,
      end: NOW + 3600,
    });
  });

  test('of a link that says nothing of its signing time was signed when it was opened', () => {
    expect(mintGrant({ ...LINK, signedAt: undefined }, NOW).signedAt).toBe(NOW);
  });

  test('has an id of its own, even for one link in one second', () => {
    expect(new Set(Array.from({ length: 1000 }, () => mintGrant(LINK, NOW).id)).size).toBe(1000);
  });

  test('covers what its key lists', () => {
    const link = { ...LINK, key: { ...LINK.key, dashboards: ['uid-one', 'uid-two'] } };
    expect(mintGrant(link, NOW).dashboards).toEqual(['uid-one', 'uid-two']);
  });

  test('ends with its key at the latest', () => {
    expect(mintGrant({ ...LINK, key: { ...LINK.key, expiresAt: NOW + 60 } }, NOW).end).toBe(NOW + 60);
  });

  test('comes out of its seal as it went in', async () => {
    const grant = mintGrant(LINK, NOW);
    const text = await sealGrant(grant, 'share', await keyring(SECRET), PLACE);
    expect(await openGrant(text, 'share', await keyring(SECRET), PLACE)).toEqual(grant);
  });
});

describe('a sealed grant', () => {
  test.each([
    ['another host', { ...PLACE, host: 'other.example.com' }],
    ['the same host at another port', { ...PLACE, host: 'dash.example.com:8443' }],
    ['another origin', { ...PLACE, origin: 'https://grafana.test/prefix' }],
  ])('does not open at %s', async (_, place) => {
    expect(await openGrant(await sealed(), 'share', await keyring(SECRET), place)).toBeUndefined();
  });

  test.each(['check', 'open'] as const)('for a session does not open for the use %s', async (use) => {
    expect(await openGrant(await sealed(), use, await keyring(SECRET), PLACE)).toBeUndefined();
  });

  test('does not open under another secret, or another purpose', async () => {
    expect(await openGrant(await sealed(), 'share', await keyring(OTHER_SECRET), PLACE)).toBeUndefined();
    const elsewhere = await createKeyring([new Secret(SECRET)], 'sign-in');
    expect(await openGrant(await sealed(), 'share', elsewhere, PLACE)).toBeUndefined();
  });

  test('opens under any of several secrets, and names the first that sealed it', async () => {
    const both = await keyring(OTHER_SECRET, SECRET);
    expect(await openGrant(await sealed(), 'share', both, PLACE)).toBeDefined();
    const renewed = await sealGrant(mintGrant(LINK, NOW), 'share', both, PLACE);
    expect(renewed.split('.')[0]).toBe((await keyring(OTHER_SECRET)).newest.id);
    expect(renewed.split('.')[0]).not.toBe((await sealed()).split('.')[0]);
  });

  test('is another text each time', async () => {
    expect(await sealed()).not.toBe(await sealed());
  });
});

describe('reading the cookies of a visitor', () => {
  /** A reader that counts how often it had to open something. */
  function countingReader() {
    const counted = { openings: 0 };
    const reader = new GrantReader(() => {
      counted.openings += 1;
      return keyring(SECRET);
    });
    return { reader, counted };
  }

  test('opens each cookie once', async () => {
    const { reader, counted } = countingReader();
    const cookies = [{ name: 'a', value: await sealed() }];
    const held: { grant: Grant | undefined }[] = [];
    for (let time = 0; time < 3; time++) held.push(...(await reader.read(cookies, PLACE)));
    expect(held.map(({ grant }) => grant?.name)).toEqual(['客户门户', '客户门户', '客户门户']);
    expect(counted.openings).toBe(1);
  });

  test('does not take what it remembers of one host to another', async () => {
    const { reader } = countingReader();
    const cookies = [{ name: 'a', value: await sealed() }];
    await reader.read(cookies, PLACE);
    expect(await reader.read(cookies, { ...PLACE, host: 'other.example.com' })).toEqual([
      { cookie: 'a', grant: undefined },
    ]);
  });

  test('does not remember what does not open', async () => {
    const { reader, counted } = countingReader();
    const cookies = [{ name: 'a', value: `00000000.${'A'.repeat(60)}` }];
    await reader.read(cookies, PLACE);
    await reader.read(cookies, PLACE);
    expect(counted.openings).toBe(2);
  });

  test('does not try what is longer than any grant', async () => {
    const { reader, counted } = countingReader();
    const [held] = await reader.read([{ name: 'a', value: `00000000.${'A'.repeat(4096)}` }], PLACE);
    expect(held).toEqual({ cookie: 'a', grant: undefined });
    expect(counted.openings).toBe(0);
  });
});
