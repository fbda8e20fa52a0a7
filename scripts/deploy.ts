import { runWrangler } from './support/child.ts';
import { HELP, readDeployOptions } from './support/deploy-options.ts';
import { deploy, rehearse } from './support/deploy-run.ts';
import type { DeployTools } from './support/deploy-tools.ts';
import { reportDeath } from './support/failure.ts';
import { waitForHealth } from './support/health.ts';
import { WRANGLER_TOML } from './support/root.ts';
import { openTerminal } from './support/terminal.ts';

/** `npm run deploy [-- flags]` */
async function main(): Promise<number> {
  const options = readDeployOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await (options.dryRun ? rehearse : deploy)(options, collectTools());
  return 0;
}

function collectTools(): DeployTools {
  return {
    terminal: openTerminal(),
    environment: process.env,
    tomlPath: WRANGLER_TOML,
    wrangler: runWrangler,
    waitForHealth,
  };
}

process.exitCode = await main().catch(reportDeath);
