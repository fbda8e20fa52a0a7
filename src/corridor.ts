import type { Config } from './config/read.ts';
import type { InboundHeaders } from './headers/inbound.ts';
import type { HeaderNotices } from './headers/notice.ts';
import type { LedgerNamespace, Ledgers } from './ledger/ledgers.ts';
import type { Tally } from './ledger/tally.ts';
import type { Kv } from './lib/kv.ts';
import type { RateWindow } from './lib/rate-window.ts';
import type { RequestUrl } from './lib/request-url.ts';
import type { Tell } from './observe/events.ts';
import type { Meter } from './observe/meter.ts';
import type { RegionFinder } from './oncall/find-region.ts';
import type { RegionStore } from './oncall/region-store.ts';
import type { LibraryElements } from './origin/library-elements.ts';
import type { SocketCount } from './origin/socket-count.ts';
import type { Refusal } from './refusal/refuse.ts';
import type { RevocationRegister } from './revocation/register.ts';
import type { RevocationStore } from './revocation/store.ts';
import type { SessionKeeper } from './session/keeper.ts';
import type { DerivedValues } from './share/derived-values.ts';
import type { ShareKey } from './share/key.ts';
import type { LayeredKeys } from './share/key-registry.ts';
import type { KeyStore } from './share/key-store.ts';
import type { SignInServices } from './sso/services.ts';

/** What one isolate holds for one configuration: settings, and the memories that make requests warm. */
export interface House {
  readonly config: Config;
  readonly inbound: InboundHeaders;
  readonly notices: HeaderNotices;
  readonly publicRates: RateWindow;
  readonly sockets: SocketCount;
  readonly libraryElements: LibraryElements;
  readonly keys: LayeredKeys;
  readonly revocations: RevocationRegister;
  readonly oncall: RegionFinder;
  readonly ledgers: Ledgers;
  readonly tally: Tally;
  readonly meter: Meter;
  /** What the platform binds, for the doctor, who tries whether it works. */
  readonly bound: Bound;
  /** KV, for those who change what is in it; undefined where none is bound. */
  readonly stores: Stores | undefined;
  readonly derivedValues: DerivedValues;
  readonly sessions: SessionKeeper<ShareKey>;
  /** Undefined where sign-in is off. */
  readonly signIn: SignInServices | undefined;
}

/** Storage as it is bound; undefined where it is not. */
export interface Bound {
  readonly kv: Kv | undefined;
  readonly ledger: LedgerNamespace | undefined;
}

/** What is kept in KV. */
export interface Stores {
  readonly keys: KeyStore;
  readonly revocations: RevocationStore;
  readonly regions: RegionStore;
}

/** One request on its way down the corridor, as every door gets it. */
export interface Visit {
  readonly url: RequestUrl;
  /** Unix seconds, the same for the whole request. */
  readonly now: number;
  readonly requestId: string;
  readonly house: House;
  /** Scheme, host and port under which the visitor knows the gateway. */
  readonly gateway: string;
  /** Scheme, host and port of this request. */
  readonly ownOrigin: string;
  /** The origins of the gateway's own pages: the one of this request, and that of `PUBLIC_URL`. */
  readonly ownOrigins: readonly string[];
  readonly observe: Tell;
  refuse(refusal: Refusal, headers?: Headers): Response;
  /** From here on the visit concerns a key: the pages that may embed what it shows may embed its refusals too. */
  concern(key: { readonly frameAncestors?: readonly string[] | undefined } | undefined): void;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}

/**
 * A door of the corridor: it answers the request, or lets it walk on (`undefined`). Doors that need not wait
 * answer at once, since every promise on the way costs a warm request time.
 */
export type Door = (request: Request, visit: Visit) => Response | undefined | Promise<Response | undefined>;
