import { type Keyring, LazyKeyring } from '../lib/keyring.ts';
import type { Kv } from '../lib/kv.ts';
import type { Secret } from '../lib/secret.ts';
import { sha256Base64Url } from '../lib/sha256.ts';
import type { KeyIdentity } from './key.ts';
import {
  KEY_PREFIX,
  type KeyRecord,
  keyIdOf,
  type OpenedRecord,
  openRecord,
  sealRecord,
} from './key-record.ts';
import { type Claim, KeyConflict, type KeyRegistrar } from './key-registrar.ts';
import type { GrafanaToken } from './token.ts';

/** Leads from a key's secret to its name, by hash: for links of version 1, and for credentials from outside. */
const SECRET_PREFIX = 'keysecret:';
/** How often what is handed out is held against what was decided, where others change the same key. */
const PUBLISH_TRIES = 4;

/** How long a claim holds without a key that has the token. */
const CLAIM_SECONDS = 60;

/** One page of stored keys. */
export interface RecordPage {
  readonly records: readonly OpenedRecord[];
  readonly cursor: string | undefined;
}

/** A stored key as it is about to be changed. */
export interface HeldRecord {
  readonly opened: OpenedRecord | undefined;
  /** What a change has to name. */
  readonly revision: number;
}

/** What the store needs from outside. */
export interface KeyStoreContext {
  readonly kv: Kv;
  /** Without one, of two changes at once the last one wins. */
  readonly registrar: KeyRegistrar | undefined;
  readonly secrets: readonly Secret[];
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Share keys in KV: sealed under `POSTERN_SECRETS`. Visitors' requests read KV; changes are decided by the registrar
 * and handed out by KV. Every method throws StorageUnavailable.
 */
export class KeyStore {
  readonly #context: KeyStoreContext;
  readonly #keyring: LazyKeyring;

  constructor(context: KeyStoreContext) {
    this.#context = context;
    this.#keyring = new LazyKeyring(context.secrets, 'key');
  }

  /** A key as this place of Cloudflare knows it. */
  async read(orgId: number, name: string): Promise<OpenedRecord | undefined> {
    return this.readById(keyIdOf(orgId, name));
  }

