import { STORAGE_CHECKS } from '../../api/checks-storage.ts';
import type { Finding } from '../../api/findings.ts';
import type { Bound, Visit } from '../../corridor.ts';
import { attempt } from '../../lib/storage-error.ts';
import type { SignInServices } from '../../sso/services.ts';
import { examineAll, findingsOf, SLOW_MS } from './examine.ts';
import { type KvTrial, type LedgerTrial, time, tryKv, tryLedger, VISIBLE_MS } from './trials.ts';

const tell = findingsOf(STORAGE_CHECKS);

/** A sign-in that nobody has: asking for it reads, and writes nothing. */
const NOBODYS_SIGN_IN = 'doctor';
const SIGN_IN_MS = 6_000;

/** What is bound, tried: written, read back and taken out again. */
export function examineStorage({ house, now }: Visit): Promise<Finding[]> {
  return examineAll(tell, [
    { checks: ['storage.kv', 'storage.kv-visible'], examine: () => examineKv(house.bound) },
    { checks: ['storage.ledger'], examine: async () => [await examineLedger(house.bound)] },
    { checks: ['storage.sign-ins'], examine: async () => [await examineSignIns(house.signIn, now)] },
  ]);
}

async function examineKv({ kv }: Bound): Promise<Finding[]> {
  if (kv) return judgeKv(await tryKv(kv));
  return [
    tell('storage.kv', {
      verdict: 'red',
      seen: 'POSTERN_KV is not bound: nothing can be revoked, and keys are those of SHARE_KEYS.',
      fix: 'Bind a KV namespace as POSTERN_KV, as in wrangler.toml, and deploy.',
    }),
    tell('storage.kv-visible', { verdict: 'skipped', seen: 'POSTERN_KV is not bound.' }),
  ];
}

const KV_STEPS = { write: 'write', read: 'read back', delete: 'delete' } as const;

export function judgeKv(trial: KvTrial): Finding[] {
  if (trial.failed !== undefined)
    return [
      tell('storage.kv', {
        verdict: 'red',
        seen: `KV could not ${KV_STEPS[trial.failed]} a value.`,
        fix: "See Cloudflare's status page, the namespace that POSTERN_KV is bound to, and the plan's writes of the day (1,000 on the free one).",
      }),
      tell('storage.kv-visible', { verdict: 'skipped', seen: 'KV failed before.' }),
    ];
  const { writeMs, readMs, visibleMs } = trial;
  const slowest = Math.max(writeMs, readMs);
  return [
    tell('storage.kv', {
      verdict: slowest > SLOW_MS ? 'yellow' : 'green',
      seen: `A value was written, ${visibleMs === undefined ? 'looked for' : 'read back'} and deleted: write ${writeMs} ms, read ${readMs} ms.`,
      ...(slowest > SLOW_MS && { fix: "Look again later; if it stays, see Cloudflare's status page." }),
      milliseconds: slowest,
    }),
    judgeVisible(visibleMs),
  ];
}

function judgeVisible(visibleMs: number | undefined): Finding {
  if (visibleMs === undefined)
    return tell('storage.kv-visible', {
      verdict: 'yellow',
      seen: `A write was not visible here within ${VISIBLE_MS / 1000} seconds.`,
      fix: 'After a revocation wait until it is seen (postern revoke … --wait); look at your list of keys again after a minute.',
    });
  return tell('storage.kv-visible', {
    verdict: 'green',
    seen: `A write was visible here after ${visibleMs} ms. Other places may take up to a minute.`,
    milliseconds: visibleMs,
  });
}

async function examineLedger({ ledger }: Bound): Promise<Finding> {
  if (ledger) return judgeLedger(await tryLedger(ledger));
  return tell('storage.ledger', {
    verdict: 'yellow',
    seen: 'POSTERN_LEDGER is not bound: events are in the log alone, and wrong signatures are not limited.',
    fix: 'Bind the Durable Objects as in wrangler.toml (class Ledger, with its migration), and deploy.',
  });
}

export function judgeLedger(trial: LedgerTrial): Finding {
  if (trial.failed)
    return tell('storage.ledger', {
      verdict: 'red',
      seen: 'A ledger could not be written and read back.',
      fix: "See Cloudflare's status page, and that the migrations of wrangler.toml were deployed.",
    });
  const { milliseconds } = trial;
  const isSlow = milliseconds > SLOW_MS;
  return tell('storage.ledger', {
    verdict: isSlow ? 'yellow' : 'green',
    seen: `A text was written, read back and taken out in ${milliseconds} ms.`,
    ...(isSlow && {
      fix: 'The first call may start an object far away. Look again; if it stays, see the status page.',
    }),
    milliseconds,
  });
}

async function examineSignIns(
  signIn: Pick<SignInServices, 'signIns'> | undefined,
  now: number,
): Promise<Finding> {
  if (!signIn) return tell('storage.sign-ins', { verdict: 'skipped', seen: 'Sign-in is off.' });
  const ask = () => signIn.signIns.readState(NOBODYS_SIGN_IN, now);
  // A refresh may take long; a sign-in that nobody has does not.
  return judgeSignIns(await time(() => attempt('read', SIGN_IN_MS, async () => ask())));
}

/** @param took milliseconds, or that nobody answered */
export function judgeSignIns(took: number | 'failed'): Finding {
  if (took === 'failed')
    return tell('storage.sign-ins', {
      verdict: 'red',
      seen: 'The Durable Objects of sign-ins do not answer.',
      fix: "See Cloudflare's status page, that POSTERN_SIGN_INS is bound, and that the migrations of wrangler.toml were deployed.",
    });
  const isSlow = took > SLOW_MS;
  return tell('storage.sign-ins', {
    verdict: isSlow ? 'yellow' : 'green',
    seen: `An object answered in ${took} ms.`,
    ...(isSlow && {
      fix: 'The first call may start an object far away. Look again; if it stays, see the status page.',
    }),
    milliseconds: took,
  });
}
