/**
 * The share link signers of `examples/sign`, each run as its users run it, against the vector file and against each
 * way to use it wrongly. One suite for all of them: a signer is a row of the table.
 */

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type NeighbourName, requireNeighbour } from './neighbours.ts';

interface Vectors {
  readonly keys: readonly { name: string; orgId: number; token: string; secret: string }[];
  readonly signatures: readonly { name: string; orgId: number; timestamp: number; sign: string }[];
}

/** A program and the arguments that come before the signer's own. */
type Program = readonly [string, ...string[]];

interface Signer {
  readonly name: string;
  readonly needs: readonly NeighbourName[];
  /** `paths` are those of `needs`, in order. Compiles into `scratch` where starting from source is slow. */
  prepare(paths: readonly string[], scratch: string): Program;
}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Call {
  readonly args: readonly string[];
  readonly token?: string;
  readonly timestamp?: string;
  readonly locale?: string;
}

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'examples/sign');
const vectors: Vectors = JSON.parse(readFileSync(join(root, 'test/vectors/share-v2.json'), 'utf8'));

const javaSource = join(examples, 'java/SignShareLink.java');
const goSource = join(examples, 'go/sign_share_link.go');

const signers: readonly Signer[] = [
  {
    name: 'node',
    needs: [],
    prepare: () => [process.execPath, join(examples, 'node/sign-share-link.mjs')],
  },
  {
    name: 'python',
    needs: ['python3'],
    prepare: ([python = '']) => [python, join(examples, 'python/sign_share_link.py')],
  },
  {
    name: 'shell',
    needs: ['openssl'],
    prepare: () => ['/bin/sh', join(examples, 'shell/sign-share-link.sh')],
  },
  {
    name: 'go',
    needs: ['go'],
    prepare([go = ''], scratch) {
      const binary = join(scratch, 'sign_share_link');
      execFileSync(go, ['build', '-o', binary, goSource]);
      return [binary];
    },
  },
  {
    name: 'java',
    needs: ['java', 'javac'],
    prepare([java = '', javac = ''], scratch) {
      execFileSync(javac, ['-d', scratch, javaSource]);
      return [java, '-cp', scratch, 'SignShareLink'];
    },
  },
];

const TIMESTAMP = '1726823533';
const URL_PLAIN = 'https://grafana.example.com/d/TZWea0001/test';
/** The key that the protocol's own documentation prints. */
const documented = findKey('test1', 1);

for (const signer of signers) {
  test(`${signer.name} signer`, async (t) => {
    const paths = signer.needs.map((name) => requireNeighbour(t, name)).filter((path) => path !== undefined);
    if (paths.length < signer.needs.length) return;
    const scratch = mkdtempSync(join(tmpdir(), 'postern-signer-'));
    t.after(() => rmSync(scratch, { recursive: true }));
    const program = signer.prepare(paths, scratch);

    await t.test('reproduces every signature of the vector file', () => checkVectors(program));
    await t.test('keeps the address as it is, and its fragment at the end', () => checkAddresses(program));
    await t.test('names a lifetime when told to', () => checkLifetime(program));
    await t.test('reads API keys however their JSON is written', () => checkApiKeySpellings(program));
    await t.test('signs for now unless told otherwise', () => checkNow(program));
    await t.test('takes a name of 190 characters', () => checkLongName(program));
    for (const mistake of MISTAKES) {
      await t.test(`refuses ${mistake.what}`, () => checkRefusal(program, mistake));
    }
  });
}

test('java signer, started from its source', async (t) => {
  const java = requireNeighbour(t, 'java');
  const javac = requireNeighbour(t, 'javac');
  if (!java || !javac) return;
  const link = await signLink([java, javaSource], { args: [URL_PLAIN, documented.name, '1'] });
  assert.match(link, /aliyun_api_key_sign=072c731bcb6cda40344cba2c58d188f3&/);
});

test('java signer, in a locale that cannot read the name, says so', async (t) => {
  const java = requireNeighbour(t, 'java');
  const javac = requireNeighbour(t, 'javac');
  if (!java || !javac) return;
  const call = { args: [URL_PLAIN, '客户门户', '7'], locale: 'C' };
  await checkRefusal([java, javaSource], { what: 'a name', call, says: /UTF-8/ });
});

function findKey(name: string, orgId: number): Vectors['keys'][number] {
  const key = vectors.keys.find((candidate) => candidate.name === name && candidate.orgId === orgId);
  assert(key, `the vector file has no key ${name}`);
  return key;
}

