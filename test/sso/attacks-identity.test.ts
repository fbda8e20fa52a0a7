import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/lib/sha256.ts';
import { ISSUER, type Lies, PLACES } from '../support/attacks/sign-in/provider.ts';
import { PAGE, presented, SignInScene, USER_COOKIE } from '../support/attacks/sign-in/scene.ts';
import { userPairOf } from '../support/attacks/sign-in/stage.ts';
import { type Gateway, HOST, OTHER_SECRET, refusalOf } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { keyNamed } from '../support/keys.ts';
import { ORIGIN, origin } from '../support/origin.ts';

const ANN_CLAIMS = { login: 'ann', email: 'ann@example.com' };

const saying = (claims: Record<string, unknown>): Lies => ({ claims, userinfo: claims });

/** Why the last sign-in was refused, as the log has it. */
function reasonOf({ gateway }: SignInScene): unknown {
  return gateway.events.findLast(({ event }) => event === 'sso.refused')?.reason;
}

describe("names of Grafana's own administrator", () => {
  test.each([
    { login: 'admin' },
    { login: 'ADMIN' },
    { login: 'ａｄｍｉｎ' },
    { login: '𝐚𝐝𝐦𝐢𝐧' },
    { login: 'ⓐdmin' },
    { login: ' admin' },
    { login: 'admin ' },
    { login: 'admin\u00a0' },
    { login: 'admin\u3000' },
    { login: 'ad\u00admin' },
    { login: 'admin\u200b' },
    { login: '\ufeffadmin' },
    { login: 'ann', email: 'admin@localhost' },
    { login: 'ann', email: 'Admin@LOCALHOST' },
    { login: 'ann', email: 'admin@localhost ' },
    // Where nothing gives a login, the address is one.
    { login: undefined, username: undefined, email: 'admin' },
    { login: 'admin@localhost' },
    { login: 'ann', email: 'admin' },
  ])('%j is nobody who signs in', async (claims) => {
    for (const vars of [
      {},
      { ORIGIN_IDENTITY: 'auth-proxy', GF_AUTH_PROXY_HEADERS: 'Role:X-WEBAUTH-ROLE' },
    ]) {
      const scene = new SignInScene({ vars, lies: saying(claims) });
      const answer = await scene.finish(new Jar());
      expect(await refusalOf(answer)).toBe('403 sso_name_not_accepted');
      expect(reasonOf(scene)).toMatch(/^name: (?:reserved|not-presentable)$/);
    }
  });

  test('are whatever the operator says', async () => {
    const vars = { GF_SECURITY_ADMIN_USER: 'Root', GF_SECURITY_ADMIN_EMAIL: 'root@example.com' };
    for (const claims of [{ login: 'ROOT' }, { email: 'Root@Example.com' }]) {
      const scene = new SignInScene({ vars, lies: saying(claims) });
      expect(await refusalOf(await scene.finish(new Jar()))).toBe('403 sso_name_not_accepted');
    }
  });
});

describe('an ID token at refresh', () => {
  test.each([
    ['of another audience', { aud: 'foreign' }],
    ['of another issuer', { iss: 'https://evil.test' }],
    ['that has expired', { exp: 1 }],
  ])('%s changes nobody at refresh', async (_, wrong) => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    scene.provider.lies = { claims: { ...wrong, login: 'admin', name: 'Mallory' } };
    scene.gateway.now += 600;
    await scene.ask(browser);
    expect(presented()).toMatchObject({ ...ANN_CLAIMS, name: 'Ann Example' });
  });
});

