import { type Bench, say } from './bench.ts';
import { measureRatio } from './ratio.ts';
import { formatRatio, type Row } from './row.ts';
import { createLinkPath, deriveBenchKey, formatQuery, settingsFor } from './scene.ts';
import type { Server } from './servers.ts';
import { ask, askAsSession, openSession, readCounts } from './visitor.ts';

const COUNTED = 50;

/** What a request of somebody who is signed in costs, against one under a link. */
export async function measureSignIn(bench: Bench): Promise<Row[]> {
  const origin = await bench.start('bench/workers/origin.ts');
  const provider = await bench.start('bench/workers/provider.ts');
  const bindings = {
    ...settingsFor(`http://127.0.0.1:${origin.port}`),
    ...settingsOfSignIn(`http://127.0.0.1:${provider.port}`),
  };
  const gateway = await bench.start('bench/workers/quiet.ts', { bindings, storage: 'all' });
  const shared = formatQuery(await openSession(gateway, createLinkPath(await deriveBenchKey())()));
  const signedIn = formatQuery(await signIn(gateway));
  say('warm signed-in request against a warm share request');
  const warm = await measureRatio(
    bench.round(gateway, () => signedIn, 200),
    bench.round(gateway, () => shared, 200),
    bench.effort.pairs,
  );
  return [
    formatRatio('warm signed-in request / warm share request', warm, '0.9'),
    ...(await countWork(bench, bindings)),
  ];
}

function settingsOfSignIn(providerUrl: string): Record<string, string> {
  return {
    GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
    GF_AUTH_GENERIC_OAUTH_CLIENT_ID: 'bench',
    GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: 'bench',
    GF_AUTH_GENERIC_OAUTH_AUTH_URL: `${providerUrl}/authorize`,
    GF_AUTH_GENERIC_OAUTH_TOKEN_URL: `${providerUrl}/token`,
    GF_AUTH_GENERIC_OAUTH_API_URL: `${providerUrl}/userinfo`,
    GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: 'role',
    GF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH: 'groups',
  };
}

/** Signs in and returns the `name=value` of the session's cookie. */
async function signIn(server: Server): Promise<string> {
  const begun = await ask(server, '/-/login/start?to=/');
  const state = new URL(begun.location ?? 'http://nowhere').searchParams.get('state') ?? '';
  const [attempt = ''] = begun.cookies;
  const back = await ask(server, `/login/generic_oauth?code=any&state=${encodeURIComponent(state)}`, {
    Cookie: pairOf(attempt),
  });
  const session = back.cookies.find((cookie) => cookie.includes('postern-user='));
  if (session === undefined) throw new Error(`the sign-in was answered with ${back.status}: ${back.text}`);
  return pairOf(session);
}

function pairOf(setCookie: string): string {
  return setCookie.slice(0, setCookie.indexOf(';'));
}

async function countWork(bench: Bench, bindings: Readonly<Record<string, string>>): Promise<Row[]> {
  const counting = await bench.start('bench/workers/counting.ts', { bindings, storage: 'all' });
  const cookie = await signIn(counting);
  await askWell(counting, cookie);
  const before = await readCounts(counting);
  for (let warm = 0; warm < COUNTED; warm++) await askWell(counting, cookie);
  const after = await readCounts(counting);
  return [
    {
      measurement: `storage reads of ${COUNTED} warm signed-in requests`,
      value: String(after.storageReads - before.storageReads),
      aim: '0',
    },
    {
      measurement: `assertions signed for ${COUNTED + 1} signed-in requests`,
      value: String(after.signatures),
      aim: '1',
    },
  ];
}

async function askWell(server: Server, cookie: string): Promise<void> {
  const answer = await askAsSession(server, cookie);
  if (answer !== '200') throw new Error(`a signed-in request was answered with ${answer}`);
}
