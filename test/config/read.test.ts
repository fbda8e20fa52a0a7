import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.ts';
import { LEAST, messagesOf, problemsOf, readRight, readWrong } from '../support/config.ts';
import { OTHER_SECRET, SECRET } from '../support/gateway.ts';
import { entryOf, keyNamed } from '../support/keys.ts';

describe('a configuration that holds', () => {
  test('needs an origin and a secret, and has a default for everything else', () => {
    const config = readRight();
    expect(config.origin).toMatchObject({ base: 'https://grafana.test', host: 'grafana.test', prefix: '' });
    expect(config.origin.timeoutSeconds).toBe(60);
    expect(config.origin.frameAncestors).toEqual(["'self'"]);
    expect(config.share).toMatchObject({
      enabled: true,
      keys: [],
      sessionSeconds: 3600,
      sessionMaxSeconds: 86_400,
    });
    expect([...config.share.versions]).toEqual(['v2']);
    expect(config.visitors).toBe('deny');
    expect(config.warnings).toEqual([]);
  });

  test('keeps the path prefix of the origin without its final slash', () => {
    expect(readRight({ ORIGIN_URL: 'https://grafana.test:3000/grafana/' }).origin).toMatchObject({
      base: 'https://grafana.test:3000',
      prefix: '/grafana',
    });
  });

  test('reads numbers, booleans and tables as wrangler hands them over', () => {
    const config = readRight({
      SHARE_SESSION_SECONDS: 120,
      API_KEY_SHARE: false,
      SHARE_KEYS: [entryOf(keyNamed('test1'))],
    });
    expect(config.share).toMatchObject({ sessionSeconds: 120, enabled: false });
    expect(config.share.keys.map(({ name }) => name)).toEqual(['test1']);
  });

  test('takes an empty variable for one that is not set', () => {
    expect(
      readRight({ SHARE_SESSION_SECONDS: '', SHARE_KEYS: '  ', PUBLIC_URL: '' }).share.sessionSeconds,
    ).toBe(3600);
  });

  test('lets bindings of other kinds pass that are none of its own', () => {
    expect(readRight({ POSTERN_KV: {}, SOME_QUEUE: { send: () => undefined } }).warnings).toEqual([]);
  });

  test('knows no list under a name that is not its own: no binding is one', () => {
    expect(problemsOf({ FRAME_ANCESTOR: ['https://portal.example.com'] })).toEqual([
      'FRAME_ANCESTOR is not a variable of Postern',
    ]);
  });

  test('takes several secrets, the newest first', () => {
    const { secrets } = readRight({ POSTERN_SECRETS: `${SECRET}, ${OTHER_SECRET}` }).session;
    expect(secrets.map((secret) => secret.reveal())).toEqual([SECRET, OTHER_SECRET]);
  });
});

/** A wrong value of each variable, and what is said about it. */
const WRONG: readonly (readonly [name: string, value: unknown, problem: string])[] = [
  ['ORIGIN_URL', 'grafana.test', 'is not an absolute address'],
  ['ORIGIN_URL', 'ftp://grafana.test', 'is neither an http nor an https address'],
  ['ORIGIN_URL', 'https://grafana.test/?a=1', 'has a query or a fragment'],
  ['POSTERN_SECRETS', 'too short', 'holds a secret that is shorter than 32 characters'],
  ['POSTERN_SECRETS', `${SECRET} short`, 'holds a secret that is shorter than 32 characters'],
  ['ORIGIN_HEADERS', 'no json', 'is not JSON'],
  ['ORIGIN_HEADERS', '{"Cookie":"a"}', 'names a header that the gateway sets itself'],
  ['ORIGIN_HEADERS', '{"X Y":"a"}', 'names a header that HTTP does not allow'],
  ['ORIGIN_HEADERS', '{"X-Y":"a\\nb"}', 'has a character that a header cannot carry'],
  ['ORIGIN_TIMEOUT_SECONDS', '0', 'is not between 1 and 600'],
  ['ORIGIN_TIMEOUT_SECONDS', '1.5', 'is not a whole number'],
  ['PUBLIC_URL', 'dashboards.example.com', 'is not an absolute address'],
  ['VISITORS', 'sign-in', 'is none of deny, login, pass'],
  ['API_KEY_SHARE', 'yes', 'is neither true nor false'],
  ['API_KEY_SHARE_VERSION', 'v2 v4', 'names a version other than v1 and v2'],
  ['SHARE_KEYS', '{}', 'is not a JSON list'],
  ['SHARE_SESSION_SECONDS', '-1', 'is not a whole number'],
  ['SHARE_SESSION_MAX_SECONDS', '31536001', 'is not between 1 and 31536000'],
  ['SHARE_FRESHNESS_SECONDS', '3601', 'is not between 1 and 3600'],
  ['NOT_ALLOW_REQUEST_URI', '/swagger|metrics', 'has a prefix that does not begin with /'],
  ['FRAME_ANCESTORS', 'portal.example.com', 'has a source that CSP does not know'],
  ['FRAME_ANCESTORS', "'none' https://portal.example.com", "has 'none' beside others"],
  ['ADMIN_TOKEN', 'short', 'is shorter than 32 characters'],
];

