import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const WRANGLER_TOML = join(ROOT, 'wrangler.toml');
