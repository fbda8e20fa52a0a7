import type { RecoverOrderJson, RecoveryJson, RecoveryStep } from '../api/sso-recover.ts';
import type { Visit } from '../corridor.ts';
import { formatInstant } from '../lib/instant.ts';
import { lifeOf } from '../revocation/life.ts';
import type { Rule } from '../revocation/rule.ts';
import { idOf, labelOf, type Target } from '../revocation/target.ts';
import { FRESH_SECONDS } from '../sso/assertion-keys.ts';
import type { SignInServices } from '../sso/services.ts';
import { lifetimesOf } from './lifetimes.ts';
import { PROPAGATION_SECONDS, revoke } from './revocations.ts';
import { requireSignIn } from './sso.ts';
import { lookAtProvider } from './sso-recover-provider.ts';
import { requireStores } from './stores.ts';

/** What `GET /-/jwks.json` lets a Grafana remember, whatever its `cache_ttl`. */
const KEY_SET_SECONDS = 300;
/** Until every isolate publishes a new key, and every Grafana has asked again: only then does it sign. */
const ASSERTION_KEY_SECONDS = FRESH_SECONDS + KEY_SET_SECONDS;
const REASON = 'postern sso recover';

/** What a step is given. */
interface Scene {
  readonly order: RecoverOrderJson;
  readonly signIn: SignInServices;
  readonly visit: Visit;
}

/** One step of a recovery, as a row of a table. */
interface StepRow {
  readonly step: RecoveryStep;
  readonly isWanted: (order: RecoverOrderJson) => boolean;
  readonly run: (scene: Scene) => Promise<unknown>;
  readonly done: string;
  readonly planned: string;
  /** Where it was not asked for. */
  readonly left: string;
}

/** The steps in their order: who is out first cannot undo what follows by a refresh. */
const STEPS: readonly StepRow[] = [
  {
    step: 'sign-ins',
    isWanted: () => true,
    run: ({ visit }) => endSignIns(visit),
    done: 'Everybody who had signed in is signed out, and is led to sign-in.',
    planned: 'Everybody who has signed in would be signed out, and led to sign-in.',
    left: '',
  },
  {
    step: 'share-sessions',
    isWanted: ({ shareSessions = false }) => shareSessions,
    run: ({ visit }) => revoke({ kind: 'all', reason: REASON }, visit),
    done: 'What share links had opened is closed. Links that are signed from now on open again.',
    planned: 'What share links have opened would be closed. Links that are signed later would open again.',
    left: 'What share links have opened stays open: they have nothing to do with sign-in.',
  },
  {
    step: 'accounts',
    isWanted: ({ releaseAccounts = false }) => releaseAccounts,
    run: ({ signIn, visit }) => signIn.accounts.releaseUntil(visit.now),
    done: 'Every login and e-mail address is free: each is of whoever signs in with it next.',
    planned: 'Every login and e-mail address would be free: each is of whoever signs in with it next.',
    left: 'Logins and e-mail addresses stay with the users of the provider who hold them.',
  },
  {
    step: 'assertion-key',
    isWanted: ({ keepAssertionKey = false }) => !keepAssertionKey,
    run: ({ signIn, visit }) => signIn.keys.renew(visit.now, ASSERTION_KEY_SECONDS),
    done: `A new key is published, and signs assertions in ${ASSERTION_KEY_SECONDS / 60} minutes, when Grafana knows it. The former one signs until then.`,
    planned: `A new key would be published, and would sign assertions after ${ASSERTION_KEY_SECONDS / 60} minutes, when Grafana knows it.`,
    left: 'The key that signs assertions stays.',
  },
  {
    step: 'provider',
    isWanted: () => true,
    run: ({ signIn, visit }) => forgetProvider(signIn, visit.now),
    done: "The provider's addresses and keys are forgotten, and read anew.",
    planned: "The provider's addresses and keys would be forgotten, and read anew.",
    left: '',
  },
];

/**
 * Brings sign-in back after the provider was restored: everybody out, a new key, nothing stale; and looks whether the
 * provider takes the client. A dry run changes nothing. May be repeated, also after it was cut off.
 *
 * @throws Refused where sign-in is off, or nothing can be revoked @throws StorageUnavailable
 */
export async function recover(order: RecoverOrderJson, visit: Visit): Promise<RecoveryJson> {
  const scene: Scene = { order, signIn: requireSignIn(visit), visit };
  requireStores(visit);
  const isDry = order.dryRun === true;
  const steps: RecoveryJson['steps'] = [];
  for (const row of STEPS) steps.push(await take(row, scene, isDry));
  if (!isDry) tellRecovered(order, visit);
  const findings = await lookAtProvider(scene.signIn, visit);
  // What failed until now was of the former state.
  if (!isDry) await scene.signIn.health.reset(visit.now);
  return {
    dryRun: isDry,
    at: formatInstant(visit.now),
    steps,
    findings,
    effectiveSeconds: visit.house.config.revocation.memoSeconds + PROPAGATION_SECONDS,
    assertionKeySeconds: order.keepAssertionKey ? 0 : ASSERTION_KEY_SECONDS,
    left: listLeft(order, findings),
  };
}

async function take(
  { step, isWanted, run, done, planned, left }: StepRow,
  scene: Scene,
  isDry: boolean,
): Promise<RecoveryJson['steps'][number]> {
  if (!isWanted(scene.order)) return { step, state: 'left', says: left };
  if (isDry) return { step, state: 'planned', says: planned };
  await run(scene);
  return { step, state: 'done', says: done };
}

/** Ends what began until now. It takes back nothing but sign-ins, and nobody's next one. */
async function endSignIns(visit: Visit): Promise<void> {
  const target: Target = { kind: 'sign-ins' };
  const [id, label] = [idOf(target), labelOf(target)];
  const rule: Rule = { before: visit.now, at: visit.now, reason: REASON, by: 'operator', label };
  const life = lifeOf(target.kind, rule, visit.now, lifetimesOf(visit));
  await requireStores(visit).revocations.write({ id, rule }, life);
  visit.house.revocations.forget();
  visit.observe('revocation.made', { kind: target.kind, id, label, by: 'operator' });
}

/** Here at once; elsewhere once KV has told. */
async function forgetProvider({ provider, providerStore }: SignInServices, now: number): Promise<void> {
  provider.forget();
  await providerStore?.forget(now);
}

function tellRecovered(
  { shareSessions = false, releaseAccounts = false, keepAssertionKey = false }: RecoverOrderJson,
  visit: Visit,
): void {
  visit.observe('sso.recovered', {
    shareSessions,
    accounts: releaseAccounts,
    assertionKey: !keepAssertionKey,
    by: 'operator',
  });
}

/** What nobody here can do, one sentence each. */
function listLeft(
  { releaseAccounts, shareSessions }: RecoverOrderJson,
  findings: RecoveryJson['findings'],
): string[] {
  return [
    ...findings.flatMap(({ verdict, fix }) => (verdict === 'red' && fix !== undefined ? [fix] : [])),
    ...(releaseAccounts ? [CHECK_ACCOUNTS] : [TAKEN]),
    ...(shareSessions ? [PORTALS] : []),
    OTHERS,
  ];
}

const TAKEN =
  'Where the restored provider gives people another sub, they are refused with sso_account_taken: run this again with --release-accounts.';
const CHECK_ACCOUNTS =
  'Have the owners of important accounts sign in first: a name is of whoever comes with it next.';
const PORTALS = 'Pages that show dashboards by share links have to be loaded again.';
const OTHERS =
  'Products behind the gateway that sign people in by themselves (Argo with its own SSO) keep what they remember of the provider: restart them.';