  async readById(id: string): Promise<OpenedRecord | undefined> {
    const text = (await this.#context.kv.read([`${KEY_PREFIX}${id}`])).get(`${KEY_PREFIX}${id}`);
    return text === undefined ? undefined : openRecord(text, id, await this.keyring());
  }

  /** A key as it is: what a change starts from. */
  async hold({ orgId, name }: KeyIdentity): Promise<HeldRecord> {
    const id = keyIdOf(orgId, name);
    const registered = await this.#context.registrar?.read(id);
    if (!registered) return { opened: await this.readById(id), revision: 0 };
    const { text, revision } = registered;
    return { opened: text === null ? undefined : await openRecord(text, id, await this.keyring()), revision };
  }

  /** Ids of the keys with one of these secrets (the part of a token that is no name and no checksum). */
  async findIdsBySecret(secrets: readonly string[]): Promise<readonly string[]> {
    return [...(await this.#context.kv.read(secrets.map(addressOfSecret))).values()];
  }

  /** Of some tokens, those that are stored, with the ids of their keys; in one operation. */
  async findOwners(tokens: readonly GrafanaToken[]): Promise<ReadonlyMap<GrafanaToken, string>> {
    const found = await this.#context.kv.read(tokens.map(addressOf));
    return new Map(
      tokens.flatMap((token) => {
        const id = found.get(addressOf(token));
        return id === undefined ? [] : [[token, id] as const];
      }),
    );
  }

  /**
   * Stores a key. What leads to it goes first: should a later step fail, a way that leads nowhere is left, and not
   * a key that could walk around its links.
   *
   * @param revision of the record that was changed, 0 for none
   * @throws KeyConflict for a record that was changed meanwhile, and for a token that is another key's
   */
  async write(record: KeyRecord, revision: number): Promise<void> {
    const { kv, registrar } = this.#context;
    const id = keyIdOf(record.orgId, record.name);
    const text = await sealRecord(record, await this.keyring());
    const secret = addressOf(record.material.token);
    if (registrar) await this.#claim(record.material.token, id, registrar);
    if ((await kv.read([secret])).get(secret) !== id) await kv.write(secret, id);
    await this.#decide(id, revision, text);
  }

  /** @throws KeyConflict for a record that was changed meanwhile */
  async remove(
    { orgId, name }: KeyIdentity,
    revision: number,
    tokens: readonly GrafanaToken[],
  ): Promise<void> {
    await this.#decide(keyIdOf(orgId, name), revision, null);
    await this.giveUp({ orgId, name }, tokens);
  }

  /** Tokens that are the key's no more may become another's. */
  async giveUp({ orgId, name }: KeyIdentity, tokens: readonly GrafanaToken[]): Promise<void> {
    for (const token of tokens) {
      await this.#context.kv.delete(addressOf(token));
      await this.#context.registrar?.release(addressOf(token), keyIdOf(orgId, name));
    }
  }

  /** Hands out once more what was decided: for a change whose last step failed. */
  async republish({ orgId, name }: KeyIdentity): Promise<void> {
    if (this.#context.registrar) await this.#publish(keyIdOf(orgId, name), this.#context.registrar);
  }

  /** @param orgId only keys of this organisation */
  async list(limit: number, cursor: string | undefined, orgId?: number): Promise<RecordPage> {
    const { kv } = this.#context;
    const prefix = orgId === undefined ? KEY_PREFIX : `${KEY_PREFIX}${orgId}:`;
    const page = await kv.list(prefix, limit, cursor);
    const texts = await kv.read(page.names);
    const keyring = await this.keyring();
    const opened = [...texts].map(([key, text]) => openRecord(text, key.slice(KEY_PREFIX.length), keyring));
    return { records: await Promise.all(opened), cursor: page.cursor };
  }

  /** Organisation and id of the stored keys, at most `limit` of them, without a look at what they hold. */
  async listIds(limit: number): Promise<readonly { readonly orgId: number; readonly id: string }[]> {
    const { names } = await this.#context.kv.list(KEY_PREFIX, limit);
    return names.map((name) => {
      const id = name.slice(KEY_PREFIX.length);
      return { orgId: Number(id.slice(0, id.indexOf(':'))), id };
    });
  }

  /** Of several ids, those that are stored; in one operation. */
  async findStoredIds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#context.kv.read(ids.map((id) => `${KEY_PREFIX}${id}`));
    return new Set([...found.keys()].map((name) => name.slice(KEY_PREFIX.length)));
  }

  /** The secrets that keys are sealed with. */
  keyring(): Promise<Keyring> {
    return this.#keyring.get();
  }

  /** A claim of a key that has another token by now, or is gone, is void; but not at once: it may be about to be stored. */
  async #claim(token: GrafanaToken, keyId: string, registrar: KeyRegistrar): Promise<void> {
    const claim: Claim = { keyId, at: this.#context.now() };
    const held = await registrar.claim(addressOf(token), claim);
    if (held.keyId === keyId) return;
    const isVoid =
      claim.at - held.at > CLAIM_SECONDS && !(await this.#isHeldBy(held.keyId, token, registrar));
    if (!isVoid) throw new KeyConflict('token-taken');
    await registrar.release(addressOf(token), held.keyId);
    if ((await registrar.claim(addressOf(token), claim)).keyId !== keyId)
      throw new KeyConflict('token-taken');
  }

  async #isHeldBy(keyId: string, token: GrafanaToken, registrar: KeyRegistrar): Promise<boolean> {
    const registered = await registrar.read(keyId);
    if (!registered?.text) return false;
    const opened = await openRecord(registered.text, keyId, await this.keyring());
    if (opened.state !== 'open') return true;
    const { material, former } = opened.record;
    return [material, former].some(
      (held) => held !== undefined && addressOf(held.token) === addressOf(token),
    );
  }

  async #decide(id: string, revision: number, text: string | null): Promise<void> {
    const { registrar } = this.#context;
    if (!registrar) return this.#handOut(id, text);
    if (!(await registrar.swap(id, revision, text))) throw new KeyConflict('changed-meanwhile');
    await this.#publish(id, registrar);
  }

  /** A write of KV may overtake another's: what is handed out last has to be what was decided last. */
  async #publish(id: string, registrar: KeyRegistrar): Promise<void> {
    for (let tries = 0; tries < PUBLISH_TRIES; tries++) {
      const decided = await registrar.read(id);
      if (!decided) return;
      await this.#handOut(id, decided.text);
      if ((await registrar.read(id))?.revision === decided.revision) return;
    }
  }

  #handOut(id: string, text: string | null): Promise<void> {
    const { kv } = this.#context;
    return text === null ? kv.delete(`${KEY_PREFIX}${id}`) : kv.write(`${KEY_PREFIX}${id}`, text);
  }
}

function addressOf(token: GrafanaToken): string {
  return addressOfSecret(token.secret.reveal());
}

/** The secret has the entropy of 32 random characters: nobody finds it by its hash. */
function addressOfSecret(secret: string): string {
  return `${SECRET_PREFIX}${sha256Base64Url(`postern key secret ${secret}`)}`;
}
