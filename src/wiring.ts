import { type Config, readConfig } from './config/read.ts';
import { formatMistake } from './config/report.ts';
import type { House, Stores } from './corridor.ts';
import { InboundHeaders } from './headers/inbound.ts';
import { HeaderNotices } from './headers/notice.ts';
import { type LedgerNamespace, Ledgers } from './ledger/ledgers.ts';
import { LedgerRegistrar } from './ledger/registrar.ts';
import { Tally } from './ledger/tally.ts';
import { KeyedHash } from './lib/keyed-hash.ts';
import { LazyKeyring } from './lib/keyring.ts';
import { Kv, type KvBinding } from './lib/kv.ts';
import { RateWindow } from './lib/rate-window.ts';
import { EVENTS, type EventMap, type EventName, formatEvent, type Tell } from './observe/events.ts';
import type { Observer } from './observe/log.ts';
import { Meter } from './observe/meter.ts';
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
import {
  furnishProvider,
  furnishProviderStore,
  furnishSignIn,
  furnishSupport,
  type SignInBindings,
  type SupportParts,
} from './sign-in-wiring.ts';
import type { SsoOptions } from './sso/options.ts';
import type { ProviderStore } from './sso/provider/provider-store.ts';
import type { SignInSupport } from './sso/sign-in-object.ts';
import type { SignInNamespace } from './sso/sign-ins.ts';

type Env = Readonly<Record<string, unknown>>;

/** What the platform binds, as far as it is there. */
interface Bindings {
  readonly kv: Kv | undefined;
  readonly ledger: LedgerNamespace | undefined;
  readonly signIns: SignInNamespace | undefined;
  readonly mtls: SignInBindings['mtls'];
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
    const lacking = findLacking(config.value, bindings);
    for (const mistake of lacking) this.#tell('config.invalid', { mistake });
    if (lacking.length > 0) return 'misconfigured';
    for (const warning of [...config.value.warnings, ...findMissing(bindings)])
      this.#tell('config.warning', { warning });
    return this.#furnish(config.value, bindings);
  }

  #furnish(config: Config, { kv, ledger, signIns, mtls }: Bindings): House {
    const now = this.#now;
    const tell: Tell = (event, facts) => this.#tell(event, facts);
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
      bound: { kv, ledger },
      stores,
      keys,
      revocations,
      ledgers,
      tally: new Tally(ledgers, now()),
      meter: new Meter((rows) => ledgers.addMeter(rows), now()),
      oncall: new RegionFinder({ options: config.oncall, store: stores?.regions, now }),
      sessions: furnishSessions(config, keys, revocations),
      signIn:
        config.sso &&
        ledger &&
        signIns &&
        furnishSignIn(config, config.sso, { kv, ledger, ledgers, signIns, mtls }, tell),
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
  return {
    kv: kv && new Kv(kv),
    ledger: env.POSTERN_LEDGER as LedgerNamespace | undefined,
    signIns: env.POSTERN_SIGN_INS as SignInNamespace | undefined,
    mtls: env.SSO_MTLS as SignInBindings['mtls'],
  };
}

/** What sign-in cannot do without, one sentence each. */
function findLacking({ sso }: Config, { ledger, signIns }: Bindings): string[] {
  if (!sso || (ledger && signIns)) return [];
  return [
    'sign-in is on, and POSTERN_SIGN_INS or POSTERN_LEDGER is not bound: it keeps its sessions there. Bind both Durable Objects as in wrangler.toml, or set GF_AUTH_GENERIC_OAUTH_ENABLED=false',
  ];
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

/** What the Durable Objects of one isolate have in common. */
interface SharedSupport extends SupportParts {
  readonly options: SsoOptions;
  /** What isolates tell each other of the provider. */
  readonly store: ProviderStore | undefined;
  readonly ledgers: Ledgers;
  readonly meter: Meter;
}

/** Furnishes the Durable Objects of sign-in, which have the Worker's own bindings and variables. */
export class SupportWiring {
  readonly #shared = new WeakMap<Env, SharedSupport>();
  readonly #observe: Observer;
  readonly #now: () => number;

  constructor(observe: Observer, now: () => number) {
    this.#observe = observe;
    this.#now = now;
  }

  /**
   * @param waitUntil lets work of the object go on after its answer
   * @throws Error where sign-in is not set up: nothing that could ask is let in then
   */
  supportOf(env: Env, waitUntil: (work: Promise<unknown>) => void): SignInSupport {
    const shared = this.#sharedOf(env);
    const { options, store, ledgers, meter } = shared;
    const tell: Tell = (event, facts) => {
      const line = formatEvent(event, facts, this.#now());
      this.#observe(line);
      if (EVENTS[event].isDecision) waitUntil(ledgers.record(line));
      const counted = meter.tell(line, this.#now());
      if (counted) waitUntil(counted);
    };
    const shareNews = () => {
      if (store?.hasNews) waitUntil(store.share());
    };
    return { ...furnishSupport(options, shared, tell), shareNews };
  }

  #sharedOf(env: Env): SharedSupport {
    const known = this.#shared.get(env);
    if (known) return known;
    const config = readConfig(env);
    const { kv, ledger, mtls } = findBindings(env);
    if (!config.ok || !config.value.sso || !ledger) throw new Error('sign-in is not set up');
    const tell: Tell = (event, facts) => this.#observe(formatEvent(event, facts, this.#now()));
    const onFailure = (reason: string) => tell('ledger.failed', { reason });
    const ledgers = new Ledgers({ namespace: ledger, now: this.#now, onFailure });
    const store = furnishProviderStore(config.value, kv);
    const shared: SharedSupport = {
      options: config.value.sso,
      keyring: new LazyKeyring(config.value.session.secrets, 'sign-in record'),
      provider: furnishProvider(config.value.sso, { mtls, store }, tell),
      store,
      ledger,
      ledgers,
      meter: new Meter((rows) => ledgers.addMeter(rows), this.#now()),
    };
    this.#shared.set(env, shared);
    return shared;
  }
}
