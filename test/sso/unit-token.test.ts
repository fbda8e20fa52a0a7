import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import type { AuthStyle } from '../../src/sso/options.ts';
import type { Endpoints } from '../../src/sso/provider/discovery.ts';
import { normaliseTokenAnswer } from '../../src/sso/provider/token-answer.ts';
import { TokenEndpoint } from '../../src/sso/provider/token-endpoint.ts';
import { NOW } from '../support/gateway.ts';

const TOKEN = 'https://id.test/token';
const ENDPOINTS: Endpoints = {
  server: {
    issuer: 'https://id.test',
    authorization_endpoint: 'https://id.test/authorize',
    token_endpoint: TOKEN,
  },
  isIssuerKnown: true,
  authorization: new URL('https://id.test/authorize'),
  token: new URL(TOKEN),
  userinfo: undefined,
  keys: undefined,
  endSession: undefined,
  idTokenAlgorithms: undefined,
};

const form = (text: string, type = 'application/x-www-form-urlencoded') =>
  new Response(text, { headers: { 'Content-Type': type } });

async function normalise(response: Response, name = 'id_token') {
  const { response: normal, idToken } = await normaliseTokenAnswer(response, name);
  return {
    status: normal.status,
    type: normal.headers.get('Content-Type'),
    members: await normal.json(),
    idToken,
  };
}

describe('an answer of a token endpoint', () => {
  test.each<[string, Response, Record<string, unknown>]>([
    [
      'JSON',
      Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 60 }),
      { token_type: 'Bearer', access_token: 'a', expires_in: 60 },
    ],
    [
      'a form',
      form('access_token=a&token_type=bearer&expires_in=60&scope=x%20y'),
      { token_type: 'bearer', access_token: 'a', expires_in: 60 },
    ],
    [
      'a form that calls itself a text',
      form('access_token=a', 'text/plain; charset=utf-8'),
      { token_type: 'bearer', access_token: 'a' },
    ],
    [
      'JSON that calls itself a text',
      form(' {"access_token":"a"}', 'text/plain'),
      { token_type: 'bearer', access_token: 'a' },
    ],
    [
      'JSON that calls itself a page',
      form('{"access_token":"a"}', 'text/html'),
      { token_type: 'bearer', access_token: 'a' },
    ],
    [
      'a number as a text',
      Response.json({ access_token: 'a', expires_in: '3599' }),
      { token_type: 'bearer', access_token: 'a', expires_in: 3_599 },
    ],
    [
      'a text that is no number',
      Response.json({ access_token: 'a', expires_in: '1 hour' }),
      { token_type: 'bearer', access_token: 'a' },
    ],
    ['a form that calls itself JSON', form('access_token=a', 'application/json'), { token_type: 'bearer' }],
    ['a list', Response.json(['access_token']), { token_type: 'bearer' }],
    ['null', Response.json(null), { token_type: 'bearer' }],
    ['nothing', new Response(''), { token_type: 'bearer' }],
    ['a page', form('<h1>Welcome</h1>', 'text/html'), { token_type: 'bearer' }],
  ])('that is %s', async (_what, response, members) => {
    expect(await normalise(response)).toEqual({
      status: 200,
      type: 'application/json',
      members,
      idToken: undefined,
    });
  });

  test.each([
    ['with 200', 200, 400],
    ['with 400', 400, 400],
    ['with 401', 401, 401],
  ])('that is an error counts as one: %s', async (_what, given, status) => {
    expect((await normalise(Response.json({ error: 'invalid_grant' }, { status: given }))).status).toBe(
      status,
    );
    expect((await normalise(form('error=bad_verification_code'))).status).toBe(400);
    expect((await normalise(Response.json({ error: 1, access_token: 'a' }))).status).toBe(200);
  });

  test.each([
    ['as everybody', { id_token: 'x' }, 'id_token', 'x'],
    ['under a name of its own', { id_token: 'y', my_token: 'x' }, 'my_token', 'x'],
    ['under a name that is not there', { id_token: 'y' }, 'my_token', undefined],
    ['empty', { id_token: '' }, 'id_token', undefined],
    ['no text', { id_token: { a: 1 } }, 'id_token', undefined],
    ['null', { id_token: null }, 'id_token', undefined],
    ['under a name of every object', {}, 'constructor', undefined],
  ])('has its ID token apart: %s', async (_what, more, name, idToken) => {
    const normal = await normalise(Response.json({ access_token: 'a', ...more }), name);
    expect(normal.idToken).toBe(idToken);
    // What verifies it is not oauth4webapi, which must not see it.
    expect(normal.members).toEqual({ token_type: 'bearer', access_token: 'a' });
  });
});

