/**
 * Hostile requests of test/vectors/attacks.json as raw bytes on a socket, so that no client library puts them right
 * first: against the Worker in its runtime, and for what concerns hops and framing with nginx behind it as well.
 * Where the runtime itself answers, its answer counts.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { requireNeighbour } from './neighbours.ts';
import { ATTACKS, type AttackCase } from './support/attack-cases.ts';
import { startNginx } from './support/nginx.ts';
import { judgeArrived, judgeAttack } from './support/raw-judge.ts';
import { CHATWOOT, type RawScene, sendAttack, setRawScene, settle } from './support/raw-scene.ts';

/** Areas where it matters what stands on the wire. Cases of others run here if they are marked raw. */
const AREAS = [
  'hop-by-hop',
  'request-smuggling',
  'path-traversal',
  'header-alias',
  'header-framing',
  'header-forwarded',
];
/** Areas that mean the most with another hop behind the gateway. */
const HOP_AREAS = ['hop-by-hop', 'request-smuggling'];

/** Cases of people who come as themselves. */
const AS_THEMSELVES = new Set(['hdr-057', 'hdr-060']);

/** Cases that the runtime answers in another way than they name, and why that is as safe. */
const ALSO_SAFE: Readonly<Record<string, { readonly status: number; readonly because: string }>> = {
  'smug-130': {
    status: 401,
    because: 'workerd reads both framings as chunked and ends the connection, as RFC 9112 §6.1 has it',
  },
  'smug-132': {
    status: 401,
    because: 'a tab before a value is white space like any other (RFC 9112 §5), so this is plainly chunked',
  },
  'smug-142': {
    status: 401,
    because:
      'workerd drops the host of an absolute target before the Worker runs: the header Host alone counts',
  },
};

const CASES = ATTACKS.filter(({ area, transport }) => AREAS.includes(area) || transport === 'raw-h1');
const HOP_CASES = CASES.filter(({ area }) => HOP_AREAS.includes(area));
const FRAMING_CASES = CASES.filter(({ area }) => area === 'request-smuggling');

test('the table of other safe answers names only cases that are run', () => {
  const ids = new Set(CASES.map(({ id }) => id));
  assert.deepEqual(
    Object.keys(ALSO_SAFE).filter((id) => !ids.has(id)),
    [],
  );
});

test('raw requests', async (t) => {
  const scene = await setRawScene(t);
  for (const attack of CASES) await t.test(nameOf(attack), () => run(attack, scene));
  for (const attack of FRAMING_CASES) {
    await t.test(`${nameOf(attack)}, under a session`, () => runUnderSession(attack, scene));
  }
});

test('raw requests with nginx between gateway and origin', async (t) => {
  const nginx = requireNeighbour(t, 'nginx');
  if (!nginx) return;
  const scene = await setRawScene(t, async (to) => {
    const [port] = await startNginx(t, nginx, [{ to }]);
    return `http://127.0.0.1:${port}`;
  });
  for (const attack of HOP_CASES) await t.test(nameOf(attack), () => run(attack, scene));
  for (const attack of FRAMING_CASES) {
    await t.test(`${nameOf(attack)}, under a session`, () => runUnderSession(attack, scene));
  }
});

function nameOf({ id, area, expect }: AttackCase): string {
  return `${id} ${area}: ${expect.assert[0]}`;
}

async function run(attack: AttackCase, scene: RawScene): Promise<void> {
  const host = AS_THEMSELVES.has(attack.id) ? { host: CHATWOOT } : {};
  const answers = await sendAttack(scene, attack, host);
  await settle(scene);
  const other = ALSO_SAFE[attack.id];
  const statuses = [...attack.expect.status, ...(other ? [other.status] : [])];
  const arrived = scene.origin.take();
  judgeAttack(attack, { answers, arrived }, statuses, scene);
  // Refusing would be safe too; these go on, and what the gateway adds gets there.
  if (attack.area === 'hop-by-hop') assert.equal(arrived.length, 1);
}

/** The same bytes from somebody whose requests go on: what reaches the origin is one request, or none. */
async function runUnderSession(attack: AttackCase, scene: RawScene): Promise<void> {
  await sendAttack(scene, attack, { headers: [['Cookie', scene.session]] });
  await settle(scene);
  judgeArrived(attack, scene.origin.take(), scene);
}