async function checkVectors(program: Program): Promise<void> {
  assert.equal(vectors.signatures.length, 40);
  await eachAtOnce(vectors.signatures, async ({ name, orgId, timestamp, sign }) => {
    const { token } = findKey(name, orgId);
    const url = `${URL_PLAIN}?from=1670816840000&to=1670838440000`;
    const link = await signLink(program, { args: [url, name, `${orgId}`], token, timestamp: `${timestamp}` });
    assert.deepEqual(takeApart(link, url).parameters, [
      ['aliyun_api_key_sign', sign],
      ['aliyun_api_key_timestamp', `${timestamp}`],
      ['aliyun_api_key_name', name],
      ['aliyun_api_key_org_id', `${orgId}`],
    ]);
  });
}

const ADDRESSES: readonly { url: string; joint: string }[] = [
  { url: 'https://grafana.example.com/d/u', joint: '?' },
  { url: 'http://127.0.0.1:8787/base/d/u/s', joint: '?' },
  { url: 'https://grafana.example.com/d/u/s?', joint: '' },
  { url: 'https://grafana.example.com/d/u/s?orgId=1', joint: '&' },
  { url: 'https://grafana.example.com/d/u/s?orgId=1&', joint: '' },
  { url: 'https://grafana.example.com/d/u/s#top', joint: '?' },
  { url: 'https://grafana.example.com/d/u/s?orgId=1#a?b&c#d', joint: '&' },
  { url: 'https://grafana.example.com/d/u/s#a?b', joint: '?' },
  // Each of these is what a URL library would write otherwise.
  {
    url: 'https://grafana.example.com/d/u/s?kiosk&var-a=x%20y+z&var-a=%e4%bd%a0&var-b=&=1&a=b=c',
    joint: '&',
  },
  { url: "https://grafana.example.com/d/u/s?var-q={a}|'b'~(c)*$x\\y[0]", joint: '&' },
  { url: 'https://grafana.example.com/d/u/s?var-city=北京', joint: '&' },
];

async function checkAddresses(program: Program): Promise<void> {
  await eachAtOnce(ADDRESSES, async ({ url, joint }) => {
    const link = await signLink(program, { args: [url, documented.name, '1'] });
    const parts = takeApart(link, url);
    assert.equal(parts.joint, joint, link);
    assert.equal(parts.parameters.length, 4);
    // As the gateway sees it: all that was there, then the four, nothing twice.
    const [before, after] = [new URL(url), new URL(link)];
    assert.deepEqual([...after.searchParams], [...before.searchParams, ...parts.parameters]);
    assert.equal(after.hash, before.hash);
  });
}

async function checkLifetime(program: Program): Promise<void> {
  for (const expireSeconds of ['1', '7200', '9999999999']) {
    const link = await signLink(program, { args: [URL_PLAIN, documented.name, '1', expireSeconds] });
    const last = takeApart(link, URL_PLAIN).parameters.slice(4);
    assert.deepEqual(last, [['aliyun_api_key_expire_seconds', expireSeconds]]);
  }
}

const SECRET = 'nktjIhxrqigeO0fG0wWEYTPvlQpB5CmP';

/** JSON of the same kind of key in other spellings. Grafana's own encoder writes & as \u0026. */
const API_KEY_SPELLINGS: readonly { json: string; name: string }[] = [
  { json: `{"k":"${SECRET}","n":"R\\u0026D \\u003cEU\\u003E","id":1}`, name: 'R&D <EU>' },
  { json: `{"k":"${SECRET}","n":"say \\"hi\\" \\\\ \\/ or not","id":1}`, name: 'say "hi" \\ / or not' },
  { json: `{"k":"${SECRET}","n":"tab\\t, line\\n, \\b\\f\\r","id":1}`, name: 'tab\t, line\n, \b\f\r' },
  {
    json: `{"k":"${SECRET}","n":"\\u00e9 \\u5ba2 \\ud83d\\ude00 é客😀","id":1}`,
    name: 'é 客 \u{1f600} é客\u{1f600}',
  },
  { json: ` {\n"id" : 12 ,\t"n" : "{k},:[n]" , "k" : "${SECRET}" }\n`, name: '{k},:[n]' },
];

async function checkApiKeySpellings(program: Program): Promise<void> {
  await eachAtOnce(API_KEY_SPELLINGS, async ({ json, name }) => {
    const token = Buffer.from(json).toString('base64');
    const link = await signLink(program, { args: [URL_PLAIN, name, '1'], token });
    const parameters = Object.fromEntries(takeApart(link, URL_PLAIN).parameters);
    assert.equal(parameters.aliyun_api_key_sign, expectedSign(SECRET, name, TIMESTAMP), json);
    assert.equal(parameters.aliyun_api_key_name, name);
  });
}

