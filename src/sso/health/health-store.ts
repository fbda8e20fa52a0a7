import { parseJson } from '../../lib/json.ts';
import type { Kv } from '../../lib/kv.ts';
import { HEALTH_RECORD, type HealthRecord } from './record.ts';

const KEY = 'sso:health';

/** Keeps what the last run has found in KV. */
export class HealthStore {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** What cannot be read as a record is none. @throws StorageUnavailable */
  async read(): Promise<HealthRecord | undefined> {
    const parsed = HEALTH_RECORD.safeParse(parseJson((await this.#kv.read([KEY])).get(KEY)));
    return parsed.success ? parsed.data : undefined;
  }

  /** @throws StorageUnavailable */
  write(record: HealthRecord): Promise<void> {
    return this.#kv.write(KEY, JSON.stringify(record));
  }
}
