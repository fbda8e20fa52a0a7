import { describe, expect, test } from 'vitest';
import { Gateway, NOW, OTHER_SECRET, refusalOf } from '../support/gateway.ts';
import { Jar, readSetCookies } from '../support/jar.ts';
import { entryOf, type KeyEntry, keyNamed, linkTo } from '../support/keys.ts';
import { origin } from '../support/origin.ts';

const KEY = keyNamed('test1');
const FRAMED = { 'Sec-Fetch-Dest': 'iframe' };
const TAB = { 'Sec-Fetch-Dest': 'document' };
const PAGE = '/d/uid-one/demo';

/** Opens a link in a frame; the address it leads to carries the first ticket. */
async function openFramed(gateway: Gateway, to = `${PAGE}?from=now-1h&kiosk`, expireSeconds?: number) {
  const link = linkTo({ key: KEY, at: gateway.now, to, expireSeconds });
  const response = await gateway.fetch(link, { headers: FRAMED });
  expect(response.status).toBe(303);
  return { jar: new Jar().take(response), checked: response.headers.get('Location') ?? '' };
}

/** The address of the button on the page that explains a lost cookie. */
async function findButton(gateway: Gateway, checked: string): Promise<string> {
  const response = await gateway.fetch(checked, { headers: { ...FRAMED, Accept: 'text/html' } });
  expect(response.status).toBe(400);
  const [, address = ''] = /<a class="open" href="([^"]+)"/.exec(await response.text()) ?? [];
  return address.replaceAll('&amp;', '&');
}

/** Where an answer leads, and whether it lets somebody in. */
function outcomeOf(response: Response): string {
  const admits = readSetCookies(response).some(({ value }) => value !== '');
  return `${response.status} ${response.headers.get('Location')}${admits ? ' admitted' : ''}`;
}

const PLAIN = `303 ${PAGE}?from=now-1h&kiosk`;

describe('the ticket of a frame', () => {
  test.each(['iframe', 'frame', 'embed', 'object'])('is given to %s', async (destination) => {
    const link = linkTo({ key: KEY, at: NOW });
    const response = await new Gateway().fetch(link, { headers: { 'Sec-Fetch-Dest': destination } });
    expect(response.headers.get('Location')).toMatch(
      /^\/d\/uid-one\/demo\?postern_check=[0-9a-f]{8}\.[\w-]+$/,
    );
  });

  test.each(['document', 'empty', '', 'IFRAME'])('is not given to %j', async (destination) => {
    const headers = { 'Sec-Fetch-Dest': destination };
    const response = await new Gateway().fetch(linkTo({ key: KEY, at: NOW }), { headers });
    expect(response.headers.get('Location')).toBe(PAGE);
  });

  test('is taken away where the cookie came back', async () => {
    const gateway = new Gateway();
    const { jar, checked } = await openFramed(gateway);
    const response = await gateway.fetchAs(jar, checked, { headers: FRAMED });
    expect(outcomeOf(response)).toBe(PLAIN);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect((await gateway.fetchAs(jar, `${PAGE}?from=now-1h&kiosk`)).status).toBe(200);
  });

  test('explains itself where the cookie did not come back, and offers a tab', async () => {
    const gateway = new Gateway();
    const { checked } = await openFramed(gateway);
    expect(await refusalOf(await gateway.fetch(checked, { headers: FRAMED }))).toBe('400 cookies_blocked');
    expect(await findButton(gateway, checked)).toMatch(
      /^\/d\/uid-one\/demo\?from=now-1h&kiosk&postern_open=/,
    );
    expect(gateway.events.at(-1)).toMatchObject({ event: 'session.cookies.blocked', key: 'test1', orgId: 1 });
    expect(origin.received).toEqual([]);
  });

  test('is not satisfied by the session of another key or dashboard', async () => {
    const gateway = new Gateway({ keys: [entryOf(KEY), entryOf(keyNamed('portal'))] });
    const { checked } = await openFramed(gateway);
    for (const link of [{ key: keyNamed('portal') }, { to: '/d/uid-two' }]) {
      const jar = await gateway.open(link);
      expect(await refusalOf(await gateway.fetchAs(jar, checked))).toBe('400 cookies_blocked');
    }
  });

  test('is satisfied by its own session beside a newer one of another key', async () => {
    const gateway = new Gateway({ keys: [entryOf(KEY), entryOf(keyNamed('portal'))] });
    const { jar, checked } = await openFramed(gateway);
    gateway.now = NOW + 5;
    await gateway.open({ key: keyNamed('portal') }, jar);
    expect(outcomeOf(await gateway.fetchAs(jar, checked))).toBe(PLAIN);
  });
});

describe('the ticket of a tab', () => {
  test('gives the session that the link gave, with the same end', async () => {
    const gateway = new Gateway();
    const { checked } = await openFramed(gateway, PAGE, 100);
    const button = await findButton(gateway, checked);
    gateway.now = NOW + 40;
    const response = await gateway.fetch(button, { headers: TAB });
    expect(outcomeOf(response)).toBe(`303 ${PAGE} admitted`);
    expect(readSetCookies(response).map(({ attributes }) => attributes['max-age'])).toEqual(['60']);
    const jar = new Jar().take(response);
    gateway.now = NOW + 99;
    expect((await gateway.fetchAs(jar, PAGE)).status).toBe(200);
    gateway.now = NOW + 100;
    expect(await refusalOf(await gateway.fetchAs(jar, PAGE))).toBe('401 session_required');
  });

  test.each([
    ['iframe', 'GET'],
    ['frame', 'GET'],
    ['empty', 'GET'],
    ['image', 'GET'],
    ['', 'GET'],
    ['document', 'POST'],
    ['document', 'HEAD'],
  ])('gives nothing to %j by %s, and leads on without it', async (destination, method) => {
    const gateway = new Gateway();
    const button = await findButton(gateway, (await openFramed(gateway)).checked);
    const headers = { 'Sec-Fetch-Dest': destination };
    expect(outcomeOf(await gateway.fetch(button, { method, headers }))).toBe(PLAIN);
  });

  test('leads, without a cookie, to the refusal of who has no session, and no further', async () => {
    const gateway = new Gateway();
    const button = await findButton(gateway, (await openFramed(gateway)).checked);
    const first = await gateway.fetch(button, { headers: TAB });
    const second = await gateway.fetch(first.headers.get('Location') ?? '', { headers: TAB });
    expect(await refusalOf(second)).toBe('401 session_required');
  });
});

