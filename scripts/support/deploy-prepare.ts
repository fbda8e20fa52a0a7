import { findChosenAccount, judgeSignIn, severalAccounts } from './deploy-account.ts';
import type { DeployOptions } from './deploy-options.ts';
import { checkOrigin, chooseOrigin, missingOrigin, type OriginChoice } from './deploy-origin.ts';
import { askAccount, askOriginUrl, askShareKeysFile, askYes, readShareKeys } from './deploy-questions.ts';
import { judgeSecretList } from './deploy-secrets.ts';
import type { DeployTools } from './deploy-tools.ts';
import { type Failure, Failures } from './failure.ts';
import { type WorkerFile, writeVar } from './wrangler-toml.ts';

/** What holds for every call of wrangler, as its environment. */
export type WranglerEnvironment = Readonly<Record<string, string>>;

/** For which account, and for which origin. */
export interface Basis {
  readonly wrangler: WranglerEnvironment;
  readonly origin: OriginChoice;
}

/**
 * Finds out who is signed in, for which account, and where the origin is. What nobody can be asked for is told in one go.
 *
 * @throws Failures
 */
export async function findBasis(
  options: DeployOptions,
  file: WorkerFile,
  tools: DeployTools,
): Promise<Basis> {
  const { terminal, environment } = tools;
  const signIn = judgeSignIn(await tools.wrangler(['whoami', '--json'], 'capture'));
  const accounts = signIn.ok ? signIn.value.accounts : [];
  const isOpen = accounts.length > 1 && !findChosenAccount(environment, file.accountId);
  const origin = findOrigin(options, file, environment);
  const failures = origin ? checkOriginOf(origin) : terminal.isInteractive ? [] : [missingOrigin()];
  if (isOpen && !terminal.isInteractive) failures.push(severalAccounts(accounts));
  if (!signIn.ok) throw new Failures([signIn.reason, ...failures]);
  if (failures.length > 0) throw new Failures(failures);
  terminal.say(`✔ Signed in${signIn.value.email === undefined ? '' : ` as ${signIn.value.email}`}`);
  const wrangler = isOpen ? { CLOUDFLARE_ACCOUNT_ID: (await askAccount(accounts, terminal)).id } : {};
  return { wrangler, origin: origin ?? (await askOriginUrl(terminal)) };
}

export function findOrigin(
  options: DeployOptions,
  file: WorkerFile,
  environment: DeployTools['environment'],
): OriginChoice | undefined {
  return chooseOrigin({
    flag: options.origin,
    configured: String(file.vars.ORIGIN_URL ?? '').trim(),
    environment: environment.ORIGIN_URL,
  });
}

function checkOriginOf({ url }: OriginChoice): Failure[] {
  const checked = checkOrigin(url);
  return checked.ok ? [] : [checked.reason];
}

/** A deployment replaces all variables, so an origin that is not in wrangler.toml has to come along each time. */
export async function keepOrigin({ url, from }: OriginChoice, tools: DeployTools): Promise<string[]> {
  const { terminal } = tools;
  if (from === 'wrangler.toml') return [];
  const question = 'Write ORIGIN_URL into wrangler.toml, so that the next deployment keeps it?';
  if (terminal.isInteractive && (await askYes(question, terminal))) {
    await writeVar(tools.tomlPath, 'ORIGIN_URL', url);
    return [];
  }
  terminal.say(
    '- ORIGIN_URL goes along with this deployment. The next one needs it again: put it into wrangler.toml.',
  );
  return ['--var', `ORIGIN_URL:${url}`];
}

export async function listSecrets(basis: Basis, tools: DeployTools): Promise<readonly string[]> {
  const names = judgeSecretList(await tools.wrangler(['secret', 'list'], 'capture', basis.wrangler));
  if (!names.ok) throw names.reason;
  return names.value;
}

/** New share keys: from the file that was named, or from one that is asked for where the Worker has none. */
export async function findShareKeys(
  options: DeployOptions,
  existing: readonly string[],
  { terminal }: DeployTools,
): Promise<string | undefined> {
  if (options.shareKeysFile !== undefined) return readShareKeys(options.shareKeysFile);
  if (existing.includes('SHARE_KEYS') || !terminal.isInteractive) return undefined;
  terminal.say(
    '- SHARE_KEYS is not set: without share keys no link is accepted. `npx wrangler secret put SHARE_KEYS` sets it later.',
  );
  const path = await askShareKeysFile(terminal);
  return path === undefined ? undefined : readShareKeys(path);
}
