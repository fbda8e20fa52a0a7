import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { Response } from 'miniflare';
import { defineConfig } from 'vitest/config';

/** Tests that run inside workerd, as the Worker does. */
export default defineConfig({
  plugins: [
    cloudflareTest({
      miniflare: {
        compatibilityDate: '2026-10-01',
        kvNamespaces: ['POSTERN_KV'],
        // The network is closed: a request that no test's origin took ends here.
        outboundService: () => new Response('the network is closed in tests', { status: 599 }),
      },
    }),
  ],
  test: {
    setupFiles: ['test/support/setup.ts'],
    include: ['test/{lib,config,headers,share,session,origin,observe,refusal,app}/**/*.test.ts'],
  },
});
