import { ADMIN_TOKEN, AdminGateway } from '../admin.ts';
import { Gateway, HOST, NOW, OTHER_SECRET } from '../gateway.ts';
import type { Jar } from '../jar.ts';
import { entryOf, keyNamed, linkTo } from '../keys.ts';
import type { AttackCase } from './cases.ts';
import { fillIn, type Scene } from './placeholders.ts';
import { PRELUDES, type Prelude } from './preludes.ts';

const KEY = keyNamed('test1');
export const UID = 'uid-one';
const TO = `/d/${UID}/demo`;
/** `{"alg":"none"}`, for whoever takes a session for a JSON Web Token. */
const ALG_NONE = 'eyJhbGciOiJub25lIn0';

/** Cases that need a key which may open Grafana Live's socket. */
const WITH_LIVE = new Set(['ws-003', 'ws-005', 'ws-006', 'ws-009']);
/** Cases of people who come as themselves. */
const PASSING = new Set(['embed-002', 'embed-003', 'hdr-057', 'hdr-060']);

/** Whether a case asks the admin API. */
export function asksAdminApi({ request }: AttackCase): boolean {
  return request.path.startsWith('/-/api/');
}

/** What a case is sent to, and with what. */
export interface Stage {
  readonly gateway: Gateway;
  readonly scene: Scene;
  /** What the operator sends, where a case leaves that to its precondition. */
  readonly order?: object | undefined;
}

/**
 * The gateway of a case, with the sessions that cases hold.
 *
 * @param hasAdminApi whether it has storage, and its admin API on, where the case does not ask for that itself
 */
export async function setScene({ id }: AttackCase, hasAdminApi = false): Promise<Stage> {
  const keys = [entryOf(KEY, { live: WITH_LIVE.has(id) })];
  const prelude = PRELUDES[id];
  const options = { keys, vars: { VISITORS: PASSING.has(id) ? 'pass' : 'deny', ...prelude?.vars } };
  const opened = await (prelude || hasAdminApi ? AdminGateway.create(options) : new Gateway(options));
  const jar = await opened.open({ to: TO });
  const { gateway, order } =
    prelude && opened instanceof AdminGateway ? await begin(prelude, opened, jar) : { gateway: opened };
  const session = only(jar);
  const [name, value] = splitPair(session);
  const elsewhere = new Gateway({ keys, at: 'https://other.example.com' });
  const retired = new Gateway({ keys, vars: { POSTERN_SECRETS: OTHER_SECRET } });
  const early = new Gateway({ keys, now: NOW - 7200 });
  const cookies = {
    SHARE_COOKIE: session,
    SESSION_COOKIE: session,
    SESSION_COOKIE_NAME: name,
    EXPIRED_SESSION_COOKIE: only(await early.open({ to: TO })),
    'SESSION_COOKIE|other_host': only(await elsewhere.open({ to: TO })),
    'SESSION_COOKIE|retired_key': only(await retired.open({ to: TO })),
    'SESSION_COOKIE|alg_none': `${name}=${ALG_NONE}.${value.split('.')[1]}.`,
    ETAG_OTHER_TENANT: '"of-another-tenant"',
    'SHARE_COOKIE|as_sso_cookie': `__Host-postern-user=${value}`,
  };
  const scene = { key: KEY, now: gateway.now, uid: UID, otherUid: 'uid-two', host: HOST, cookies };
  return { gateway, scene, order };
}

/** What happens before the request of a case is sent. */
async function begin(prelude: Prelude, gateway: AdminGateway, jar: Jar) {
  const opened = gateway.events.find(({ event }) => event === 'share.link.accepted');
  const link = () => linkTo({ key: KEY, at: gateway.now, to: TO });
  const sentTo = await prelude.begin({ gateway, jar, key: KEY, page: TO, link });
  return { gateway: sentTo, order: prelude.order?.({ key: KEY, sessionId: String(opened?.sessionId) }) };
}

/** Sends the request of a case with its placeholders filled in. */
export async function send({ request }: AttackCase, { gateway, scene, order }: Stage): Promise<Response> {
  const exact = findTimestamp(fillIn(request.path.replaceAll(/\{\{SIGN[^}]*\}*\}\}/g, ''), scene));
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of generate(name)) headers.append(each, fillIn(value, scene, exact));
  }
  if (order) {
    headers.set('Authorization', `Bearer ${ADMIN_TOKEN}`);
    headers.set('Content-Type', 'application/json');
  }
  const body = order ? JSON.stringify(order) : request.body;
  return gateway.fetch(`${gateway.at}${fillIn(request.path, scene, exact)}`, {
    method: request.method,
    headers,
    ...(body !== undefined && { body }),
  });
}

/** `{{GEN n}} x_{i}` stands for n headers. */
function generate(name: string): string[] {
  const [, times, pattern = ''] = /^\{\{GEN (\d+)\}\} (.+)$/.exec(name) ?? [];
  return times === undefined
    ? [name]
    : Array.from({ length: Number(times) }, (_, i) => pattern.replace('{i}', `${i}`));
}

function findTimestamp(path: string): string {
  const search = path.slice(path.indexOf('?') + 1).split('#')[0];
  return new URLSearchParams(search).get('aliyun_api_key_timestamp') ?? '';
}

function only(jar: Jar): string {
  return jar.header;
}

function splitPair(pair: string): [name: string, value: string] {
  const equals = pair.indexOf('=');
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
