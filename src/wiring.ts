import { type Config, readConfig } from './config/read.ts';
import { formatMistake } from './config/report.ts';
import type { House, Stores } from './corridor.ts';
import { InboundHeaders } from './headers/inbound.ts';
import { HeaderNotices } from './headers/notice.ts';
import { type LedgerNamespace, Ledgers } from './ledger/ledgers.ts';
import { LedgerRegistrar } from './ledger/registrar.ts';
import { Tally } from './ledger/tally.ts';
import { KeyedHash } from './lib/keyed-hash.ts';
import { Kv, type KvBinding } from './lib/kv.ts';
import { RateWindow } from './lib/rate-window.ts';
import { type EventMap, type EventName, formatEvent } from './observe/events.ts';
import type { Observer } from './observe/log.ts';
import { RegionFinder } from './oncall/find-region.ts';
import { RegionStore } from './oncall/region-store.ts';
import { LibraryElements } from './origin/library-elements.ts';
import { SocketCount } from './origin/socket-count.ts';
import { RevocationRegister } from './revocation/register.ts';
import { RevocationStore } from './revocation/store.ts';
import { SessionKeeper } from './session/keeper.ts';
import { ConfigKeys } from './share/config-keys.ts';
import { DerivedValues } from './share/derived-values.ts';
import { LayeredKeys } from './share/key-registry.ts';
import { KeyStore } from './share/key-store.ts';

type Env = Readonly<Record<string, unknown>>;

/** What the platform binds, as far as it is there. */
interface Bindings {
  readonly kv: Kv | undefined;
  readonly ledger: LedgerNamespace | undefined;
}

/** Failures of ledgers that one isolate tells in a minute. */
const LEDGER_FAILURES_TOLD = 1;

/** Builds the house of a configuration once for each isolate, and says what is wrong with it once. */
export class Wiring {
  readonly #houses = new WeakMap<Env, House | 'misconfigured'>();
  readonly #observe: Observer;
  /** Unix seconds. */
  readonly #now: () => number;

  constructor(observe: Observer, now: () => number) {
    this.#observe = observe;
    this.#now = now;
  }

  houseOf(env: Env): House | 'misconfigured' {
    const known = this.#houses.get(env);
    if (known) return known;
    const built = this.#build(env);
    this.#houses.set(env, built);
    return built;
  }

  #build(env: Env): House | 'misconfigured' {
    const config = readConfig(env);
    if (!config.ok) {
      for (const mistake of config.reason) this.#tell('config.invalid', { mistake: formatMistake(mistake) });
      return 'misconfigured';
    }
    const bindings = findBindings(env);
    for (const warning of [...config.value.warnings, ...findMissing(bindings)])
      this.#tell('config.warning', { warning });
    return this.#furnish(config.value, bindings);
  }

  #furnish(config: Config, { kv, ledger }: Bindings): House {
    const now = this.#now;
    const stores = kv && {
      keys: new KeyStore({
        kv,
        registrar: ledger && new LedgerRegistrar(ledger),
        secrets: config.session.secrets,
        now,
      }),
      revocations: new RevocationStore(kv),
      regions: new RegionStore(kv, new KeyedHash(config.session.secrets, 'oncall')),
    };
    const ledgers = new Ledgers({ namespace: ledger, now, onFailure: this.#createLedgerAlarm() });
    const keys = this.#furnishKeys(config, stores);
    const revocations = new RevocationRegister({
      options: config.revocation,
      store: stores?.revocations,
      now,
      onUnknown: () => this.#tell('revocation.unavailable', { reason: 'allowed' }),
    });
    return {
      config,
      stores,
      keys,
      revocations,
      ledgers,
      tally: new Tally(ledgers, now()),
      oncall: new RegionFinder({ options: config.oncall, store: stores?.regions, now }),
      sessions: furnishSessions(config, keys, revocations),
      derivedValues: new DerivedValues(),
      inbound: new InboundHeaders(config.headers),
      notices: new HeaderNotices(),
      publicRates: new RateWindow(),
      sockets: new SocketCount(),
      libraryElements: new LibraryElements(),
    };
  }

  #furnishKeys(config: Config, stores: Stores | undefined): LayeredKeys {
    return new LayeredKeys({
      config: new ConfigKeys(config.share.keys),
      store: stores?.keys,
      whenUnavailable: config.revocation.whenUnavailable,
      now: this.#now,
      onUnreadable: ({ orgId, name }) => this.#tell('share.key.unreadable', { key: name, orgId }),
    });
  }

  #createLedgerAlarm(): (reason: string) => void {
    const told = new RateWindow();
    return (reason) => {
      if (told.count('', LEDGER_FAILURES_TOLD, this.#now()) === 0) this.#tell('ledger.failed', { reason });
    };
  }

  #tell<Name extends EventName>(event: Name, facts: EventMap[Name]): void {
    this.#observe(formatEvent(event, facts, this.#now()));
  }
}

function furnishSessions(config: Config, keys: LayeredKeys, revocations: RevocationRegister) {
  const { origin, session, share } = config;
  const versions: ReadonlySet<string> = share.enabled ? share.versions : new Set();
  return new SessionKeeper({
    session,
    origin: `${origin.base}${origin.prefix}`,
    // Sharing that was switched off, or a version that is accepted no more, ends what it has opened.
    findKey: (grant) => (versions.has(grant.version) ? keys.findByName(grant.orgId, grant.name) : undefined),
    standingOf: (grant, uid) => revocations.standingOf(grant, uid),
    readStanding: (grant, uid) => revocations.readStanding(grant, uid),
  });
}

function findBindings(env: Env): Bindings {
  const kv = env.POSTERN_KV as KvBinding | undefined;
  return { kv: kv && new Kv(kv), ledger: env.POSTERN_LEDGER as LedgerNamespace | undefined };
}

function findMissing({ kv, ledger }: Bindings): string[] {
  const warnings: string[] = [];
  if (!kv) warnings.push('POSTERN_KV is not bound: nothing can be revoked, and keys are those of SHARE_KEYS');
  if (!ledger)
    warnings.push(
      'POSTERN_LEDGER is not bound: events are in the log alone, and wrong signatures are not limited',
    );
  return warnings;
}
