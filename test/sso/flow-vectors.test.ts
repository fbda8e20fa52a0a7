import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/lib/sha256.ts';
import { Gateway, NOW, readProblem } from '../support/gateway.ts';
import { Jar } from '../support/jar.ts';
import { origin } from '../support/origin.ts';
import { CLIENT, PlainProvider, type Shape } from '../support/plain-provider.ts';
import { STRICTER } from './stricter.ts';
import { type Members, type Vector, vectorsOf } from './vectors.ts';

/**
 * What Grafana answers to a sign-in that fails, and what the gateway answers: the same said in codes of its own. Its
 * attempt is one sealed cookie, so there is no state without a code verifier, and no verifier without a state.
 */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'auth.oauth.state.missing': ['400 sso_answer_malformed', '400 sso_attempt_unknown'],
  'auth.oauth.state.invalid': ['400 sso_attempt_unknown'],
  'auth.oauth.pkce.missing': ['400 sso_attempt_unknown'],
  'auth.oauth.email.missing': ['403 sso_email_missing'],
};

const PAGE = '/d/uid-one/demo?orgId=1';
const AUTHORIZATION = 'https://idp.test/authorize';
const TOKEN = 'https://idp.test/token';
const USERINFO = 'https://idp.test/userinfo';
const KEYS = 'https://keys-of-the-vector.test/jwks';

/** What a vector asks for is what an operator sets; `<idp>` is our provider. */
function varsOf({ settings, jwks }: Pick<Vector, 'settings' | 'jwks'>): Record<string, string> {
  const options = {
    enabled: true,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    auth_url: AUTHORIZATION,
    token_url: TOKEN,
    ...settings,
    // One address for keys: where the vector has them published.
    ...(settings.jwk_set_url === '<idp>/jwks' && jwks && { jwk_set_url: KEYS }),
  };
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      `GF_AUTH_GENERIC_OAUTH_${name.toUpperCase()}`,
      String(value),
    ]),
  );
}

interface Flow {
  readonly gateway: Gateway;
  readonly provider: PlainProvider;
  readonly jar: Jar;
  /** Where the provider was asked for, and where it sends back to. */
  readonly authorization: URL;
  readonly callback: string;
}

/** Out to the provider, whose user agrees. */
async function begin(
  vector: Pick<Vector, 'settings' | 'jwks'>,
  shape: Partial<Shape> = {},
  now = NOW,
): Promise<Flow> {
  const vars = { VISITORS: 'login', ...varsOf(vector) };
  const gateway = new Gateway({ bindings: 'real', vars, now });
  const provider = new PlainProvider(
    { authorization: AUTHORIZATION, token: TOKEN, ...shape },
    () => gateway.now,
  ).install();
  const { jwks } = vector;
  if (jwks) origin.putUp(new URL(KEYS).origin, () => Response.json(jwks));
  const jar = new Jar();
  const start = await gateway.fetchAs(jar, `/-/login/start?to=${encodeURIComponent(PAGE)}`);
  expect(start.status).toBe(303);
  const location = start.headers.get('Location') ?? '';
  const callback = provider.authorize(location);
  return { gateway, provider, jar: jar.take(start), authorization: new URL(location), callback };
}

/** And back with an answer of whatever kind. */
async function comeBack({ gateway, jar, callback }: Flow, to = callback): Promise<Response> {
  const answer = await gateway.fetchAs(jar, to);
  jar.take(answer);
  return answer;
}

/** What Grafana is told of somebody who is signed in. */
async function presented({ gateway, jar }: Flow): Promise<Members> {
  expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
  return decodeJwt(origin.only.headers.get('X-JWT-Assertion') ?? '');
}

/** Status, code and the event's reason of a sign-in that stops. Nobody is signed in, and Grafana was not asked. */
async function refusal(flow: Flow, answer: Response): Promise<{ answered: string; reason: unknown }> {
  const { code } = await readProblem(answer);
  const told = flow.gateway.events.filter(({ event }) => event === 'sso.refused');
  expect(told).toHaveLength(1);
  expect(flow.gateway.eventNames).not.toContain('sso.signed_in');
  expect(flow.jar.names.filter((name) => name.includes('postern-user'))).toEqual([]);
  expect(origin.received).toEqual([]);
  return { answered: `${answer.status} ${code}`, reason: told[0]?.reason };
}

const named = (vectors: readonly Vector[]) => vectors.map((vector) => [vector.name, vector] as const);
const isStricter = ({ name }: Vector) => Object.hasOwn(STRICTER, name);