async function checkNow(program: Program): Promise<void> {
  const before = Math.floor(Date.now() / 1000);
  const link = await signLink(program, { args: [URL_PLAIN, documented.name, '1'], timestamp: '' });
  const parameters = Object.fromEntries(takeApart(link, URL_PLAIN).parameters);
  const timestamp = parameters.aliyun_api_key_timestamp ?? '';
  assert.match(timestamp, /^[0-9]{10}$/);
  assert(Number(timestamp) >= before && Number(timestamp) <= Math.ceil(Date.now() / 1000));
  const [secret = '', salt = ''] = documented.token.split('_').slice(1);
  assert.equal(parameters.aliyun_api_key_sign, expectedSign(secret, salt, timestamp));
}

async function checkLongName(program: Program): Promise<void> {
  const name = `${'客'.repeat(189)}\u{1f600}`;
  const link = await signLink(program, { args: [URL_PLAIN, name, '1'] });
  assert.equal(new URL(link).searchParams.get('aliyun_api_key_name'), name);
}

interface Mistake {
  readonly what: string;
  readonly call: Call;
  readonly says: RegExp;
}

const RIGHT = [URL_PLAIN, documented.name, '1'] as const;

const MISTAKES: readonly Mistake[] = [
  { what: 'a missing token', call: { args: RIGHT, token: '' }, says: /POSTERN_KEY_TOKEN.*glsa_/ },
  ...malformedTokens().map(([what, token]) => ({
    what: `a token that ${what}`,
    call: { args: RIGHT, token },
    says: /POSTERN_KEY_TOKEN.*glsa_/,
  })),
  ...['', '0', '01', '-1', '+1', '1.0', '1e3', '0x1', 'Main Org.', ' 1', '1\n', '12345678901', '１'].map(
    (org) => ({
      what: `organisation id ${JSON.stringify(org)}`,
      call: { args: [URL_PLAIN, documented.name, org] },
      says: /organisation id.*whole number/,
    }),
  ),
  ...['', '0', '060', '1h', '-60', '3600.5', '12345678901'].map((seconds) => ({
    what: `expire seconds ${JSON.stringify(seconds)}`,
    call: { args: [...RIGHT, seconds] },
    says: /expire seconds.*whole number/,
  })),
  ...[
    '172682353',
    '1726823533000',
    '0726823533',
    '172682353x',
    ' 1726823533',
    '１７２６８２３５３３',
    'now',
  ].map((timestamp) => ({
    what: `timestamp ${JSON.stringify(timestamp)}`,
    call: { args: RIGHT, timestamp },
    says: /POSTERN_TIMESTAMP.*ten digits/,
  })),
  ...[
    '',
    '/d/u/s',
    'grafana.example.com/d/u',
    'ftp://grafana.example.com/d/u',
    'https:///d/u',
    'https://',
  ].map((url) => ({
    what: `URL ${JSON.stringify(url)}`,
    call: { args: [url, 'test1', '1'] },
    says: /URL.*https:\/\//,
  })),
  ...[`${URL_PLAIN}?a=b c`, `${URL_PLAIN}\nx`, `${URL_PLAIN}\n`, `${URL_PLAIN}?\u0007`].map((url) => ({
    what: `URL ${JSON.stringify(url)}`,
    call: { args: [url, 'test1', '1'] },
    says: /URL.*spaces or control characters/,
  })),
  {
    what: 'a link that is signed already',
    call: { args: [`${URL_PLAIN}?aliyun_api_key_sign=00`, 'test1', '1'] },
    says: /URL.*already/,
  },
  { what: 'an empty name', call: { args: [URL_PLAIN, '', '1'] }, says: /key name.*190/ },
  {
    what: 'a name of 191 characters',
    call: { args: [URL_PLAIN, 'é'.repeat(191), '1'] },
    says: /key name.*190/,
  },
  { what: 'no arguments', call: { args: [] }, says: /usage:/ },
  { what: 'two arguments', call: { args: [URL_PLAIN, 'test1'] }, says: /usage:/ },
  { what: 'five arguments', call: { args: [...RIGHT, '60', 'more'] }, says: /usage:/ },
];