describe('a configuration with mistakes', () => {
  test.each(WRONG)('%s=%s is said to be wrong', (name, value, problem) => {
    const mistakes = readWrong({ [name]: value });
    expect(mistakes.map(({ variable }) => variable)).toEqual([name]);
    expect(mistakes[0]?.problem).toContain(problem);
  });

  test('is told all of its mistakes at once', () => {
    const wrong = {
      ORIGIN_URL: 'nowhere',
      VISITORS: 'all',
      SHARE_KEYS: '{',
      ORIGIN_TIMEOUT_SECONDS: 'soon',
      X: '1',
    };
    const told = readWrong(wrong).map(({ variable }) => variable);
    expect(told.sort()).toEqual(['ORIGIN_TIMEOUT_SECONDS', 'ORIGIN_URL', 'SHARE_KEYS', 'VISITORS', 'X']);
  });

  test('is told which required variables are missing', () => {
    expect(problemsOf({ ORIGIN_URL: undefined, POSTERN_SECRETS: undefined }).sort()).toEqual([
      'ORIGIN_URL is missing',
      'POSTERN_SECRETS is missing',
    ]);
  });

  test('is told the name, what it holds, what is allowed and an example', () => {
    expect(messagesOf({ VISITORS: 'everyone' })).toBe(
      `VISITORS is none of deny, login, pass (it holds: everyone). Allowed: ${VARIABLES.VISITORS.allowed}. Example: VISITORS=deny`,
    );
  });

  test('shows a long value by its beginning', () => {
    const [mistake] = readWrong({ FRAME_ANCESTORS: 'x'.repeat(5000) });
    expect(mistake?.holds).toBe(`${'x'.repeat(200)}…`);
  });

  test.each([
    ['ORIGN_URL', 'did you mean ORIGIN_URL?'],
    ['share_keys', 'did you mean SHARE_KEYS?'],
    ['SHARE_KEY', 'did you mean SHARE_KEYS?'],
    ['SOMETHING_ELSE', 'the variables of docs/configuration.md'],
  ])('knows no %s, and says: %s', (name, suggestion) => {
    const [mistake] = readWrong({ [name]: 'a value that may be a secret' });
    expect(mistake).toMatchObject({
      variable: name,
      problem: 'is not a variable of Postern',
      allowed: suggestion,
    });
    expect(mistake?.holds).toBe('[redacted]');
  });

  test('is told that PUBLIC_URL and ORIGIN_URL name one host', () => {
    expect(problemsOf({ PUBLIC_URL: 'https://grafana.test/dash' })).toEqual([
      "ORIGIN_URL has the gateway's own host: requests would go round in a circle",
    ]);
  });
});

describe('messages about mistakes', () => {
  test('repeat no secret', () => {
    const secret = 'hunter2-hunter2';
    const said = messagesOf({
      POSTERN_SECRETS: secret,
      ADMIN_TOKEN: secret,
      ORIGIN_HEADERS: `{"Cookie":"${secret}"}`,
      SHARE_KEYS: JSON.stringify([{ name: 'a', orgId: 1, token: `glsa_${secret}` }]),
    });
    expect(said).not.toContain(secret);
    expect(said.match(/it holds: \[redacted\]/g)).toHaveLength(4);
  });

  test('repeat no part of a text that is no JSON', () => {
    expect(messagesOf({ SHARE_KEYS: '[hunter2-hunter2' })).not.toContain('hunter2');
    expect(messagesOf({ ORIGIN_HEADERS: '{"A":hunter2-hunter2}' })).not.toContain('hunter2');
  });

  test.each([
    'https://admin:hunter2@grafana.test',
    'https://admin:hun@ter2-hunter2@grafana.test',
    'https:admin:hunter2@grafana.test',
    'https:\\\\admin:hunter2@grafana.test',
    'https:///admin:hunter2@grafana.test',
    'https://admin:hunter2@grafana.test/a b',
    'ftp://admin:hunter2@grafana.test',
  ])('repeat no credentials of the address %s', (address) => {
    for (const name of ['ORIGIN_URL', 'PUBLIC_URL']) {
      expect(messagesOf({ [name]: address })).not.toMatch(/hun|ter2/);
    }
    expect(messagesOf({ ROUTES: JSON.stringify([{ path: '/a', origin: address }]) })).not.toMatch(/hun|ter2/);
  });
});

describe('warnings', () => {
  test('tell of a token whose checksum is wrong, without the token', () => {
    const token = 'glsa_yV9HAOVCjNKkvKoLMiypOc5T0OovHXPV_4f5ff3cf';
    const { warnings } = readRight({ SHARE_KEYS: JSON.stringify([{ name: 'typo', orgId: 1, token }]) });
    expect(warnings).toEqual([expect.stringMatching(/^SHARE_KEYS: the token of "typo".*wrong checksum/)]);
    expect(warnings.join()).not.toContain('yV9HAOVC');
  });

  test('are none where every plain variable is set to its example', () => {
    const plain = Object.entries(VARIABLES).filter(([, { kind }]) => kind === 'var');
    const vars = Object.fromEntries(plain.map(([name, { example }]) => [name, example]));
    expect(readRight({ ...vars, ADMIN_TOKEN: SECRET }).warnings).toEqual([]);
  });

  test('tell of pages that anyone may embed', () => {
    expect(readRight({ FRAME_ANCESTORS: '*' }).warnings).toEqual([
      'FRAME_ANCESTORS: * lets any page embed dashboards',
    ]);
  });
});

test('the least configuration of these tests is the least there is', () => {
  for (const name of Object.keys(LEAST))
    expect(problemsOf({ [name]: undefined })).toEqual([`${name} is missing`]);
});
