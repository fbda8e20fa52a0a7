import type { Finding } from '../../api/findings.ts';
import { type ConfigMistake, readConfig } from '../../config/read.ts';
import { findVariable } from '../../config/values.ts';
import { type DeploymentFiles, WORKER_FILE } from './files.ts';
import { count, found } from './finding.ts';

/** Stands in for a secret that is deployed and not in a file. */
const UNKNOWN_SECRET = 'stands-for-a-secret-that-is-not-known-here';
/** Secrets of which whoever guesses them has the gateway. */
const GUESSABLE = ['POSTERN_SECRETS', 'ADMIN_TOKEN'] as const;
/** As many as any random text of 32 characters has by far. */
const DIFFERENT_MIN = 12;

/** What is found in the files of a deployment. No value is repeated. */
export function examineConfiguration(files: DeploymentFiles): Finding[] {
  const given = { ...files.vars, ...files.more };
  const knowsSecret = isSet(given.POSTERN_SECRETS);
  const read = readConfig(knowsSecret ? given : { ...given, POSTERN_SECRETS: UNKNOWN_SECRET });
  return [
    ...files.findings,
    ...examineVariables(read),
    ...examineExposed(files),
    ...examineSecrets(given),
    ...examineBindings(files, read.ok && read.value.sso !== undefined),
  ];
}

type Given = Readonly<Record<string, unknown>>;

/** As the gateway itself reads them. */
function examineVariables(read: ReturnType<typeof readConfig>): Finding[] {
  if (!read.ok) return read.reason.map(describeMistake);
  const variables = found('configuration.variables', 'green', 'The gateway takes all variables.');
  const warnings = read.value.warnings.map(describeWarning);
  return [
    variables,
    ...(warnings.length > 0 ? warnings : [found('configuration.warnings', 'green', 'There is no warning.')]),
  ];
}

function describeMistake({ variable, problem, allowed, example }: ConfigMistake): Finding {
  const sample = example === '' ? '' : ` Example: ${variable}=${example}`;
  return found('configuration.variables', 'red', `${variable} ${problem}.`, {
    about: variable,
    fix: `${/\?$/.test(allowed) ? capitalise(allowed) : `Allowed: ${allowed}.`}${sample}`,
  });
}

/** A warning begins with the variable that it is about. */
function describeWarning(warning: string): Finding {
  const [, about] = /^([A-Z][A-Z_]+):? /.exec(warning) ?? [];
  const seen = warning.replace(/[^.]$/, '$&.');
  return found('configuration.warnings', 'yellow', seen, {
    ...(about !== undefined && { about }),
    fix: `Decide whether that is meant: ${about === undefined ? 'docs/configuration.md' : `docs/configuration.md#${about.toLowerCase()}`}`,
  });
}

/** What wrangler.toml says is in a repository, and for everybody in the account to read. */
function examineExposed({ vars, worker }: DeploymentFiles): Finding[] {
  if (!worker) return [];
  const exposed = Object.keys(vars).filter(
    (name) => findVariable(name)?.kind === 'secret' && isSet(vars[name]),
  );
  if (exposed.length === 0)
    return [found('configuration.exposed-secrets', 'green', `${WORKER_FILE} holds no secret.`)];
  return exposed.map((name) =>
    found('configuration.exposed-secrets', 'red', `${name} stands in ${WORKER_FILE}.`, {
      about: name,
      fix: `Take the line out, make a new value, and put that: npx wrangler secret put ${name}`,
    }),
  );
}

function examineSecrets(given: Given): Finding[] {
  return [...GUESSABLE.map((name) => examineSecret(name, given[name])), examineFormer(given.POSTERN_SECRETS)];
}

function examineSecret(name: (typeof GUESSABLE)[number], value: unknown): Finding {
  const secrets = splitSecrets(value);
  if (secrets.length === 0) {
    const seen = `${name} stands in no file that was read: if it is deployed, its length is not known here.`;
    return found('configuration.secrets', 'skipped', seen, { about: name });
  }
  const lengths = secrets.map(({ length }) => length).join(', ');
  const seen = `${count(secrets.length, 'secret')} of ${lengths} characters.`;
  if (secrets.every((secret) => new Set(secret).size >= DIFFERENT_MIN))
    return found('configuration.secrets', 'green', seen, { about: name });
  return found('configuration.secrets', 'yellow', `${seen} One of them has few different characters.`, {
    about: name,
    fix: 'Make one that nobody can guess: openssl rand -base64 32',
  });
}

function examineFormer(value: unknown): Finding {
  const former = splitSecrets(value).length - 1;
  if (former < 0)
    return found(
      'configuration.former-secrets',
      'skipped',
      'POSTERN_SECRETS stands in no file that was read.',
    );
  if (former === 0)
    return found('configuration.former-secrets', 'green', 'POSTERN_SECRETS has no former secret.');
  return found('configuration.former-secrets', 'yellow', `${count(former, 'former secret')} still listed.`, {
    fix: 'Once the longest session is over: postern rotate --finish --put',
  });
}

const BINDINGS = ['POSTERN_KV', 'POSTERN_LEDGER', 'POSTERN_SIGN_INS'] as const;

/** What each binding is for, where it is missing. */
const WITHOUT: Readonly<Record<(typeof BINDINGS)[number], string>> = {
  POSTERN_KV: 'nothing can be revoked, and keys are those of SHARE_KEYS',
  POSTERN_LEDGER: 'events are in the log alone, and wrong signatures are not limited',
  POSTERN_SIGN_INS: 'nobody can sign in',
};

function examineBindings({ worker }: DeploymentFiles, signsIn: boolean): Finding[] {
  if (!worker) return [];
  const bound = listBindings(worker);
  const missing = BINDINGS.filter((name) => !bound.has(name) && (name !== 'POSTERN_SIGN_INS' || signsIn));
  if (missing.length === 0)
    return [found('configuration.bindings', 'green', `${WORKER_FILE} binds all that is needed.`)];
  return missing.map((name) =>
    found(
      'configuration.bindings',
      signsIn && name !== 'POSTERN_KV' ? 'red' : 'yellow',
      `${name} is not bound: ${WITHOUT[name]}.`,
      { about: name, fix: `Bind it as in the ${WORKER_FILE} that comes with Postern.` },
    ),
  );
}

/** Names of KV namespaces and Durable Objects. */
function listBindings(worker: Given): ReadonlySet<unknown> {
  const objects = (worker.durable_objects as Given | undefined)?.bindings;
  return new Set([
    ...listOf(worker.kv_namespaces).map(({ binding }) => binding),
    ...listOf(objects).map(({ name }) => name),
  ]);
}

function listOf(value: unknown): readonly Given[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function capitalise(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function splitSecrets(value: unknown): string[] {
  return typeof value === 'string' ? value.split(/[\s,]+/).filter((text) => text !== '') : [];
}

function isSet(value: unknown): boolean {
  return value !== undefined && String(value).trim() !== '';
}
