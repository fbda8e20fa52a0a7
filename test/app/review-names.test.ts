import { describe, expect, test } from 'vitest';
import { Gateway } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

/** Names by which some proxy tells its application who is there, or what to serve. */
const CLAIMS = [
  'Remote-Groups',
  'Remote-User',
  'Remote-Email',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Authentik-Username',
  'X-Authentik-Groups',
  'X-Goog-Authenticated-User-Email',
  'X-Goog-IAP-JWT-Assertion',
  'X-Amzn-Oidc-Data',
  'X-Amzn-Oidc-Identity',
  'X-MS-Client-Principal',
  'X-MS-Client-Principal-Name',
  'Tailscale-User-Login',
  'X-Pomerium-Jwt-Assertion',
  'X-Envoy-External-Address',
  'X-Scope-OrgID',
  'X-DS-Authorization',
  'X-Accel-Redirect',
  'X-Script-Name',
  'Ssl-Client-Verify',
  'Ssl-Client-S-Dn',
  'X-SSL-Client-Cert',
  'X-User-Id',
  'X-User-Roles',
  'X-Username',
  'X-Email',
  'X-Groups',
  'X-Roles',
  'X-Forwarded',
  'X-Forwarded-User',
  'X-Forwarded-Client-Cert',
  'X-Auth-Request-User',
  'X-WEBAUTH-USER',
  'X-Grafana-Id',
] as const;

/** What Grafana's frontend, data sources and browsers send. */
const NORMAL = [
  'X-Dashboard-Uid',
  'X-Panel-Id',
  'X-Plugin-Id',
  'X-Datasource-Uid',
  'X-Dashboard-Title',
  'X-Panel-Title',
  'X-Query-Group-Id',
  'X-Grafana-NoCache',
  'X-Cache-Skip',
  'X-Requested-With',
  'X-Request-Id',
  'X-Loki-Response-Encoding-Flags',
  'traceparent',
  'tracestate',
  'baggage',
  'Accept',
  'Accept-Language',
  'Content-Type',
  'Cache-Control',
  'If-None-Match',
  'Range',
  'User-Agent',
  'Referer',
  'X-SSLVPN',
  'X-Usernames',
  'X-Googly',
  'Remote',
] as const;

const SPELLINGS = [
  (name: string) => name,
  (name: string) => name.toLowerCase(),
  (name: string) => name.replaceAll('-', '_'),
  (name: string) => name.replaceAll('-', '.'),
  (name: string) => `${name.replaceAll('-', '__')}_`,
];

describe.each(['hyphenate', 'keep'])('with UNDERSCORE_HEADERS=%s', (mode) => {
  const gateway = () => new Gateway({ vars: { VISITORS: 'pass', UNDERSCORE_HEADERS: mode } });

  test.each(CLAIMS)('a visitor may not say %s', async (name) => {
    for (const spell of SPELLINGS) {
      origin.received = [];
      await gateway().fetch('/api/search', { headers: { [spell(name)]: 'claimed-by-them' } });
      const values = [...origin.only.headers.values()];
      expect(values, spell(name)).not.toContain('claimed-by-them');
    }
  });

  test.each(NORMAL)('a visitor may say %s', async (name) => {
    await gateway().fetch('/api/search', { headers: { [name]: 'plain' } });
    expect(origin.only.headers.get(name)).toBe('plain');
  });
});

test('a session may say what Grafana asks of it', async () => {
  const gateway = new Gateway();
  const headers = Object.fromEntries(
    NORMAL.filter((name) => name !== 'X-Dashboard-Uid').map((name) => [name, 'plain']),
  );
  await gateway.fetchAs(await gateway.open(), '/d/uid-one/demo', {
    headers: { ...headers, 'X-Dashboard-Uid': 'uid-one' },
  });
  for (const name of Object.keys(headers)) expect(origin.only.headers.get(name), name).toBe('plain');
  expect(origin.only.headers.get('X-Dashboard-Uid')).toBe('uid-one');
});