interface Asked {
  readonly authorization: string | null;
  readonly form: Readonly<Record<string, string>>;
}

type Judge = (asked: Asked) => Response;

/** A token endpoint of a script, and what it was asked. */
function setUp(
  judge: Judge,
  client: { readonly secret?: string | undefined; readonly authStyle?: AuthStyle; readonly id?: string } = {},
) {
  const asked: Asked[] = [];
  const { secret, authStyle = 'auto-detect', id = 'client' } = { secret: 'secret', ...client };
  const endpoint = new TokenEndpoint({
    client: {
      id,
      secret: secret === undefined ? undefined : new Secret(secret),
      authStyle,
      scopes: [],
      prompt: undefined,
      hostedDomain: undefined,
    },
    idTokenName: 'id_token',
    send: async (request) => {
      expect([request.url, request.method]).toEqual([TOKEN, 'POST']);
      const text = new TextDecoder().decode(await request.arrayBuffer());
      const one = {
        authorization: request.headers.get('Authorization'),
        form: Object.fromEntries(new URLSearchParams(text)),
      };
      asked.push(one);
      return judge(one);
    },
  });
  const parameters = endpoint.judgeCallback(new URLSearchParams('code=the-code&state=s'), 's', ENDPOINTS);
  if (!parameters.ok) throw new Error('refused');
  const redemption = {
    parameters: parameters.value,
    redirectUri: 'https://dash.test/cb',
    codeVerifier: 'v'.repeat(128),
  };
  const settle = async (outcome: ReturnType<TokenEndpoint['redeem']>) => {
    const { ok, ...rest } = await outcome;
    return 'value' in rest ? rest.value : rest.reason;
  };
  return {
    asked,
    endpoint,
    redeem: () => settle(endpoint.redeem(redemption, ENDPOINTS, NOW)),
    refresh: (token = 'refresh-1') => settle(endpoint.refresh(token, ENDPOINTS, NOW)),
  };
}

const TOKENS = { access_token: 'access', token_type: 'Bearer', expires_in: 60 };
const give: Judge = () => Response.json(TOKENS);
const refuse = (error: string, status = 400, headers: HeadersInit = {}): Response =>
  Response.json({ error }, { status, headers });
const takesParameters: Judge = ({ form: { client_secret } }) =>
  client_secret === 'secret' ? Response.json(TOKENS) : refuse('invalid_client', 401);

