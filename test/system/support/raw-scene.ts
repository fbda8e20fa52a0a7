import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { signShareLink } from '../../../src/share/sign.ts';
import { type AttackCase, fillIn, type Placeholders, spreadHeaders } from './attack-cases.ts';
import { Gateway } from './gateway.ts';
import { RecordingOrigin } from './origin.ts';
import { ask, exchange, formatRequest, type RawAnswer } from './raw-http.ts';

/** The key that the protocol's own documentation prints. */
export const KEY = { name: 'test1', orgId: 1, token: 'glsa_yV9HAOVCjNKkvKoLMiypOc5T0OovHXPV_4f5ff3ce' };
export const HOST = 'dash.test';
/** A host whose visitors come as themselves. */
export const CHATWOOT = 'chat.test';
export const UID = 'uid-one';

export interface RawScene {
  readonly gateway: Gateway;
  readonly origin: RecordingOrigin;
  /** `name=value` of a session that a link has opened. */
  readonly session: string;
}

/**
 * A gateway with an open session.
 *
 * @param putBefore starts what stands between gateway and origin, and says at which address
 */
export async function setRawScene(
  t: TestContext,
  putBefore: (originUrl: string) => Promise<string> = async (originUrl) => originUrl,
): Promise<RawScene> {
  const origin = await RecordingOrigin.start(t);
  const url = await putBefore(origin.url);
  const vars = {
    ORIGIN_URL: url,
    SHARE_KEYS: JSON.stringify([{ ...KEY, live: true }]),
    ROUTES: JSON.stringify([{ host: CHATWOOT, path: '/', origin: url, visitors: 'pass' }]),
  };
  const gateway = await Gateway.start(t, { vars });
  return { gateway, origin, session: await openSession(gateway.port) };
}

/** The cookie, as `name=value`, of a session that a fresh link opens. */
export async function openSession(port: number): Promise<string> {
  const link = await signShareLink({
    url: `http://${HOST}/d/${UID}/demo`,
    ...KEY,
    now: Math.floor(Date.now() / 1000),
  });
  const { pathname, search } = new URL(link);
  const headers = [['Host', HOST] as const, ['Connection', 'close'] as const];
  const answer = await ask(port, { target: `${pathname}${search}`, headers });
  assert.equal(answer.status, 303);
  return answer.headers['set-cookie']?.split(';')[0] ?? '';
}

/** What is sent beside the request of a case. */
export interface Addition {
  readonly host?: string;
  /** Headers after those of the case. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Writes the request of a case as it stands, and waits for the end of the connection. */
export function sendAttack(
  scene: RawScene,
  attack: AttackCase,
  addition: Addition = {},
): Promise<RawAnswer[]> {
  const { method, path, body } = attack.request;
  const values = placeholdersOf(scene);
  const host = addition.host ?? HOST;
  const headers = [['Host', host] as const, ...spreadHeaders(attack, values), ...(addition.headers ?? [])];
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)\s*$/i.test(name));
  if (body !== undefined && !isFramed) headers.push(['Content-Length', String(body.length)]);
  return exchange(
    scene.gateway.port,
    formatRequest({ method, target: fillIn(path, values), headers, ...(body === undefined ? {} : { body }) }),
  );
}

/** What placeholders stand for. */
export function placeholdersOf({ session }: RawScene): Placeholders {
  return { uid: UID, org: String(KEY.orgId), host: HOST, SESSION_COOKIE: session, SHARE_COOKIE: session };
}

/**
 * Sends a harmless request through gateway and origin. What an earlier connection may have left on its way has
 * arrived when this has.
 */
export async function settle({ gateway, origin }: RawScene): Promise<void> {
  const headers = [['Host', CHATWOOT] as const, ['Connection', 'close'] as const];
  const answer = await ask(gateway.port, { target: '/settled', headers });
  assert.equal(answer.status, 200, 'the gateway still works');
  assert.equal(origin.arrived.at(-1)?.target, '/settled', 'and reaches its origin');
  origin.arrived.pop();
}
