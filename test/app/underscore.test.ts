import { describe, expect, test } from 'vitest';
import { problemsOf } from '../support/config.ts';
import { Gateway, NOW, readProblem, refusalOf } from '../support/gateway.ts';
import { origin } from '../support/origin.ts';

type Mode = 'hyphenate' | 'keep' | 'drop' | 'reject';
type Sent = Readonly<Record<string, string>>;

const MODES: readonly Mode[] = ['hyphenate', 'keep', 'drop', 'reject'];
const MAPPED = 'api_access_token';

function gatewayOf(mode: Mode, vars: Readonly<Record<string, unknown>> = {}): Gateway {
  return new Gateway({ vars: { VISITORS: 'pass', UNDERSCORE_HEADERS: mode, ...vars } });
}

/** What reached the origin of some names, or the refusal. */
async function receive(gateway: Gateway, sent: Sent, names: readonly string[]): Promise<unknown> {
  const response = await gateway.fetch('/api/v1/profile', { headers: sent });
  if (response.status !== 200) return refusalOf(response);
  const { headers } = origin.only;
  return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])));
}

const HYPHENATED = { 'x-request-id': '1' };
const TWO_FORMS = '400 bad_request';

/** Each mode, what a client sends of `x_request_id`, and what the origin receives of both forms. */
const UNMAPPED: readonly (readonly [mode: Mode, sent: Sent, received: unknown])[] = [
  ['hyphenate', { x_request_id: '1' }, HYPHENATED],
  ['hyphenate', { x_request_id: '1', 'x-request-id': '1' }, HYPHENATED],
  ['hyphenate', { x_request_id: '1', 'x-request-id': '2' }, TWO_FORMS],
  ['hyphenate', { 'x-request_id': '1', 'x_request-id': '2' }, TWO_FORMS],
  ['keep', { x_request_id: '1' }, { x_request_id: '1' }],
  ['keep', { x_request_id: '1', 'x-request-id': '1' }, { x_request_id: '1', 'x-request-id': '1' }],
  ['keep', { x_request_id: '1', 'x-request-id': '2' }, TWO_FORMS],
  ['drop', { x_request_id: '1' }, {}],
  ['drop', { x_request_id: '1', 'x-request-id': '2' }, { 'x-request-id': '2' }],
  ['reject', { x_request_id: '1' }, TWO_FORMS],
  ['reject', { 'x-request-id': '1' }, HYPHENATED],
];

describe('a name with an underscore that is not in the map', () => {
  test.each(UNMAPPED)('with %s and %j arrives as %j', async (mode, sent, received) => {
    expect(await receive(gatewayOf(mode), sent, ['x_request_id', 'x-request-id'])).toEqual(received);
  });

  test('is told to be refused by its name, and not by its value', async () => {
    const response = await gatewayOf('reject').fetch('/', { headers: { x_request_id: 'value-of-mine' } });
    const { detail } = await readProblem(response);
    expect(detail).toContain('The header x_request_id has an underscore');
    expect(detail).not.toContain('value-of-mine');
    expect(origin.received).toEqual([]);
  });

  test('collides with another spelling of one variable in the mode keep too', async () => {
    const sent = { 'x-request_id': '1', 'x_request-id': '2' };
    expect(await receive(gatewayOf('keep'), sent, Object.keys(sent))).toBe(TWO_FORMS);
  });
});

describe('a name of the map', () => {
  const names = [MAPPED, 'api-access-token'];

  test.each(MODES)('arrives under its new name with %s', async (mode) => {
    expect(await receive(gatewayOf(mode), { Api_Access_Token: 't' }, names)).toEqual({
      'api-access-token': 't',
    });
  });

  test.each(MODES)('is one header with its new name where both say the same, with %s', async (mode) => {
    const sent = { [MAPPED]: 't', 'api-access-token': 't' };
    expect(await receive(gatewayOf(mode), sent, names)).toEqual({ 'api-access-token': 't' });
  });

  test.each(MODES)('is refused beside its new name with another value, with %s', async (mode) => {
    expect(await receive(gatewayOf(mode), { [MAPPED]: 't', 'api-access-token': 'u' }, names)).toBe(TWO_FORMS);
  });

  test('goes where the operator says, and the default is no longer there', async () => {
    const vars = { UNDERSCORE_HEADER_MAP: 'my_token=x-my-key' };
    const sent = { my_token: 'm', [MAPPED]: 't' };
    expect(await receive(gatewayOf('drop', vars), sent, [...names, 'my_token', 'x-my-key'])).toEqual({
      'x-my-key': 'm',
    });
  });
});

/** Spellings by which software behind a proxy may read a name that only the gateway may state. */
const ALIASES: readonly string[] = [
  'x_webauth_user',
  'X_WEBAUTH-USER',
  'x-webauth_role',
  'x.webauth.user',
  '_x_webauth_user_',
  'x__webauth__user',
  'x_forwarded_for',
  'x_real_ip',
  'x_grafana_org_id',
  'x_grafana-id',
  'x_jwt_assertion',
  'x_auth_request_email',
  'remote_user',
  'cf_connecting_ip',
  'transfer_encoding',
  'content_length',
  'content_type',
  'host_',
  'cookie_',
  '_authorization',
  'proxy_authorization',
  'x_http_method_override',
  'x_postern_user',
];