/** Somebody else than the ID token names. Whoever could spoil the token must not become this. */
const OTHER = { sub: '123456789', email: 'from-userinfo@example.com' };
const withRawToken = (raw = '', api: Shape['api'] = {}): Partial<Shape> => ({
  api,
  extra: { id_token: raw },
});

describe('id_token_signature, through the flow', () => {
  const signatures = vectorsOf('id_token_signature');

  test.each(named(signatures.filter((vector) => !isStricter(vector))))('%s', async (_name, vector) => {
    const flow = await begin(vector, withRawToken(vector.id_token_raw));
    expect((await comeBack(flow)).status).toBe(303);
    expect(vector.expect.id_token_used).toBe(true);
    expect((await presented(flow)).email).toBe(vector.expect.email);
  });

  /** What each is refused for. The last one is signed as it should be: only what it says does not hold. */
  const REASONS: Readonly<Record<string, string>> = {
    'JWKS validation: wrong key -> id_token ignored (not a login error by itself)': 'id-token: signature',
    'JWKS validation: unknown kid -> ignored (derived)': 'id-token: signature',
    'JWKS validation checks only the signature: expired/foreign-audience token still used (derived from social_base.go)':
      'id-token: audience',
  };

  test.each(named(signatures.filter(isStricter)))('stricter: %s', async (name, vector) => {
    const settings = { ...vector.settings, api_url: USERINFO };
    const flow = await begin(
      { ...vector, settings },
      withRawToken(vector.id_token_raw, { [USERINFO]: OTHER }),
    );
    const { answered, reason } = await refusal(flow, await comeBack(flow));
    expect(answered).toBe('401 sso_id_token_invalid');
    expect(reason).toBe(REASONS[name]);
  });
});

describe('id_token_decode, through the flow', () => {
  /** The moment of the one token that has an end, so that it is no stale one that is read. */
  const DECODED_AT = 1_642_516_700;

  test.each(named(vectorsOf('id_token_decode')))('%s', async (_name, vector) => {
    const settings = { ...vector.settings, api_url: USERINFO };
    const api = { [USERINFO]: { email: OTHER.email } };
    const flow = await begin({ ...vector, settings }, withRawToken(vector.id_token_raw, api), DECODED_AT);
    const answer = await comeBack(flow);
    if (vector.expect.id_token_used) {
      expect((await presented(flow)).email).toBe(vector.expect.email);
      return;
    }
    // What cannot be read is no reason to take another source's word.
    expect(await refusal(flow, answer)).toEqual({
      answered: '401 sso_id_token_invalid',
      reason: 'id-token: malformed',
    });
  });

  test('a token is not read after its end, even where no key verifies it', async () => {
    const [, vector] = vectorsOf('id_token_decode');
    if (!vector) throw new Error('no vector');
    const flow = await begin(vector, withRawToken(vector.id_token_raw));
    expect((await refusal(flow, await comeBack(flow))).reason).toBe('id-token: expired');
  });
});

/** What the provider of a callback says of its user (`resolved_user`), in the claims that Grafana reads it from. */
function shapeOf({ request }: Vector): Partial<Shape> {
  const { id: sub, ...user } = (request?.resolved_user ?? {}) as Members;
  return { api: { [USERINFO]: { ...(sub !== undefined && { sub }), ...user }, [`${USERINFO}/emails`]: [] } };
}

/** How the callback of a vector arrives: its state, and whether the browser still has the attempt's cookie. */
function arriveAs({ request, settings }: Vector, flow: Flow): Flow {
  const cookies = (request?.cookies ?? {}) as Members;
  const state = request?.state_query;
  const callback = new URL(flow.callback);
  if (state === null) callback.searchParams.delete('state');
  // `some-state` is the one that the cookie belongs to.
  else if (state !== 'some-state') callback.searchParams.set('state', String(state));
  const isWhole =
    'oauth_state' in cookies && (settings.use_pkce !== true || 'oauth_code_verifier' in cookies);
  // Where only the state is wrong, the cookie is there.
  const jar = isWhole || state === 'some-other-state' ? flow.jar : new Jar();
  return { ...flow, jar, callback: callback.href };
}

