import { join } from 'node:path';
import { runWrangler } from './support/child.ts';
import { createDevVars } from './support/dev-vars.ts';
import { reportDeath } from './support/failure.ts';
import { ROOT } from './support/root.ts';

/** `npm run dev [-- flags of wrangler dev]`: the Worker on this machine, built anew whenever a file changes. */
async function main(): Promise<number> {
  if (await createDevVars(join(ROOT, '.dev.vars'))) {
    console.log(
      'Made .dev.vars, with a fresh POSTERN_SECRETS and ADMIN_TOKEN in it. ORIGIN_URL and SHARE_KEYS go there too.',
    );
  }
  return (await runWrangler(['dev', ...process.argv.slice(2)], 'inherit')).code;
}

process.exitCode = await main().catch(reportDeath);