describe('an alias of a name that claims an identity or frames a message', () => {
  for (const mode of MODES) {
    test.each(ALIASES)(`never arrives with ${mode}: %s`, async (name) => {
      const response = await gatewayOf(mode).fetch('/', { headers: { [name]: 'forged-value' } });
      expect(response.status).toBe(200);
      expect([...origin.only.headers].filter(([, value]) => value === 'forged-value')).toEqual([]);
      expect(origin.only.headers.has(name)).toBe(false);
    });
  }
});

const CLAIMED = {
  GF_AUTH_PROXY_HEADER_NAME: 'X-Sso-Name',
  GF_AUTH_PROXY_HEADERS: 'Role:X-Sso-Role, Groups:X_Sso_Groups',
  GF_AUTH_JWT_HEADER_NAME: 'X-Sso-Token',
  ORIGIN_HEADERS: '{"X-Tunnel-Secret":"from-the-operator"}',
};

describe('a name that the operator calls a claim', () => {
  for (const mode of MODES) {
    test.each(['x-sso-name', 'x_sso_name', 'X_SSO_ROLE', 'x-sso-groups', 'x.sso.token', 'x_tunnel_secret'])(
      `never arrives from outside with ${mode}: %s`,
      async (name) => {
        await gatewayOf(mode, CLAIMED).fetch('/', { headers: { [name]: 'forged-value' } });
        expect([...origin.only.headers.values()]).not.toContain('forged-value');
        expect(origin.only.headers.get('X-Tunnel-Secret')).toBe('from-the-operator');
      },
    );
  }

  test.each([
    ['X-Sso-Name', 'my_name=x-sso-name'],
    ['X-Sso-Role', 'my_role=x-sso-role'],
    ['X_Sso_Groups', 'a_b=c-d,my_groups=x-sso-groups'],
    ['X-Sso-Token', 'my_token=X-SSO-TOKEN'],
    ['X-Tunnel-Secret', 'my_secret=x-tunnel-secret'],
  ])('is no target of a renaming: %s', (_, map) => {
    expect(problemsOf({ ...CLAIMED, UNDERSCORE_HEADER_MAP: map })).toEqual([
      'UNDERSCORE_HEADER_MAP renames a header to one that the origin trusts (GF_AUTH_PROXY_…, GF_AUTH_JWT_… or ORIGIN_HEADERS)',
    ]);
  });

  test('is no target of the default renaming either', () => {
    expect(problemsOf({ GF_AUTH_JWT_HEADER_NAME: 'Api-Access-Token' })).toHaveLength(1);
  });

  test.each(['x_user=remote-user', 'x_ip=x-real-ip', 'x_a=authorization', 'x_h=host', 'x_c=content-type'])(
    'beside those that everyone knows, is a mistake of the configuration as a target: %s',
    (map) => {
      expect(problemsOf({ UNDERSCORE_HEADER_MAP: map })).toEqual([
        'UNDERSCORE_HEADER_MAP has a new name that claims an identity or frames a message',
      ]);
    },
  );
});

describe('what was changed', () => {
  async function changesOf(gateway: Gateway, sent: Sent, times = 1): Promise<unknown[]> {
    for (let time = 0; time < times; time++) await gateway.fetch('/', { headers: sent });
    return gateway.events
      .filter(({ event }) => event === 'headers.changed')
      .map(({ change, timesBefore }) => [change, timesBefore]);
  }

  test('is told once a name and minute, with how often it came before', async () => {
    const gateway = gatewayOf('hyphenate');
    expect(await changesOf(gateway, { x_a: 'secret-a' }, 3)).toEqual([['x_a -> x-a', 0]]);
    gateway.now = NOW + 59;
    await changesOf(gateway, { x_a: 'secret-a' });
    gateway.now = NOW + 60;
    expect(await changesOf(gateway, { x_a: 'secret-a' }, 2)).toEqual([
      ['x_a -> x-a', 0],
      ['x_a -> x-a', 4],
    ]);
    expect(JSON.stringify(gateway.events)).not.toContain('secret-a');
  });

  test('is told for each name', async () => {
    const sent = { x_a: '1', [MAPPED]: '2', x_webauth_user: '3', 'x.forwarded.for': '4' };
    const changes = await changesOf(gatewayOf('hyphenate'), sent);
    expect(changes.map((change) => (change as string[])[0]).sort()).toEqual([
      `${MAPPED} -> api-access-token`,
      'x.forwarded.for',
      'x_a -> x-a',
      'x_webauth_user',
    ]);
  });

  test('is not told of what every browser and Cloudflare itself send', async () => {
    const sent = { 'X-Forwarded-For': '1', 'CF-Connecting-IP': '2', Connection: 'close', Accept: '*/*' };
    expect(await changesOf(gatewayOf('hyphenate'), sent)).toEqual([]);
  });

  test('is nothing where names are kept', async () => {
    expect(await changesOf(gatewayOf('keep'), { x_a: '1' })).toEqual([]);
  });
});