function malformedTokens(): [what: string, token: string][] {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const json = (text: string) => base64(text.replaceAll('SECRET', SECRET));
  return [
    ['is something else', 'hunter2-hunter2'],
    ['has no checksum', `glsa_${SECRET}`],
    ['has only a checksum', 'glsa_4f5ff3ce'],
    ['has an empty secret', 'glsa__4f5ff3ce'],
    ['has a short checksum', `glsa_${SECRET}_4f5ff3c`],
    ['has a checksum that is not hex', `glsa_${SECRET}_4f5ff3cg`],
    ['has four parts', `glsa_${SECRET}_x_4f5ff3ce`],
    ['begins with a space', ` glsa_${SECRET}_4f5ff3ce`],
    ['ends with a line break', `glsa_${SECRET}_4f5ff3ce\n`],
    ['is base64 of no JSON', base64(`just ${SECRET} and more`)],
    ['is base64 with a line break', `${json('{"k":"SECRET","n":"test1","id":1}')}\n`],
    ['is base64 without its padding', json('{"k":"SECRET","n":"test","id":1}').replace(/=+$/, '')],
    ['is base64 with a foreign character', json('{"k":"SECRET","n":"test1","id":1}').replace(/.$/, '*')],
    ['is cut off', json('{"k":"SECRET","n":"test1","id":1}').slice(0, 40)],
    ['is JSON without a secret', json('{"n":"SECRET","id":1}')],
    ['is JSON without a name', json('{"k":"SECRET","id":1}')],
    ['is JSON without an organisation', json('{"k":"SECRET","n":"test1"}')],
    ['is JSON with an empty name', json('{"k":"SECRET","n":"","id":1}')],
    ['is JSON with a name that is a list', json('{"k":"SECRET","n":["test1"],"id":1}')],
    ['is JSON with a secret that is a number', json('{"k":1,"n":"SECRET","id":1}')],
    ['is JSON with an organisation that is text', json('{"k":"SECRET","n":"test1","id":"1"}')],
    ['is JSON with something behind it', json('{"k":"SECRET","n":"test1","id":1}}')],
    ['is JSON with an unknown escape', json('{"k":"SECRET","n":"te\\st1","id":1}')],
    ['is a JSON list', json('["SECRET","test1",1]')],
    ['is JSON null', json('null')],
  ];
}

async function checkRefusal(program: Program, { call, says }: Mistake): Promise<void> {
  const token = call.token ?? documented.token;
  const { code, stdout, stderr } = await start(program, { ...call, token });
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, says);
  assert.match(stderr, /^sign-share-link: [^\n]+\n$/);
  for (const secret of [token.trim(), SECRET, documented.secret]) {
    assert(secret === '' || !stderr.includes(secret), 'the message holds the token');
  }
}

/** Runs a signer that has to succeed, and gives the one line that it may print. */
async function signLink(program: Program, call: Call): Promise<string> {
  const { code, stdout, stderr } = await start(program, call);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /^[^\n]+\n$/);
  return stdout.slice(0, -1);
}

function start(program: Program, call: Call): Promise<Result> {
  const { args, token = documented.token, timestamp = TIMESTAMP, locale = 'C.UTF-8' } = call;
  const [command, ...before] = program;
  const env: Record<string, string> = { PATH: process.env.PATH ?? '', LC_ALL: locale };
  // Not set is not the same as empty, and is what users will meet.
  if (token !== '') env.POSTERN_KEY_TOKEN = token;
  if (timestamp !== '') env.POSTERN_TIMESTAMP = timestamp;
  return new Promise((resolve, reject) => {
    execFile(command, [...before, ...args], { env, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** What was put into an address: the character that joins it, and the parameters in order, decoded. */
function takeApart(link: string, url: string): { joint: string; parameters: [string, string][] } {
  const hash = url.includes('#') ? url.indexOf('#') : url.length;
  const [address, fragment] = [url.slice(0, hash), url.slice(hash)];
  assert(link.startsWith(address), `${link} does not begin with ${address}`);
  assert(link.endsWith(fragment), `${link} does not end with ${fragment}`);
  const added = link.slice(address.length, link.length - fragment.length);
  // Bare decodeURIComponent, to which a plus is a plus.
  assert.match(added, /^[?&]?(?:[a-z_]+=[A-Za-z0-9%.!~*'()_-]+&?)+$/);
  const joint = /^[?&]?/.exec(added)?.[0] ?? '';
  const pairs = added.slice(joint.length).split('&');
  return { joint, parameters: pairs.map(splitPair) };
}

function splitPair(pair: string): [string, string] {
  const [name = '', value = ''] = pair.split('=');
  return [name, decodeURIComponent(value)];
}

function expectedSign(secret: string, salt: string, timestamp: string): string {
  const derived = pbkdf2Sync(secret, salt, 10_000, 50, 'sha256').toString('hex');
  return createHash('md5').update(`${derived}_${timestamp}`).digest('hex');
}

/** As many at once as there are processors: most of a signer's time is the start of its process. */
async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  });
  await Promise.all(workers);
}
