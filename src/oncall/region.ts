import type { OriginOptions } from '../origin/options.ts';
import type { OncallOptions } from './options.ts';

/** A region of Grafana Cloud, as far as OnCall is concerned. */
export interface Region {
  /** Its slug in `ONCALL_REGIONS`; its whole address where a stack named one that is not in there. */
  readonly name: string;
  /** How it is asked. It gets no header of the operator's. */
  readonly upstream: OriginOptions;
}

/**
 * The form of an OnCall address (oncall.md §3): flat hosts of regions before 2026, nested ones
 * (`<host>.<provider>-<region>-<counter>`) after. Names of stacks have no hyphen, so no customer's is like these.
 */
const ONCALL_ADDRESS =
  /^(https:\/\/oncall-[a-z0-9-]+(?:\.(?:aws|gcp|azure)-[a-z0-9-]+)?\.grafana\.net)(\/oncall)?$/;

export function addressOf({ upstream }: Region): string {
  return `${upstream.base}${upstream.prefix}`;
}

/** The table of regions. No address is ever made out of a name that came from outside. */
export class Regions {
  /** In the order of `ONCALL_REGIONS`. */
  readonly all: readonly Region[];
  readonly #byName: ReadonlyMap<string, Region>;
  readonly #timeoutSeconds: number;

  constructor({ regions, timeoutSeconds }: OncallOptions) {
    this.#timeoutSeconds = timeoutSeconds;
    const names = new Map<string, Region>();
    this.all = [...regions].map(([slug, { url, aliases }]) => {
      const region = this.#regionAt(slug, url.origin, url.pathname.replace(/\/+$/, ''));
      for (const name of [slug, ...aliases]) names.set(name, region);
      return region;
    });
    this.#byName = names;
  }

  /** The region of a slug or an alias. */
  findByName(name: string): Region | undefined {
    return this.#byName.get(name);
  }

  /**
   * The region of an address that a stack names, or that was stored: one of the table, or one whose host has the
   * form of an OnCall host of Grafana's.
   */
  findByAddress(text: string): Region | undefined {
    const address = text.replace(/\/$/, '');
    const listed = this.all.find((region) => addressOf(region) === address);
    if (listed) return listed;
    const [, base, prefix = ''] = ONCALL_ADDRESS.exec(address) ?? [];
    return base === undefined ? undefined : this.#regionAt(address, base, prefix);
  }

  /** The region of a stored name: see {@link Region.name}. */
  findByStoredName(name: string): Region | undefined {
    return this.findByName(name) ?? this.findByAddress(name);
  }

  /** Names for messages: what the operator has listed. */
  get names(): string {
    return this.all.map(({ name }) => name).join(', ');
  }

  #regionAt(name: string, base: string, prefix: string): Region {
    const { host } = new URL(base);
    const timeoutSeconds = this.#timeoutSeconds;
    return {
      name,
      upstream: { base, host, prefix, headers: [], timeoutSeconds, frameAncestors: undefined },
    };
  }
}
