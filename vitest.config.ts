import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { Response } from 'miniflare';
import { defineConfig } from 'vitest/config';

/** Tests that run inside workerd, as the Worker does. */
export default defineConfig({
  plugins: [
    cloudflareTest({
      // Where the classes of Durable Objects are exported; as in src/index.ts, but set up by the tests.
      main: 'test/support/worker.ts',
      miniflare: {
        compatibilityDate: '2026-10-01',
        kvNamespaces: ['POSTERN_KV'],
        durableObjects: {
          POSTERN_LEDGER: { className: 'Ledger', useSQLite: true },
          POSTERN_SIGN_INS: { className: 'SignIn', useSQLite: true },
        },
        // The network is closed: a request that no test's origin took ends here.
        outboundService: () => new Response('the network is closed in tests', { status: 599 }),
      },
    }),
  ],
  test: {
    setupFiles: ['test/support/setup.ts'],
    include: [
      'test/{lib,config,headers,share,session,revocation,ledger,oncall,sso,admin,api,origin,observe,refusal,app}/**/*.test.ts',
    ],
  },
});