describe('identity that a client claims beside its sign-in', () => {
  const SPELLINGS = (name: string) => {
    const lower = name.toLowerCase();
    const underscored = lower.replaceAll('-', '_');
    return [
      name,
      lower,
      underscored,
      underscored.toUpperCase(),
      lower.replace('-', '_'),
      lower.replaceAll('-', '.'),
    ];
  };
  const CLAIMED = [
    'X-JWT-Assertion',
    'X-WEBAUTH-USER',
    'X-WEBAUTH-ROLE',
    'X-WEBAUTH-GROUPS',
    'X-Grafana-Id',
    'X-Grafana-Device-Id',
    'X-DS-Authorization',
    'X-Id-Token',
    'X-Access-Token',
    'X-Forwarded-User',
    'X-Auth-Request-User',
    'X-My-Own',
    'Authorization',
  ];

  test.each([
    ['jwt', { GF_AUTH_JWT_HEADER_NAME: 'X-My-Own' }, ['x-my-own']],
    [
      'auth-proxy',
      {
        ORIGIN_IDENTITY: 'auth-proxy',
        GF_AUTH_PROXY_HEADER_NAME: 'X-My-Own',
        GF_AUTH_PROXY_HEADERS: 'Role:X-My-Role Groups:X-My-Groups',
      },
      ['x-my-own', 'x-my-role'],
    ],
  ])('does not arrive, in any spelling (%s)', async (_, vars, own) => {
    const scene = new SignInScene({ vars });
    const browser = await scene.signIn();
    for (const name of [...CLAIMED, ...own]) {
      for (const spelling of SPELLINGS(name)) {
        origin.received = [];
        const answer = await scene.ask(browser, '/api/user', { headers: { [spelling]: '7' } });
        const arrived = [...(origin.received[0]?.headers ?? new Headers())];
        const forms = arrived.filter(([, value]) => value === '7').map(([held]) => held);
        expect([name, forms]).toEqual([name, []]);
        if (answer.status === 200)
          expect(arrived.map(([held]) => held).filter((held) => held.startsWith('x-my-'))).toEqual(own);
      }
    }
  });

  test('in a header with two values is the one that the gateway sets', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    const headers = new Headers([
      ['X-JWT-Assertion', 'a.b.c'],
      ['X-JWT-Assertion', 'd.e.f'],
    ]);
    expect((await scene.ask(browser, '/api/user', { headers })).status).toBe(200);
    expect(presented()).toMatchObject(ANN_CLAIMS);
  });

  test('as a password or a token is not looked at: whoever is signed in is who they are', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    for (const Authorization of ['Basic YWRtaW46YWRtaW4=', 'Bearer glsa_of_somebody', 'Digest x']) {
      expect((await scene.ask(browser, '/api/user', { headers: { Authorization } })).status).toBe(200);
      expect(origin.received.at(-1)?.headers.get('Authorization')).toBeNull();
      expect(presented()).toMatchObject(ANN_CLAIMS);
    }
  });

  test('as cookies of Grafana does not arrive, nor does the gateway’s own', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    const Cookie = `grafana_session=1; ${browser.header}; grafana_session_expiry=9`;
    expect((await scene.gateway.fetch('/api/user', { headers: { Cookie } })).status).toBe(200);
    expect(origin.only.headers.get('Cookie')).toBeNull();
  });

  test.each([
    'auth_token',
    'AUTH_TOKEN',
    'auth%5Ftoken',
    '%61uth_token',
    'x=1&auth_token',
    'auth_token&auth_token',
  ])(
    'as the query’s %s, which Grafana’s auth.jwt can be told to read (url_login), goes to no origin',
    async (name) => {
      const scene = new SignInScene({ vars: { PUBLIC_DASHBOARDS: 'true' } });
      const browser = await scene.signIn();
      const query = `?${name}=eyJhbGciOiJub25lIn0.e30.`;
      expect(await refusalOf(await scene.ask(browser, `/api/user${query}`))).toBe('400 bad_request');
      expect(await refusalOf(await scene.gateway.fetch(`/api/user${query}`))).toBe('401 session_required');
      const shown = await scene.gateway.fetch(`/public-dashboards/0123456789abcdef0123456789abcdef${query}`);
      expect(shown.status).toBeGreaterThanOrEqual(400);
      expect(origin.received).toEqual([]);
    },
  );

  test.each(['auth_token_x', 'my_auth_token', 'token'])('%s is a parameter like any other', async (name) => {
    const scene = new SignInScene();
    expect((await scene.ask(await scene.signIn(), `/api/user?${name}=1`)).status).toBe(200);
  });

  test('as targetOrgId and orgId of the query goes on as it came: Grafana sees to it that the user belongs there', async () => {
    const scene = new SignInScene();
    await scene.ask(await scene.signIn(), '/api/user?targetOrgId=2&orgId=3');
    expect(origin.only.url).toContain('?targetOrgId=2&orgId=3');
    expect(presented()).toMatchObject(ANN_CLAIMS);
  });

  test.each(['0', '-1', '2, 3', '2x', '١', '99999999999', ' '])(
    'as the organisation %j, which is no one number, does not arrive',
    async (orgId) => {
      const scene = new SignInScene();
      const headers = {
        'X-Grafana-Org-Id': /^[\x20-\x7e]*$/.test(orgId) ? orgId : encodeURIComponent(orgId),
      };
      await scene.ask(await scene.signIn(), '/api/user', { headers });
      for (const request of origin.received) expect(request.headers.get('X-Grafana-Org-Id')).toBeNull();
    },
  );
});

