import type { Kv } from '../lib/kv.ts';
import { formatRule, parseRule, type Rule } from './rule.ts';
import { REVOCATION_PREFIX } from './target.ts';

/** A revocation with its id. */
export interface StoredRule {
  readonly id: string;
  readonly rule: Rule;
}

/** One page of revocations. */
export interface RulePage {
  readonly rules: readonly StoredRule[];
  readonly cursor: string | undefined;
}

/** Revocations in KV, as `rev:<kind>:<id>`. Every method throws StorageUnavailable. */
export class RevocationStore {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** The rules that are stored under these ids, in one operation. */
  async read(ids: readonly string[]): Promise<ReadonlyMap<string, Rule>> {
    const texts = await this.#kv.read(ids.map((id) => `${REVOCATION_PREFIX}${id}`));
    return new Map([...texts].map(([key, text]) => [key.slice(REVOCATION_PREFIX.length), parseRule(text)]));
  }

  /** Once this has returned, the revocation is stored. */
  write({ id, rule }: StoredRule, lifeSeconds: number | undefined): Promise<void> {
    return this.#kv.write(`${REVOCATION_PREFIX}${id}`, formatRule(rule), lifeSeconds);
  }

  lift(id: string): Promise<void> {
    return this.#kv.delete(`${REVOCATION_PREFIX}${id}`);
  }

  /** @param under the beginning of ids: a kind with its colon, or empty for all */
  async list(under: string, limit: number, cursor: string | undefined): Promise<RulePage> {
    const page = await this.#kv.list(`${REVOCATION_PREFIX}${under}`, limit, cursor);
    const ids = page.names.map((name) => name.slice(REVOCATION_PREFIX.length));
    const rules = await this.read(ids);
    return {
      rules: ids.flatMap((id) => {
        const rule = rules.get(id);
        return rule ? [{ id, rule }] : [];
      }),
      cursor: page.cursor,
    };
  }
}
