import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../scripts/bundle.ts';
import { LOOPBACK, type RunningServer } from './lib/server.ts';
import { withoutSignalListeners } from './lib/signals.ts';
import { randomText } from './lib/token.ts';

export interface GatewayOptions {
  readonly port: number;
  /** The Grafana, or what stands for it, behind the gateway. */
  readonly originUrl: string;
  /** The value of `SHARE_KEYS`. */
  readonly shareKeys: string;
  readonly adminToken: string;
}

const SECRET_LENGTH = 48;

/**
 * Runs the Worker itself, bundled as for deployment, in workerd. Its KV namespace and its Durable Objects live in
 * memory and end with it.
 * What the Worker logs as a warning or an error goes to standard error; its other events stay silent here.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningServer> {
  const script = await bundleWorker();
  const runtime = await withoutSignalListeners(() => startRuntime(script, options));
  return { url: `http://${LOOPBACK}:${options.port}`, stop: () => runtime.dispose() };
}

async function startRuntime(script: string, options: GatewayOptions): Promise<Miniflare> {
  const { port, originUrl, shareKeys, adminToken } = options;
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-10-01',
      host: LOOPBACK,
      port,
      bindings: {
        ORIGIN_URL: originUrl,
        POSTERN_SECRETS: randomText(SECRET_LENGTH),
        SHARE_KEYS: shareKeys,
        ADMIN_TOKEN: adminToken,
      },
      kvNamespaces: ['POSTERN_KV'],
      durableObjects: {
        POSTERN_LEDGER: { className: 'Ledger', useSQLite: true },
        POSTERN_SIGN_INS: { className: 'SignIn', useSQLite: true },
      },
      // Otherwise miniflare asks Cloudflare where this machine is.
      cf: false,
      log: new Log(LogLevel.ERROR),
      logRequests: false,
      handleStructuredLogs: showLog,
    }),
  );
  await runtime.ready;
  return runtime;
}

function showLog({ level, message }: { level: string; message: string }): void {
  if (level === 'error' || level === 'warn') console.error(`gateway: ${message}`);
}