describe('the client at a token endpoint', () => {
  const basic = (text: string) => `Basic ${btoa(text)}`;
  const CODE = {
    grant_type: 'authorization_code',
    code: 'the-code',
    redirect_uri: 'https://dash.test/cb',
    code_verifier: 'v'.repeat(128),
  };

  test.each<[string, Parameters<typeof setUp>[1], string | null, Record<string, string>]>([
    ['in the header', { authStyle: 'in-header' }, basic('client:secret'), {}],
    ['in the parameters', { authStyle: 'in-params' }, null, { client_id: 'client', client_secret: 'secret' }],
    ['in the header where nobody said', {}, basic('client:secret'), {}],
    ['by its id alone, where it has no secret', { secret: undefined }, null, { client_id: 'client' }],
    // As Go's url.QueryEscape, which is how Grafana sends them.
    [
      'with signs that Basic escapes',
      { id: 'a b:c', secret: 'p-._~%+*é!', authStyle: 'in-header' },
      basic('a+b%3Ac:p-._~%25%2B%2A%C3%A9%21'),
      {},
    ],
    [
      'with signs that parameters escape',
      { secret: 'a&b=c d', authStyle: 'in-params' },
      null,
      { client_id: 'client', client_secret: 'a&b=c d' },
    ],
  ])('shows who it is %s', async (_what, client, authorization, parameters) => {
    const { asked, redeem } = setUp(give, client);
    await redeem();
    expect(asked).toEqual([{ authorization, form: { ...CODE, ...parameters } }]);
  });

  test('finds out which way is taken, once', async () => {
    const { asked, redeem, refresh } = setUp(takesParameters);
    expect(await redeem()).toMatchObject({ accessToken: 'access' });
    expect(asked.map(({ authorization }) => authorization !== null)).toEqual([true, false]);
    await redeem();
    await refresh();
    expect(asked.map(({ authorization }) => authorization !== null)).toEqual([true, false, false, false]);
  });

  test.each<[AuthStyle, number]>([
    ['in-header', 1],
    ['in-params', 1],
    ['auto-detect', 2],
  ])('is refused where its secret is not taken (%s), and stays with no way', async (authStyle, tries) => {
    const { asked, redeem } = setUp(() => refuse('invalid_client', 401), { authStyle });
    expect(await redeem()).toBe('client-refused');
    expect(await redeem()).toBe('client-refused');
    expect(asked).toHaveLength(2 * tries);
  });

  test.each<[string, Response | (() => Response), string]>([
    ['a client that it does not know', refuse('invalid_client'), 'client-refused'],
    ['a client that may not', refuse('unauthorized_client'), 'client-refused'],
    ['a challenge', refuse('x', 401, { 'WWW-Authenticate': 'Basic realm="x"' }), 'client-refused'],
    ['a code that is used up', refuse('invalid_grant'), 'grant-refused'],
    ['a code that is used up, with 200', refuse('invalid_grant', 200), 'grant-refused'],
    ['something else', refuse('server_error'), 'answer-invalid'],
    ['a page', new Response('<h1>', { headers: { 'Content-Type': 'text/html' } }), 'answer-invalid'],
    ['no access token', Response.json({ token_type: 'Bearer' }), 'answer-invalid'],
    ['an access token that is a number', Response.json({ ...TOKENS, access_token: 1 }), 'answer-invalid'],
    ['an empty access token', Response.json({ ...TOKENS, access_token: '' }), 'answer-invalid'],
    [
      'a kind of token that nobody can use',
      Response.json({ ...TOKENS, token_type: 'mac' }),
      'answer-invalid',
    ],
    ['a redirect', Response.redirect('https://evil.test/', 307), 'answer-invalid'],
    ['status 503', new Response('', { status: 503 }), 'unreachable'],
  ])('told of %s gives up', async (_what, answer, failure) => {
    const { asked, redeem } = setUp(() => (answer instanceof Response ? answer.clone() : answer()), {
      authStyle: 'in-header',
    });
    expect(await redeem()).toBe(failure);
    expect(asked).toHaveLength(1);
  });

  /** To a provider that looks for the client in the parameters alone, a request without it is not whole. */
  test('tries the other way where its request is not understood, as Go does', async () => {
    const { asked, redeem } = setUp((one) =>
      one.form.client_id === undefined ? refuse('invalid_request') : takesParameters(one),
    );
    expect(await redeem()).toMatchObject({ accessToken: 'access' });
    expect(asked).toHaveLength(2);
  });

  /** Whoever tried a code again in another way would find it used up; one that was refused as a client has used none. */
  test('tries no other way where the code is used up, or the provider ill', async () => {
    for (const answer of [() => refuse('invalid_grant'), () => new Response('', { status: 503 })]) {
      const { asked, redeem } = setUp(answer);
      await redeem();
      expect(asked).toHaveLength(1);
    }
  });
});

