import type { Clue } from './clue.ts';

/** A region as the operator lists it in `ONCALL_REGIONS`. */
export interface RegionOptions {
  /** Where its OnCall answers: scheme, host, port and path. */
  readonly url: URL;
  /** Other names of the same region, for example that of its cluster. */
  readonly aliases: readonly string[];
}

/** What the operator decided about OnCall. */
export interface OncallOptions {
  /** Where calls arrive, without a final `/`; undefined where none are taken. */
  readonly path: string | undefined;
  /** By slug, in the order of the variable. */
  readonly regions: ReadonlyMap<string, RegionOptions>;
  /** Slugs or aliases of regions, by what is bound to them. */
  readonly bindings: ReadonlyMap<Clue, string>;
  /** Hosts of stacks that may be asked; `*.` in front stands for one or more labels. */
  readonly stackHosts: readonly string[];
  /** Whether a named stack may be asked for its OnCall address. */
  readonly lookup: boolean;
  /** Until the first byte of a region's answer. */
  readonly timeoutSeconds: number;
}
