import { ZodType } from 'zod/v4';

/**
 * zod as the Worker's bundle has it (`alias` in wrangler.toml and scripts/bundle.ts). @hono/zod-openapi imports zod's
 * whole namespace as a value and uses this one class of it: with the package itself, texts in fifty languages and
 * what else nobody here calls would come along, 60 KB gzipped. Tests and the command line use the package.
 */
export const z = { ZodType };

export * from 'zod/v4';
