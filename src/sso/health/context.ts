import type { SeriesCount } from '../../observe/meter-series.ts';
import type { SsoOptions } from '../options.ts';
import type { Send } from '../provider/bounded-fetch.ts';
import type { Endpoints } from '../provider/discovery.ts';
import type { Provider } from '../provider/provider.ts';
import type { HealthRecord } from './record.ts';

/** What one run of the checks looks at. */
export interface HealthContext {
  readonly options: SsoOptions;
  readonly provider: Provider;
  readonly send: Send;
  /** Unix seconds, when the run began; and the same moment in milliseconds by the machine's own clock. */
  readonly now: number;
  readonly startedMs: number;
  /** Scheme, host and port of the gateway; undefined where neither a request nor `PUBLIC_URL` says. */
  readonly gateway: string | undefined;
  /** What was counted in the last hour; undefined where nobody can say. */
  readonly counts: readonly SeriesCount[] | undefined;
  /** When an operator has mended what was found, last. */
  readonly resetAt: number | undefined;
  /** What the last run has kept. */
  readonly former: HealthRecord | undefined;
  /** The endpoints as sign-in itself has them; undefined where it has none. */
  readonly endpoints: Endpoints | undefined;
}
