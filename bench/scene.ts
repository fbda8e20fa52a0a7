import type { Secret } from '../src/lib/secret.ts';
import { deriveKey } from '../src/share/derive.ts';
import { signTimestamp } from '../src/share/sign.ts';
import { parseGrafanaToken } from '../src/share/token.ts';

/** The one key of the measurements: the example of the protocol's own documentation. */
export const KEY = { name: 'test1', orgId: 1, token: 'glsa_yV9HAOVCjNKkvKoLMiypOc5T0OovHXPV_4f5ff3ce' };
export const UID = 'TZWea0001';
export const HOST = 'gateway.example.com';
/** What a panel asks for. */
export const QUERY_PATH = `/api/dashboards/uid/${UID}`;

const SECRET = 'bench'.repeat(8);

/** The gateway's settings in front of an origin. */
export function settingsFor(originUrl: string) {
  return { ORIGIN_URL: originUrl, POSTERN_SECRETS: SECRET, SHARE_KEYS: JSON.stringify([KEY]) };
}

/** Headers that a browser sends with a panel's query. */
const BROWSER_HEADERS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Accept-Language: en-US,en;q=0.9',
  'Accept-Encoding: identity',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Site: same-origin',
  'X-Grafana-Org-Id: 1',
  `X-Dashboard-Uid: ${UID}`,
  'X-Panel-Id: 2',
  `Referer: https://${HOST}/d/${UID}/demo?orgId=1`,
];

export function formatRequest(path: string, extra: readonly string[] = []): string {
  return `${[`GET ${path} HTTP/1.1`, `Host: ${HOST}`, ...BROWSER_HEADERS, ...extra].join('\r\n')}\r\n\r\n`;
}

/** A panel's query under a session. */
export function formatQuery(cookie: string): string {
  return formatRequest(QUERY_PATH, [`Cookie: ${cookie}`]);
}

export async function deriveBenchKey(): Promise<Secret> {
  const token = parseGrafanaToken(KEY.token);
  if (!token.ok) throw new Error('the example token has lost its form');
  return deriveKey(token.value);
}

/** A link of the present second (signed anew only when the second changes: the client must stay cheap). */
export function createLinkPath(derived: Secret, name = KEY.name): () => string {
  let second = 0;
  let path = '';
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now === second) return path;
    second = now;
    const sign = signTimestamp(derived, String(now));
    path = `/d/${UID}/demo?orgId=1&aliyun_api_key_sign=${sign}&aliyun_api_key_timestamp=${now}&aliyun_api_key_name=${name}&aliyun_api_key_org_id=1`;
    return path;
  };
}