describe('a sign-in’s cookie', () => {
  /** A status below 400 would mean that somebody was served. */
  async function isNobody(scene: SignInScene, gateway: Gateway, Cookie: string): Promise<void> {
    origin.received = [];
    const answer = await gateway.fetch(`${gateway.at}/api/user`, { headers: { Cookie } });
    expect(await refusalOf(answer)).toBe('401 session_required');
    expect(origin.received).toEqual([]);
    expect(scene.gateway.eventNames).not.toContain('request.failed');
  }

  test('of one host is none at another', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    for (const at of [
      'https://other.example.com',
      'https://dash.example.com:8443',
      'https://dash.example.com.evil.test',
    ])
      await isNobody(scene, scene.another(at), browser.header);
  });

  test('that came twice is none, whichever of them is good', async () => {
    const scene = new SignInScene();
    const pair = userPairOf(await scene.signIn());
    const bad = `${USER_COOKIE}=x`;
    for (const Cookie of [
      `${pair}; ${pair}`,
      `${pair}; ${bad}`,
      `${bad}; ${pair}`,
      `${pair}, ${pair}`,
      `${USER_COOKIE}=; ${pair}`,
    ])
      await isNobody(scene, scene.gateway, Cookie);
  });

  test('under a name that another host could have set is none', async () => {
    const scene = new SignInScene();
    const value = userPairOf(await scene.signIn()).slice(USER_COOKIE.length + 1);
    const names = [
      'postern-user',
      '__Secure-postern-user',
      '__host-postern-user',
      // White space that browsers take for part of a name, and so for no prefix.
      '\u00a0__Host-postern-user',
      '__Host-postern-user\u00a0',
      '__Host-Postern-User',
      '__Host-postern-s-01234567',
      '__Host-postern-tx-0123456789abcdef',
      '"__Host-postern-user"',
    ];
    for (const name of names) await isNobody(scene, scene.gateway, `${name}=${value}`);
  });

  test('that was changed, cut, or sealed by others is none', async () => {
    const scene = new SignInScene();
    const value = userPairOf(await scene.signIn()).slice(USER_COOKIE.length + 1);
    const middle = value.length >> 1;
    const flipped = `${value.slice(0, middle)}${value[middle] === 'A' ? 'B' : 'A'}${value.slice(middle + 1)}`;
    const strangers = new SignInScene({ vars: { POSTERN_SECRETS: OTHER_SECRET } });
    const foreign = userPairOf(await strangers.signIn()).slice(USER_COOKIE.length + 1);
    const share = (await scene.gateway.open()).header.split('=')[1] ?? '';
    const forged = [
      '',
      'x',
      flipped,
      value.slice(0, -1),
      `${value}A`,
      `"${value}"`,
      foreign,
      share,
      'eyJhbGciOiJub25lIn0.e30.',
      'x'.repeat(8_000),
    ];
    for (const each of forged) await isNobody(scene, scene.gateway, `${USER_COOKIE}=${each}`);
  });

  test('of somebody who has signed out is none here at once, and within a minute everywhere', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    const Cookie = browser.header;
    const elsewhere = scene.another();
    expect((await elsewhere.fetch('/api/user', { headers: { Cookie } })).status).toBe(200);
    await scene.gateway.fetchAs(browser, '/-/logout', {
      method: 'POST',
      headers: { Origin: `https://${HOST}` },
    });
    expect(await refusalOf(await scene.gateway.fetch('/api/user', { headers: { Cookie } }))).toBe(
      '401 sso_session_ended',
    );
    elsewhere.now += 60;
    expect(await refusalOf(await elsewhere.fetch('/api/user', { headers: { Cookie } }))).toBe(
      '401 sso_session_ended',
    );
  });

  test('is what the browser gets of the origin’s answers: nothing that Grafana sets stays', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    origin.answerWith(
      () =>
        new Response('ok', {
          headers: [
            ['Set-Cookie', 'grafana_session=1'],
            ['Set-Cookie', `${USER_COOKIE}=planted`],
          ],
        }),
    );
    expect(readSetCookies(await scene.ask(browser))).toEqual([]);
  });
});