describe('oauth_callback', () => {
  const callbacks = vectorsOf('oauth_callback');
  const settings = { api_url: USERINFO, role_attribute_path: 'role', groups_attribute_path: 'groups' };
  const start = (vector: Vector) =>
    begin({ ...vector, settings: { ...settings, ...vector.settings } }, shapeOf(vector));

  test.each(named(callbacks.filter(({ expect: { error } }) => error !== undefined)))(
    '%s',
    async (_name, vector) => {
      const flow = arriveAs(vector, await start(vector));
      const { answered } = await refusal(flow, await comeBack(flow));
      expect(CODES[String(vector.expect.error)]).toContain(answered);
      // A callback that belongs to no attempt of this browser makes the gateway ask nobody anything.
      const isForeign = vector.expect.error !== 'auth.oauth.email.missing';
      expect(flow.provider.asked.length > 0).toBe(!isForeign);
    },
  );

  test.each(named(callbacks.filter(({ expect: { error } }) => error === undefined)))(
    '%s',
    async (_name, vector) => {
      const flow = arriveAs(vector, await start(vector));
      expect((await comeBack(flow)).status).toBe(303);
      const { email, name, sub, groups, orgs } = await presented(flow);
      const { auth_id, org_roles, ...fields } = vector.expect;
      expect({ email, name, groups }).toEqual(fields);
      // Grafana's name of the user, told apart from those of other providers.
      expect(sub).toBe(sha256Hex(`https://idp.test|${auth_id}`));
      expect(orgs).toEqual(Object.entries(org_roles as Members).map(([id, role]) => `${id}/${role}`));
    },
  );

  test('every error of Grafana in the vectors has its code here, and no code stands for nothing', () => {
    const errors = callbacks.flatMap(({ expect: { error } }) => (error === undefined ? [] : [String(error)]));
    expect(Object.keys(CODES).sort()).toEqual([...new Set(errors)].sort());
  });

  /** Near misses of the state of an attempt whose cookie is there. */
  test.each([
    ['another secret behind the right id', (state: string) => `${state.slice(0, 17)}${'A'.repeat(43)}`],
    ['one that is cut off', (state: string) => state.slice(0, -1)],
    ['one with more behind it', (state: string) => `${state}A`],
    ['another case', (state: string) => state.toUpperCase()],
    ['none at all', () => ''],
  ])('a state that is %s is not the one that was sent', async (_what, change) => {
    const flow = await begin({ settings });
    const callback = new URL(flow.callback);
    callback.searchParams.set('state', change(callback.searchParams.get('state') ?? ''));
    const { answered } = await refusal(flow, await comeBack(flow, callback.href));
    expect(CODES['auth.oauth.state.invalid']).toContain(answered);
    expect(flow.provider.asked).toEqual([]);
    // The attempt itself goes on: a made-up callback takes nobody's sign-in away.
    expect(flow.jar.names).toHaveLength(1);
  });
});

/** How a parameter of a vector is written: a name, or a name with its value. */
function findParameter(searchParams: URLSearchParams, wanted: string): string | null {
  const [name = '', value] = wanted.split('=');
  const found = searchParams.get(name);
  return value === undefined || found === value ? found : null;
}

describe('oauth_redirect', () => {
  const redirects = vectorsOf('oauth_redirect');

  test.each(named(redirects))('%s', async (_name, vector) => {
    const { searchParams } = (await begin(vector)).authorization;
    for (const wanted of vector.expect.extra_params as string[])
      expect(findParameter(searchParams, wanted), wanted).toBeTruthy();
    if (vector.settings.hosted_domain !== undefined)
      expect(searchParams.get('hd')).toBe(vector.settings.hosted_domain);
  });

  test('says nothing that nobody set, and each thing once', async () => {
    const { searchParams } = (await begin({ settings: { empty_scopes: true } })).authorization;
    expect([...searchParams.keys()].sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'state',
    ]);
  });

  test('keeps its code verifier of 128 characters to the token endpoint', async () => {
    const verifierLength = redirects.map((vector) => vector.expect.verifier_length).find(Boolean);
    const flow = await begin({ settings: {} });
    const forms: URLSearchParams[] = [];
    origin.putUp('https://idp.test', async (request) => {
      forms.push(new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())));
      return Response.json({ error: 'invalid_grant' }, { status: 400 });
    });
    await comeBack(flow);
    const [form, ...more] = forms;
    const verifier = form?.get('code_verifier') ?? '';
    expect(more).toEqual([]);
    expect(verifier).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(verifier).toHaveLength(Number(verifierLength));
    expect(flow.authorization.href).not.toContain(verifier);
  });
});
