import { CliError, misuse } from './cli-error.ts';
import { formatMoment } from './words.ts';

const AGAIN = 'The same command goes on where it stopped.';

export function createWrongPresent(): CliError {
  return new CliError({
    code: 'rotation-wrong-present',
    what: 'The gateway works with other secrets than those that were given.',
    details:
      'Their ids differ. A new value made from these would sign everybody out, and stored keys would be lost.',
    fix: 'Give the value of POSTERN_SECRETS that is deployed, whole, and check POSTERN_URL.',
  });
}

export function createElsewhere(statePath: string): CliError {
  return new CliError({
    code: 'rotation-elsewhere',
    what: 'The gateway works with a secret that this rotation does not know.',
    details: 'Somebody else changed POSTERN_SECRETS since this rotation began.',
    fix: `Find out who. To begin anew with the present value, move ${statePath} away; keep it until nobody needs it.`,
  });
}

export function createOtherGateway(origin: string, statePath: string): CliError {
  return misuse({
    code: 'rotation-other-gateway',
    what: 'The rotation that is under way is that of another gateway.',
    details: `${statePath} belongs to ${origin}.`,
    fix: `Set POSTERN_URL=${origin} to go on, or give this gateway a file of its own: --state FILE`,
  });
}

export function createNothingToFinish(): CliError {
  return misuse({
    code: 'rotation-not-begun',
    what: 'There is nothing to finish.',
    details:
      'Before the former secret goes, the new one has to be there and stored keys have to be sealed with it.',
    fix: 'First: postern rotate',
  });
}

export function createTooEarly(from: number): CliError {
  return new CliError({
    code: 'rotation-too-early',
    what: 'Sessions may still live under the former secret.',
    details: `The last of them ends at ${formatMoment(from)}, by SHARE_SESSION_MAX_SECONDS, or SSO_SESSION_SECONDS where that is longer.`,
    fix: 'Come back then. To sign everybody out now: postern rotate --now',
  });
}

export function createRolledBack(): CliError {
  return new CliError({
    code: 'rotation-rolled-back',
    what: 'The gateway works with the former secret again.',
    details:
      'The new one was there before. Stored keys are sealed with it: without it they cannot be opened.',
    fix: 'Put both back first: postern rotate',
  });
}

export function createUnreadableKeys(names: readonly string[]): CliError {
  return new CliError({
    code: 'rotation-keys-unreadable',
    what: `${names.length} of the stored keys cannot be opened with any present secret.`,
    details: `The former secrets are still there. The keys: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}.`,
    fix: `Wait a minute and do the same again; then remove these keys and add them anew, or go on without them: --force`,
  });
}

export function createPutFailed(code: number): CliError {
  return new CliError({
    code: 'wrangler-failed',
    what: 'The secret could not be put.',
    details:
      code === 127
        ? 'npx could not be started.'
        : `npx wrangler ended with exit code ${code}; its own words stand above.`,
    fix: `Put right what it says. ${AGAIN} Words behind -- go to wrangler: postern rotate --put -- --name NAME`,
  });
}

export function createNotSeen(what: string, trouble: string | undefined): CliError {
  return new CliError({
    code: 'rotation-not-seen-yet',
    what: `The gateway does not work with ${what} yet.`,
    details: `Either the value did not reach it, or it takes longer than usual.${trouble === undefined ? '' : ` Last trouble: ${trouble}`}`,
    fix: AGAIN,
  });
}