describe('a page of another site', () => {
  test.each([
    { Origin: 'https://evil.test' },
    { Origin: 'null' },
    { Origin: 'https://other.example.com', 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { Origin: `http://${HOST}` },
    { Origin: `https://${HOST}:8443` },
    { Origin: `https://${HOST}.evil.test` },
  ])('%j changes nothing with a sign-in, and opens no socket', async (headers) => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await scene.ask(browser, '/api/user/password', { method, headers, body: '{}' });
      expect(await refusalOf(answer)).toBe('403 cross_site_refused');
    }
    const socket = await scene.ask(browser, '/api/live/ws', {
      headers: { Upgrade: 'websocket', ...headers },
    });
    expect(await refusalOf(socket)).toBe('403 cross_site_refused');
    expect(origin.received).toEqual([]);
  });

  test('opens no socket by saying nothing of where it is', async () => {
    const scene = new SignInScene();
    const browser = await scene.signIn();
    const socket = await scene.ask(browser, '/api/live/ws', { headers: { Upgrade: 'websocket' } });
    expect(await refusalOf(socket)).toBe('403 cross_site_refused');
  });

  test('gets no frame of what staff see', async () => {
    const scene = new SignInScene({ vars: { FRAME_ANCESTORS: 'https://portal.example.com' } });
    const browser = await scene.signIn();
    const answer = await scene.ask(browser, PAGE, { headers: { Accept: 'text/html' } });
    expect(answer.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'self'");
  });
});

describe('who is told to the origin', () => {
  test('is nobody, for static files and public dashboards', async () => {
    const scene = new SignInScene({ vars: { PUBLIC_DASHBOARDS: 'true' } });
    const browser = await scene.signIn();
    const token = '0123456789abcdef0123456789abcdef';
    for (const target of [
      '/public/build/app.js',
      '/public/build/app.js?auth_token=x',
      `/public-dashboards/${token}`,
      `/api/public/dashboards/${token}`,
    ]) {
      for (const init of [{}, { headers: { Range: 'bytes=0-1' } }]) {
        origin.received = [];
        await scene.ask(browser, target, init);
        for (const { headers } of origin.received) {
          for (const name of ['X-JWT-Assertion', 'Authorization', 'Cookie', 'X-WEBAUTH-USER'])
            expect([target, name, headers.get(name)]).toEqual([target, name, null]);
        }
      }
    }
  });

  test('is the link’s key for its dashboard, and staff for everything else', async () => {
    const scene = new SignInScene();
    const key = keyNamed('test1');
    const both = await scene.gateway.open({ to: PAGE }, await scene.signIn());
    await scene.ask(both, `${PAGE}?orgId=${key.orgId}`, { headers: { Accept: 'text/html' } });
    const [shared] = origin.received;
    expect(shared?.headers.get('Authorization')).toBe(`Bearer ${key.token}`);
    expect(shared?.headers.get('X-JWT-Assertion')).toBeNull();
    for (const target of ['/d/another/page', '/api/user', '/admin/users']) {
      origin.received = [];
      await scene.ask(both, target);
      expect(origin.only.headers.get('Authorization')).toBeNull();
      expect(presented()).toMatchObject(ANN_CLAIMS);
    }
  });

  test('is no key for staff whose link has ended, nor staff for a visitor whose sign-in has', async () => {
    const scene = new SignInScene({ vars: { SSO_SESSION_SECONDS: '60' } });
    const both = await scene.gateway.open({ to: PAGE }, await scene.signIn());
    scene.gateway.now += 61;
    origin.received = [];
    expect(await refusalOf(await scene.ask(both, '/api/admin/users'))).toMatch(/^40[13] /);
    expect(origin.received).toEqual([]);
    await scene.ask(both, PAGE);
    expect(origin.only.headers.get('X-JWT-Assertion')).toBeNull();
  });
});

