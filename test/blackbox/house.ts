import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { createTestHarness, type TestHarness } from 'wrangler';
import { bundleWorker } from '../../scripts/bundle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface VectorKey {
  readonly name: string;
  readonly orgId: number;
  readonly token: string;
  readonly derived: string;
}

const KEYS: readonly VectorKey[] = JSON.parse(
  readFileSync(`${ROOT}/test/vectors/share-v2.json`, 'utf8'),
).keys;

export function keyNamed(name: string): VectorKey {
  const key = KEYS.find((candidate) => candidate.name === name);
  if (!key) throw new Error(`the vectors have no key ${name}`);
  return key;
}

const SECRETS = { POSTERN_SECRETS: 'blackbox-secret-0123456789abcdefghijklmn' };

/** The Worker as wrangler.toml describes it, in front of an origin. */
export function startByWrangler(originUrl: string, keys: readonly object[]): TestHarness {
  const vars = { ORIGIN_URL: originUrl, SHARE_KEYS: JSON.stringify(keys) };
  return createTestHarness({
    root: ROOT,
    workers: [{ configPath: 'wrangler.toml', vars, secrets: SECRETS }],
  });
}

/**
 * The bundle alone in workerd. Wrangler's harness sends outgoing requests through Node, which opens no WebSocket;
 * here they go straight to the origin.
 */
export async function startBundle(
  originUrl: string,
  keys: readonly object[],
  vars: Readonly<Record<string, string>> = {},
): Promise<Miniflare> {
  return new Miniflare(await describeBundle(originUrl, keys, vars));
}

/** The options of that runtime, so that a test can start it again with other variables and the same storage. */
export async function describeBundle(
  originUrl: string,
  keys: readonly object[],
  vars: Readonly<Record<string, string>> = {},
) {
  return convertV4MiniflareOptions({
    modules: true,
    script: await bundleWorker(),
    compatibilityDate: '2026-10-01',
    bindings: { ORIGIN_URL: originUrl, SHARE_KEYS: JSON.stringify(keys), ...SECRETS, ...vars },
    kvNamespaces: ['POSTERN_KV'],
    durableObjects: {
      POSTERN_LEDGER: { className: 'Ledger', useSQLite: true },
      POSTERN_SIGN_INS: { className: 'SignIn', useSQLite: true },
    },
    cf: false,
    logRequests: false,
    handleStructuredLogs: () => undefined,
  });
}

export const ADMIN_TOKEN = 'blackbox-admin-token-0123456789abcdefghi';

/** Asks the admin API of a gateway, and gives the document of its answer. @throws Error for a refusal */
export async function askAdmin(
  gateway: Miniflare,
  method: string,
  path: string,
  order?: object,
): Promise<unknown> {
  const response = await gateway.dispatchFetch(new URL(`/-/api/v1${path}`, await gateway.ready), {
    method,
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    ...(order && { body: JSON.stringify(order) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** An answer whose body is read piece by piece, which `fetch` does not promise where it asks for compression. */
export function getStream(url: URL, cookie: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { Cookie: cookie } }, resolve).on('error', reject);
  });
}

/** A link that is signed this second, by the definition of the protocol and nothing of `src`. */
export function signLink(key: VectorKey, to: string, expireSeconds?: number): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const sign = createHash('md5').update(`${key.derived}_${timestamp}`).digest('hex');
  const parameters = new URLSearchParams({
    aliyun_api_key_sign: sign,
    aliyun_api_key_timestamp: String(timestamp),
    aliyun_api_key_name: key.name,
    aliyun_api_key_org_id: String(key.orgId),
    ...(expireSeconds === undefined ? {} : { aliyun_api_key_expire_seconds: String(expireSeconds) }),
  });
  return `${to}${to.includes('?') ? '&' : '?'}${parameters}`;
}

/** The `name=value` of the one cookie that an answer sets. */
export function readCookie(response: { readonly headers: { getSetCookie(): string[] } }): string {
  const [cookie = '', ...others] = response.headers.getSetCookie();
  if (others.length > 0) throw new Error('more than one cookie was set');
  return cookie.split(';')[0] ?? '';
}
