import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Deployed, readReport } from './deploy-answer.ts';
import type { WranglerEnvironment } from './deploy-prepare.ts';
import { type NewSecrets, writeSecretsFile } from './deploy-secrets.ts';
import type { DeployTools } from './deploy-tools.ts';
import { Failure } from './failure.ts';
import { lendFolder } from './temporary-folder.ts';

/** What a deployment takes along. */
export interface Upload {
  readonly args: readonly string[];
  readonly newSecrets: NewSecrets;
  readonly environment: WranglerEnvironment;
}

export async function upload(
  { args, newSecrets, environment }: Upload,
  tools: DeployTools,
): Promise<Deployed> {
  return lendFolder(async (folder) => {
    const secretsFile = await writeSecretsFile(folder, newSecrets);
    const secretArgs = secretsFile === undefined ? [] : ['--secrets-file', secretsFile];
    const report = join(folder, 'report.ndjson');
    // wrangler appends to it. Where it is stopped early it may end with 0 and say nothing.
    await writeFile(report, '');
    const reporting = { ...environment, WRANGLER_OUTPUT_FILE_PATH: report };
    await runDeployCommand([...args, ...secretArgs], reporting, tools);
    const deployed = readReport(await readFile(report, 'utf8'));
    if (!deployed) throw wasStopped();
    return deployed;
  });
}

function wasStopped(): Failure {
  return new Failure('Nothing was deployed.', {
    details: 'wrangler ended before it had uploaded the Worker.',
    fix: 'Run the command again when you are ready: it may be run at any time.',
  });
}

/** Runs `wrangler deploy`, its words on the screen. */
export async function runDeployCommand(
  args: readonly string[],
  environment: WranglerEnvironment,
  tools: DeployTools,
): Promise<void> {
  tools.terminal.say('');
  const { code } = await tools.wrangler(['deploy', ...args], 'inherit', environment);
  tools.terminal.say('');
  if (code === 0) return;
  throw new Failure('wrangler could not deploy the Worker.', {
    details: 'Its own message stands above.',
    fix: 'Put that right and run the command again: it goes on where it has to.',
    exitCode: code,
  });
}
