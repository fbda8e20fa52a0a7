import { VARIABLES } from '../../src/config/variables.ts';
import type { DeployOptions } from './deploy-options.ts';
import { findBasis, findOrigin, findShareKeys, keepOrigin, listSecrets } from './deploy-prepare.ts';
import { sayConfiguration, sayOrigin, sayResult, saySecrets } from './deploy-say.ts';
import { type NewSecrets, planSecrets } from './deploy-secrets.ts';
import type { DeployTools } from './deploy-tools.ts';
import { runDeployCommand, upload } from './deploy-upload.ts';
import { makeSecret } from './random.ts';
import { readWorkerFile } from './wrangler-toml.ts';

/**
 * sign-in and origin → secrets → configuration → deployment → does it answer?
 * Everything is asked and checked before anything changes.
 */
export async function deploy(options: DeployOptions, tools: DeployTools): Promise<void> {
  const file = readWorkerFile(tools.tomlPath);
  const basis = await findBasis(options, file, tools);
  sayOrigin(basis.origin, tools);
  const secretNames = await listSecrets(basis, tools);
  const shareKeys = await findShareKeys(options, secretNames, tools);
  const newSecrets = planSecrets(secretNames, shareKeys, makeSecret);
  sayConfiguration({ vars: file.vars, originUrl: basis.origin.url, newSecrets, secretNames }, tools);
  saySecrets(secretNames, newSecrets, tools);
  const origin = await keepOrigin(basis.origin, tools);
  const { address } = await upload({ args: origin, newSecrets, environment: basis.wrangler }, tools);
  const hasShareKeys = [...secretNames, ...Object.keys(newSecrets)].includes('SHARE_KEYS');
  await sayResult(address, hasShareKeys, tools);
}

/** As far as it goes without an account: the configuration is checked and the Worker is built. */
export async function rehearse(options: DeployOptions, tools: DeployTools): Promise<void> {
  const { terminal } = tools;
  const file = readWorkerFile(tools.tomlPath);
  const origin = findOrigin(options, file, tools.environment);
  terminal.say('- Dry run: sign-in and secrets are not looked at.');
  if (origin) sayOrigin(origin, tools);
  else terminal.say('- ORIGIN_URL is not set yet: a deployment asks for it, or takes it from --origin.');
  const newSecrets = await rehearseSecrets(options, tools);
  const originUrl = origin?.url ?? VARIABLES.ORIGIN_URL.example;
  sayConfiguration({ vars: file.vars, originUrl, newSecrets, secretNames: [] }, tools);
  const args = origin && origin.from !== 'wrangler.toml' ? ['--var', `ORIGIN_URL:${origin.url}`] : [];
  await runDeployCommand(['--dry-run', ...args], {}, tools);
  terminal.say('✔ The Worker builds. Nothing was deployed.');
}

async function rehearseSecrets(options: DeployOptions, tools: DeployTools): Promise<NewSecrets> {
  const shareKeys = await findShareKeys(options, ['SHARE_KEYS'], tools);
  return planSecrets([], shareKeys, makeSecret);
}
