import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Tests that run inside workerd, as the Worker does. */
export default defineConfig({
  plugins: [
    cloudflareTest({
      miniflare: { compatibilityDate: '2026-10-01', kvNamespaces: ['POSTERN_KV'] },
    }),
  ],
  test: {
    include: ['test/{lib,config,headers,share,session,origin,observe,refusal,app}/**/*.test.ts'],
  },
});