describe('the tokens', () => {
  const redeem = (answer: Record<string, unknown>) => setUp(() => Response.json(answer)).redeem();

  test.each([
    ['a minute', 60, NOW + 60],
    ['a minute and a half second', 60.5, NOW + 60],
    ['a text', '60', NOW + 60],
    ['nothing', 0, undefined],
    ['nothing that can be read', 'soon', undefined],
    ['a thousand years', 31_536_000_000, NOW + 31_536_000],
    ['more than a number holds', 1e308, NOW + 31_536_000],
  ])('live for %s', async (_what, expires_in, expiresAt) => {
    expect(await redeem({ ...TOKENS, expires_in })).toMatchObject({ expiresAt });
  });

  test('live for nobody knows how long where nobody says', async () => {
    const { expires_in: _, ...rest } = TOKENS;
    expect(await redeem(rest)).toEqual({
      accessToken: 'access',
      refreshToken: undefined,
      idToken: undefined,
      expiresAt: undefined,
    });
  });

  test('are read whatever else is with them: nobody asks for the scopes, which some give as a list', async () => {
    const extra = { scope: ['openid', 'email'], state: 1, 'not-before-policy': 0, user: { id: 1 } };
    expect(await redeem({ ...TOKENS, ...extra })).toMatchObject({ accessToken: 'access' });
  });

  /** Go's `oauth2` reads a null as if it were not there, so these sign in with Grafana. */
  test.each(['refresh_token', 'id_token', 'scope', 'expires_in', 'token_type', 'error'])(
    'are read where %s is null',
    async (member) => {
      expect(await redeem({ ...TOKENS, [member]: null })).toMatchObject({ accessToken: 'access' });
    },
  );

  test('keep the refresh token that was used where no new one came', async () => {
    const { asked, refresh } = setUp(give);
    expect(await refresh('former')).toMatchObject({ refreshToken: 'former', accessToken: 'access' });
    expect(asked[0]?.form).toEqual({ grant_type: 'refresh_token', refresh_token: 'former' });
    const rotating = setUp(() => Response.json({ ...TOKENS, refresh_token: 'next' }));
    expect(await rotating.refresh('former')).toMatchObject({ refreshToken: 'next' });
  });

  test('are no longer given where the refresh token is not good', async () => {
    expect(await setUp(() => refuse('invalid_grant')).refresh()).toBe('grant-refused');
  });
});

describe('what comes back in the address', () => {
  const judge = (query: string, endpoints: Partial<Endpoints> = {}) => {
    const { endpoint } = setUp(give);
    return endpoint.judgeCallback(new URLSearchParams(query), 'the-state', { ...ENDPOINTS, ...endpoints });
  };

  test.each([
    ['a code', 'code=a&state=the-state', true],
    ['a code, and whose it is', 'code=a&state=the-state&iss=https://id.test', true],
    ['a code of another provider', 'code=a&state=the-state&iss=https://evil.test', false],
    ['another state', 'code=a&state=other', false],
    ['no state', 'code=a', false],
    ['no code', 'state=the-state', false],
    ['two states', 'code=a&state=the-state&state=the-state', false],
    ['tokens in the address', 'code=a&state=the-state&id_token=x', false],
  ])('%s', (_what, query, isGood) => {
    const judged = judge(query);
    expect(judged.ok).toBe(isGood);
    if (!judged.ok) expect(judged.reason).toEqual({ kind: 'malformed' });
  });

  test('names an issuer in vain where nobody knows the right one', () => {
    expect(judge('code=a&state=the-state&iss=https://any.test', { isIssuerKnown: false }).ok).toBe(true);
  });

  test.each([
    ['access_denied', 'access_denied'],
    ['login_required', 'login_required'],
    ['Nope', 'other'],
    ['<script>', 'other'],
    ['a'.repeat(41), 'other'],
    ['ann@example.com', 'other'],
  ])('says no with a word of its own: %s', (error, told) => {
    const judged = judge(`${new URLSearchParams({ error, state: 'the-state' })}`);
    expect(judged.ok ? undefined : judged.reason).toEqual({ kind: 'denied', error: told });
  });

  test('says no to nobody whose state is another', () => {
    const judged = judge('error=access_denied&state=other');
    expect(judged.ok ? undefined : judged.reason).toEqual({ kind: 'malformed' });
  });
});