describe('an issuer that nobody named', () => {
  const UNNAMED = {
    SSO_ISSUER: undefined,
    GF_AUTH_GENERIC_OAUTH_AUTH_URL: PLACES.authorize,
    GF_AUTH_GENERIC_OAUTH_TOKEN_URL: PLACES.token,
    GF_AUTH_GENERIC_OAUTH_JWK_SET_URL: PLACES.keys,
    GF_AUTH_GENERIC_OAUTH_API_URL: PLACES.userinfo,
  };

  test.each(['https://evil.test', '', 'x', ISSUER])(
    'is not the one that the address of the callback names (%s)',
    async (iss) => {
      const scene = new SignInScene({ vars: UNNAMED });
      const browser = new Jar();
      const callback = `${await scene.begin(browser)}&iss=${encodeURIComponent(iss)}`;
      const answer = await scene.gateway.fetchAs(browser, callback);
      expect(answer.status).toBe(303);
      await scene.ask(browser.take(answer));
      expect(presented()?.sub).toBe(sha256Hex(`${ISSUER}|ann-1`));
    },
  );

  test('makes another person of the same sub, who gets nothing of the first one’s', async () => {
    const scene = new SignInScene({ vars: UNNAMED });
    await scene.signIn();
    scene.provider.lies = { claims: { iss: 'https://other-tenant.test' } };
    expect(await refusalOf(await scene.finish(new Jar()))).toBe('403 sso_account_taken');
  });

  test.each([{ nonce: undefined }, { nonce: 'x' }, { aud: 'foreign' }, { aud: undefined }, { exp: 1 }])(
    'is no reason to believe a token of %j',
    async (claims) => {
      const scene = new SignInScene({ vars: UNNAMED, lies: { claims } });
      expect(await refusalOf(await scene.finish(new Jar()))).toBe('401 sso_id_token_invalid');
    },
  );
});

describe('an origin of ROUTES', () => {
  test('gets neither the cookie nor the name of somebody who is signed in at Grafana', async () => {
    const routes = [{ path: '/chat', origin: `${ORIGIN}/chat`, visitors: 'pass' }];
    const scene = new SignInScene({ vars: { ROUTES: JSON.stringify(routes) } });
    const browser = await scene.signIn();
    await scene.gateway.fetch('/chat/x', {
      headers: { Cookie: `${browser.header}; own=1`, 'X-JWT-Assertion': 'a.b.c' },
    });
    expect(origin.only.url).toBe(`${ORIGIN}/chat/chat/x`);
    expect(origin.only.headers.get('Cookie')).toBe('own=1');
    expect(presented()).toBeUndefined();
  });

  test('gets as little as Grafana does for those who come as themselves, whose sign-in is over', async () => {
    const scene = new SignInScene({ vars: { VISITORS: 'pass' } });
    const browser = await scene.signIn();
    scene.gateway.now += 86_400;
    await scene.gateway.fetch('/api/user', { headers: { Cookie: `${browser.header}; grafana_session=1` } });
    expect(origin.only.headers.get('Cookie')).toBe('grafana_session=1');
    expect(presented()).toBeUndefined();
  });
});
