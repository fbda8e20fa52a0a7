import { parseArgs } from 'node:util';
import { Failure } from './failure.ts';

/** What the command line of `npm run deploy` asks for. */
export interface DeployOptions {
  readonly dryRun: boolean;
  /** Address of the origin, which counts before the one in wrangler.toml. */
  readonly origin: string | undefined;
  /** File with the value of `SHARE_KEYS`. */
  readonly shareKeysFile: string | undefined;
}

export const HELP = `npm run deploy [-- flags]

Deploys Postern to Cloudflare and makes what is missing. It may be run again at any time: secrets that are there stay.
Sign in first with \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID, where the token
reaches several accounts).

  --origin URL        the Grafana behind the gateway; without it ORIGIN_URL of wrangler.toml, then of the
                      environment, then a question
  --share-keys FILE   sets the secret SHARE_KEYS to the JSON in the file
  --dry-run           checks the configuration and builds, without an account; nothing is deployed
  --help              this text`;

const FLAGS = {
  origin: { type: 'string' },
  'share-keys': { type: 'string' },
  'dry-run': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the command line; `help` where that is what was asked for.
 *
 * @throws Failure with exit code 2 for a flag that is unknown
 */
export function readDeployOptions(args: readonly string[]): DeployOptions | 'help' {
  const values = readFlags(args);
  if (values.help) return 'help';
  return {
    dryRun: values['dry-run'] ?? false,
    origin: values.origin || undefined,
    shareKeysFile: values['share-keys'] || undefined,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new Failure('deploy does not know that flag.', {
      details: error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error),
      fix: '`npm run deploy -- --help` lists what there is. For anything else there is `npx wrangler deploy`.',
      exitCode: 2,
    });
  }
}
