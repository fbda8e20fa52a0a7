import type { Output } from './io.ts';

/** What `--limit` takes. */
export const LIMIT_BOUNDS = { min: 1, max: 100_000, unit: 'rows' } as const;

/** Says beside a list that it goes on. */
export function tellMore(hasMore: boolean, stderr: Output): void {
  if (hasMore) stderr.write('There are more: see --limit.\n');
}
