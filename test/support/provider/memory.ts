type Payload = Record<string, unknown>;

/**
 * What a provider keeps: sessions, codes, tokens, and its clients. It outlives the provider's key sets, as a
 * database does. Entries never run out by themselves, since `oidc-provider` looks at `exp` itself.
 */
export class Memory {
  readonly #entries = new Map<string, Payload>();

  /** The factory that `oidc-provider` asks for, once for each kind of entry. */
  readonly adapter = (kind: string) => ({
    upsert: async (id: string, payload: Payload) => {
      this.#entries.set(`${kind}:${id}`, payload);
    },
    find: async (id: string) => this.#entries.get(`${kind}:${id}`),
    findByUid: async (uid: string) => this.#list(kind).find((payload) => payload.uid === uid),
    findByUserCode: async (userCode: string) =>
      this.#list(kind).find((payload) => payload.userCode === userCode),
    consume: async (id: string) => {
      const payload = this.#entries.get(`${kind}:${id}`);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id: string) => {
      this.#entries.delete(`${kind}:${id}`);
    },
    revokeByGrantId: async (grantId: string) => {
      for (const [key, payload] of this.#entries) if (payload.grantId === grantId) this.#entries.delete(key);
    },
  });

  put(kind: string, id: string, payload: Payload): void {
    this.#entries.set(`${kind}:${id}`, payload);
  }

  /** Forgets everything of a kind that was given to somebody. */
  forget(kind: string, accountId: string): void {
    for (const [key, payload] of this.#entries)
      if (key.startsWith(`${kind}:`) && payload.accountId === accountId) this.#entries.delete(key);
  }

  #list(kind: string): Payload[] {
    return [...this.#entries].filter(([key]) => key.startsWith(`${kind}:`)).map(([, payload]) => payload);
  }
}
