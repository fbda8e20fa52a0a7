import type { AdminGateway } from '../admin.ts';
import type { Gateway } from '../gateway.ts';
import type { Jar } from '../jar.ts';
import type { FixtureKey } from '../keys.ts';

/** A gateway with storage, its admin API on, and a visitor's session, which began this moment. */
export interface Opening {
  readonly gateway: AdminGateway;
  readonly jar: Jar;
  readonly key: FixtureKey;
  /** The dashboard's page. */
  readonly page: string;
  /** A link to it that is signed now. */
  readonly link: () => string;
}

/** What the precondition of a case tells in words. */
export interface Prelude {
  readonly vars?: Readonly<Record<string, unknown>>;
  /** @returns the isolate that gets the case's request, its clock where the case wants it */
  begin(opening: Opening): Promise<Gateway>;
  /** What the operator orders by the case's request. */
  order?(of: { readonly key: FixtureKey; readonly sessionId: string }): object;
}

/**
 * How long what was revoked elsewhere may still be let in at a place that looked just before: the copy that KV keeps
 * there (30 s, as the gateway asks for; Cloudflare promises no end), and then the answer that an isolate remembers.
 */
export const BOUND_SECONDS = 30 + 10;

const revokeKey = ({ orgId, name }: FixtureKey) => ({ kind: 'key', orgId, name });

/** By case: what happens before its request. */
export const PRELUDES: Readonly<Record<string, Prelude>> = {
  // Revoked elsewhere, a moment after this place was asked about the very session: nobody could know less of it.
  'share-192': {
    async begin({ gateway, jar, key, page }) {
      const elsewhere = gateway.another('elsewhere');
      await elsewhere.fetchAs(jar, page);
      await gateway.revoke(revokeKey(key));
      passTime([gateway, elsewhere], 61);
      return elsewhere;
    },
  },
  // At the end of the bound. What lies before that is measured beside this case.
  'share-193': {
    async begin({ gateway, key, link }) {
      const elsewhere = gateway.another('elsewhere');
      await elsewhere.fetch(link());
      passTime([gateway, elsewhere], 1);
      await gateway.revoke(revokeKey(key));
      passTime([gateway, elsewhere], BOUND_SECONDS);
      return elsewhere;
    },
  },
  'share-194': {
    vars: { SHARE_SESSION_MAX_SECONDS: '20' },
    async begin({ gateway }) {
      return gateway;
    },
    order: ({ sessionId }) => ({ kind: 'session', id: sessionId }),
  },
  // The request of the case is the tenth.
  'share-196': {
    async begin({ gateway, key }) {
      for (let order = 0; order < 9; order++) void gateway.ask('POST', '/revocations', revokeKey(key));
      return gateway;
    },
    order: ({ key }) => revokeKey(key),
  },
};

function passTime(gateways: readonly Gateway[], seconds: number): void {
  for (const gateway of gateways) gateway.now += seconds;
}