/** What happens between a ticket and its use. */
interface Turn {
  readonly at?: string;
  readonly after?: number;
  readonly keys?: readonly KeyEntry[];
  readonly vars?: Readonly<Record<string, unknown>>;
}

async function useLater(use: 'check' | 'open', turn: Turn, expireSeconds?: number): Promise<string> {
  const gateway = new Gateway();
  const { checked } = await openFramed(gateway, PAGE, expireSeconds);
  const ticket = use === 'check' ? checked : await findButton(gateway, checked);
  const later = new Gateway({ ...turn, now: NOW + (turn.after ?? 0) });
  const response = await later.fetch(ticket, { headers: use === 'check' ? FRAMED : TAB });
  return response.status === 400 ? refusalOf(response) : outcomeOf(response);
}

const TURNED: readonly (readonly [what: string, turn: Turn])[] = [
  ['on another host', { at: 'https://other.example.com' }],
  ['in front of another origin', { vars: { ORIGIN_URL: 'https://grafana.test/other' } }],
  ['after its key was removed', { keys: [] }],
  ['after its key ended', { keys: [entryOf(KEY, { expires: '2024-01-01' })] }],
  ['after sharing was switched off', { vars: { API_KEY_SHARE: 'false' } }],
  ['after its secret was replaced', { vars: { POSTERN_SECRETS: OTHER_SECRET } }],
];

describe('a ticket', () => {
  test.each([
    ['check', 30, '400 cookies_blocked'],
    ['check', 31, `303 ${PAGE}`],
    ['check', -1, '400 cookies_blocked'],
    ['open', 90, `303 ${PAGE} admitted`],
    ['open', 91, `303 ${PAGE}`],
    ['open', 3600, `303 ${PAGE}`],
  ] as const)('to %s after %i seconds is answered %s', async (use, after, outcome) => {
    expect(await useLater(use, { after })).toBe(outcome);
  });

  test.each(TURNED)('opens nothing %s', async (_, turn) => {
    expect(await useLater('check', turn)).toBe(`303 ${PAGE}`);
    expect(await useLater('open', turn)).toBe(`303 ${PAGE}`);
  });

  test('revives no session that has ended', async () => {
    expect(await useLater('open', { after: 20 }, 20)).toBe(`303 ${PAGE}`);
    expect(await useLater('check', { after: 20 }, 20)).toBe(`303 ${PAGE}`);
    expect(await useLater('open', { after: 19 }, 20)).toBe(`303 ${PAGE} admitted`);
  });

  test('of one use is none of another, nor a session; a session is no ticket', async () => {
    const gateway = new Gateway();
    const { jar, checked } = await openFramed(gateway, PAGE);
    const button = await findButton(gateway, checked);
    const asOpen = checked.replace('postern_check', 'postern_open');
    const asCheck = button.replace('postern_open', 'postern_check');
    const sealed = jar.header.slice(jar.header.indexOf('=') + 1);
    for (const target of [
      asOpen,
      asCheck,
      `${PAGE}?postern_open=${sealed}`,
      `${PAGE}?postern_check=${sealed}`,
    ])
      expect(outcomeOf(await gateway.fetch(target, { headers: TAB })), target).toBe(`303 ${PAGE}`);
    for (const ticket of [checked, button]) {
      const Cookie = `${jar.names[0]}=${ticket.slice(ticket.indexOf('=') + 1)}`;
      expect(await refusalOf(await gateway.fetch(PAGE, { headers: { Cookie } }))).toBe(
        '401 session_required',
      );
    }
  });

  test.each(['', 'x', '00000000.', '%zz', `00000000.${'A'.repeat(60)}`])(
    'that somebody made up is taken away: %j',
    async (sealed) => {
      for (const name of ['postern_check', 'postern_open']) {
        const response = await new Gateway().fetch(`${PAGE}?a=1&${name}=${sealed}&b=2`, { headers: TAB });
        expect(outcomeOf(response)).toBe(`303 ${PAGE}?a=1&b=2`);
      }
    },
  );

  test.each(['check=1&postern_check=2', 'check=1&postern_open=2', 'open=1&a=b&postern_open=1'])(
    'is one: postern_%s is refused',
    async (query) => {
      const response = await new Gateway().fetch(`${PAGE}?postern_${query}`);
      expect(await refusalOf(response)).toBe('400 bad_request');
    },
  );

  test('never leads to another host, nor back to a ticket', async () => {
    const gateway = new Gateway();
    for (const path of [PAGE, '/', '/-x', '/evil.test/']) {
      const response = await gateway.fetch(`${path}?postern_check=1`);
      expect(response.headers.get('Location')).toBe(path);
    }
  });
});
