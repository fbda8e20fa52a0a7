import { type ConfigMistake, readConfig } from '../../src/config/read.ts';
import { formatMistake } from '../../src/config/report.ts';
import { BINDINGS, VARIABLES } from '../../src/config/variables.ts';
import { fail, ok, type Result } from '../../src/lib/result.ts';
import type { NewSecrets } from './deploy-secrets.ts';
import { Failure } from './failure.ts';

/** Stands for a secret that is there and cannot be read back. */
const UNREADABLE = 'x'.repeat(64);

/** What the Worker will be given. */
export interface WorkerSettings {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly originUrl: string;
  readonly newSecrets: NewSecrets;
  /** Names of secrets that are there already. */
  readonly secretNames: readonly string[];
}

/** Reads the configuration as the Worker will, before it is deployed. @returns warnings, one sentence each */
export function checkSettings(settings: WorkerSettings): Result<readonly string[], Failure> {
  const config = readConfig(assembleEnvironment(settings));
  return config.ok ? ok(config.value.warnings) : fail(describeMistakes(config.reason));
}

function assembleEnvironment({ vars, originUrl, newSecrets, secretNames }: WorkerSettings) {
  const environment: Record<string, unknown> = { POSTERN_SECRETS: UNREADABLE };
  // Of the secrets that are there only the names can be judged: a name that is unknown is a mistake.
  for (const name of secretNames) {
    if (!Object.hasOwn(VARIABLES, name) && !Object.hasOwn(BINDINGS, name)) environment[name] = UNREADABLE;
  }
  return { ...environment, ...vars, ORIGIN_URL: originUrl, ...newSecrets };
}

function describeMistakes(mistakes: readonly ConfigMistake[]): Failure {
  return new Failure(
    'The configuration has mistakes: the Worker would answer every request with 500 (misconfigured).',
    {
      details: mistakes.map(formatMistake).join('\n'),
      fix: 'Variables stand in wrangler.toml below [vars]; `npx wrangler secret put NAME` and `… delete NAME` change secrets.',
    },
  );
}
