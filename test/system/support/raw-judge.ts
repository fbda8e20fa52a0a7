import assert from 'node:assert/strict';
import { type AttackCase, fillIn } from './attack-cases.ts';
import { foldsOf } from './forged-headers.ts';
import { type Arrived, valuesOf } from './origin.ts';
import type { RawAnswer } from './raw-http.ts';
import { KEY, placeholdersOf, type RawScene } from './raw-scene.ts';

/** What a connection came to. */
export interface Outcome {
  /** Several where the bytes were read as several requests. */
  readonly answers: readonly RawAnswer[];
  readonly arrived: readonly Arrived[];
}

/** Holds what became of a case against what it says is safe. `statuses` are those that are safe here. */
export function judgeAttack(
  attack: AttackCase,
  { answers, arrived }: Outcome,
  statuses: readonly number[],
  scene: RawScene,
): void {
  const [first, ...others] = answers;
  assert.ok(first && statuses.includes(first.status), `${first?.status} is none of ${statuses.join(', ')}`);
  // Bytes behind the request are a request of their own, from somebody without a session.
  for (const other of others) assert.ok(other.status >= 400, `a hidden request was answered ${other.status}`);
  if (attack.expect.origin === 'called') assert.equal(arrived.length, 1);
  if (attack.expect.origin === 'not_called') assert.deepEqual(arrived, []);
  judgeArrived(attack, arrived, scene);
}

/** The origin got the request itself or nothing: no other, nothing hidden, nobody else's identity. */
export function judgeArrived(attack: AttackCase, arrived: readonly Arrived[], scene: RawScene): void {
  assert.ok(arrived.length <= 1, `${arrived.length} requests reached the origin`);
  assert.deepEqual(scene.origin.broken, [], 'only requests of HTTP reached the origin');
  const { method, path } = attack.request;
  for (const request of arrived) {
    const target = fillIn(path, placeholdersOf(scene));
    assert.equal(`${request.method} ${request.target}`, `${method} ${target}`);
    assert.ok(!request.body.includes('HTTP/1.1'), 'a body hides a request');
    judgeFraming(request);
    judgeIdentity(request, scene);
    judgeNames(attack, request);
  }
}

/** One length or one coding, one host, and no hop's own headers (RFC 9112 §6.3, RFC 9110 §7.6.1). */
function judgeFraming(request: Arrived): void {
  const framing = [...valuesOf(request, 'content-length'), ...valuesOf(request, 'transfer-encoding')];
  assert.ok(framing.length <= 1, `framed twice: ${framing.join(' and ')}`);
  assert.equal(valuesOf(request, 'host').length, 1);
  for (const name of ['te', 'trailer', 'keep-alive', 'proxy-connection', 'http2-settings'])
    assert.deepEqual(valuesOf(request, name), [], name);
}

/** Under a session the key speaks, once and whole, whatever the client wanted deleted on the way. */
function judgeIdentity(request: Arrived, { session }: RawScene): void {
  assert.deepEqual(valuesOf(request, 'authorization'), [`Bearer ${KEY.token}`]);
  assert.deepEqual(valuesOf(request, 'x-grafana-org-id'), [String(KEY.orgId)]);
  assert.deepEqual(valuesOf(request, 'cookie'), []);
  assert.ok(!JSON.stringify(request.headers).includes(session.split('=')[1] ?? session));
}

function judgeNames({ request, expect }: AttackCase, arrived: Arrived): void {
  const values = arrived.headers.map(([, value]) => value);
  for (const absent of expect.upstream_absent_value ?? []) assert.ok(!values.includes(absent), absent);
  if (!expect.upstream_names_absent_alias_of) return;
  for (const [name, value] of Object.entries(request.headers)) {
    if (name === 'Cookie' || name === 'Content-Type') continue;
    const folds = foldsOf(name);
    const aliases = arrived.headers.filter(
      ([sent, text]) => sent === name || (folds.has(sent.toLowerCase()) && text === value),
    );
    assert.deepEqual(
      aliases.filter(([sent]) => sent.toLowerCase() !== 'content-type'),
      [],
    );
  }
}
