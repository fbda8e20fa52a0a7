import { LruMap } from '../lib/lru.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { StorageUnavailable } from '../lib/storage-error.ts';
import type { ConfigKeys } from './config-keys.ts';
import { isKeyAlive, type KeyIdentity, type KeyRegistry, type ShareKey } from './key.ts';
import { keyOf, type OpenedRecord } from './key-record.ts';
import type { KeyStore } from './key-store.ts';
import { materialOf, parseGrafanaToken } from './token.ts';

/** How long one isolate relies on what it read of a key; disabling and removing are revocations, and act sooner. */
export const KEY_MEMO_SECONDS = 60;
const REMEMBERED_MAX = 1024;
/** Names that stand nowhere: anyone can make those up, so they have a place of their own. */
const ABSENT_MAX = 256;
/** How long a credential that was found foreign passes while KV cannot be read. */
const FOREIGN_OUTAGE_SECONDS = 3_600;

/** What KV has under a name: a key, one that cannot be opened, or none. */
type Finding = ShareKey | 'unreadable' | 'absent';

interface Known<T> {
  readonly value: T;
  /** Unix seconds. */
  readonly readAt: number;
}

/** What the registry needs from outside. */
export interface RegistryContext {
  readonly config: ConfigKeys;
  readonly store: KeyStore | undefined;
  /** What becomes of a question while KV cannot be read: refused, or answered from what is known. */
  readonly whenUnavailable: 'deny' | 'allow';
  /** Unix seconds. */
  readonly now: () => number;
  /** Told of a stored key that cannot be opened. */
  readonly onUnreadable: (key: KeyIdentity) => void;
}

/** The keys in KV and those of `SHARE_KEYS`; of one name in both, the one in KV. Throws StorageUnavailable. */
export class LayeredKeys implements KeyRegistry {
  readonly #context: RegistryContext;
  /** Names that are stored, or configured. */
  readonly #stored = new LruMap<string, Known<Finding>>(REMEMBERED_MAX);
  readonly #absent = new LruMap<string, Known<'absent'>>(ABSENT_MAX);
  /** Credentials from outside that carry no stored key, by hash. */
  readonly #foreign = new LruMap<string, number>(REMEMBERED_MAX);

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  findByName(orgId: number, name: string): Promise<ShareKey | undefined> | ShareKey | undefined {
    const { store, config, now } = this.#context;
    if (!store) return config.findByName(orgId, name);
    const memo = `${orgId}|${name}`;
    const known = this.#stored.get(memo) ?? this.#absent.get(memo);
    if (known && now() - known.readAt < KEY_MEMO_SECONDS) return this.#choose(known.value, orgId, name);
    return this.#read(store, orgId, name, known?.value);
  }

  async findByToken(text: string): Promise<ShareKey | undefined> {
    const token = parseGrafanaToken(text);
    if (!token.ok) return undefined;
    for (const opened of await this.#findStored([token.value.secret.reveal()])) {
      const key = opened.state === 'open' ? keyOf(opened.record) : undefined;
      if (key && speaksFor(key, materialOf(token.value), this.#context.now())) return key;
    }
    const key = this.#context.config.findByToken(text);
    return key && this.#unlessOverruled(key);
  }

  async findBySecret(secrets: readonly string[]): Promise<KeyIdentity | undefined> {
    const configured = this.#context.config.findBySecret(secrets);
    if (configured || !this.#context.store || secrets.length === 0) return configured;
    // As JSON: texts that were joined could be those of another credential.
    const memo = sha256Hex(JSON.stringify(secrets));
    const { now, whenUnavailable } = this.#context;
    const foreignAt = this.#foreign.get(memo);
    if (foreignAt !== undefined && now() - foreignAt < KEY_MEMO_SECONDS) return undefined;
    const readAt = now();
    try {
      const [stored] = await this.#findStored(secrets);
      if (!stored) this.#foreign.set(memo, readAt);
      else this.#foreign.delete(memo);
      return stored && identityOf(stored);
    } catch (error) {
      // Whoever was known for no key of ours a while ago goes on: an outage of KV shall not be one of theirs.
      const wasForeign = foreignAt !== undefined && now() - foreignAt < FOREIGN_OUTAGE_SECONDS;
      const mayPass = wasForeign || whenUnavailable === 'allow';
      if (error instanceof StorageUnavailable && mayPass) return undefined;
      throw error;
    }
  }

  /** Forgets everything: this isolate has just changed a key. */
  forget(): void {
    this.#stored.clear();
    this.#absent.clear();
    this.#foreign.clear();
  }

  async #read(
    store: KeyStore,
    orgId: number,
    name: string,
    stale: Finding = 'absent',
  ): Promise<ShareKey | undefined> {
    const readAt = this.#context.now();
    try {
      const value = findingOf(await store.read(orgId, name));
      const isConfigured = this.#context.config.findByName(orgId, name) !== undefined;
      this.#remember(`${orgId}|${name}`, value, readAt, isConfigured);
      if (value === 'unreadable') this.#context.onUnreadable({ orgId, name });
      return this.#choose(value, orgId, name);
    } catch (error) {
      if (!(error instanceof StorageUnavailable) || this.#context.whenUnavailable === 'deny') throw error;
      return this.#choose(stale, orgId, name);
    }
  }

  #remember(memo: string, value: Finding, readAt: number, isConfigured: boolean): void {
    const isMadeUp = value === 'absent' && !isConfigured;
    (isMadeUp ? this.#stored : this.#absent).delete(memo);
    if (isMadeUp) this.#absent.set(memo, { value, readAt });
    else this.#stored.set(memo, { value, readAt });
  }

  /** A stored key that cannot be opened is no key, and none of `SHARE_KEYS` takes its place. */
  #choose(found: Finding, orgId: number, name: string): ShareKey | undefined {
    if (found === 'absent') return this.#context.config.findByName(orgId, name);
    return found === 'unreadable' ? undefined : found;
  }

  /** A key of `SHARE_KEYS` whose name KV has too does not count. */
  async #unlessOverruled(key: ShareKey): Promise<ShareKey | undefined> {
    return (await this.findByName(key.orgId, key.name)) === key ? key : undefined;
  }

  async #findStored(secrets: readonly string[]): Promise<OpenedRecord[]> {
    const { store } = this.#context;
    if (!store) return [];
    const ids = await store.findIdsBySecret(secrets);
    const opened = await Promise.all(ids.map((id) => store.readById(id)));
    return opened.filter((one) => one !== undefined);
  }
}

function findingOf(opened: OpenedRecord | undefined): Finding {
  if (!opened) return 'absent';
  return opened.state === 'open' ? keyOf(opened.record) : 'unreadable';
}

/** Also of what cannot be opened: a key whose seal is foreign is one all the same. */
function identityOf(opened: OpenedRecord): KeyIdentity {
  if (opened.state === 'open') return opened.record;
  return opened.state === 'sealed' ? opened : { orgId: 0, name: '' };
}

/** Whether a token is the key's own, or the one that it took the place of not long ago. */
function speaksFor(key: ShareKey, material: string, now: number): boolean {
  if (materialOf(key.token) === material) return isKeyAlive(key, now);
  const { former } = key;
  return former !== undefined && now < former.until && materialOf(former.token) === material;
}
