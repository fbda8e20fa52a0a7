import { type Config, readConfig } from './config/read.ts';
import { formatMistake } from './config/report.ts';
import type { House } from './corridor.ts';
import { InboundHeaders } from './headers/inbound.ts';
import { HeaderNotices } from './headers/notice.ts';
import { RateWindow } from './lib/rate-window.ts';
import type { Observer } from './observe/event.ts';
import { LibraryElements } from './origin/library-elements.ts';
import { SocketCount } from './origin/socket-count.ts';
import { SessionKeeper } from './session/keeper.ts';
import { ConfigKeys } from './share/config-keys.ts';
import { DerivedValues } from './share/derived-values.ts';

type Env = Readonly<Record<string, unknown>>;

/** Builds the house of a configuration once for each isolate, and says what is wrong with it once. */
export class Wiring {
  readonly #houses = new WeakMap<Env, House | 'misconfigured'>();
  readonly #observe: Observer;

  constructor(observe: Observer) {
    this.#observe = observe;
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
      for (const mistake of config.reason)
        this.#observe('config.invalid', { mistake: formatMistake(mistake) });
      return 'misconfigured';
    }
    for (const warning of config.value.warnings) this.#observe('config.warning', { warning });
    return furnish(config.value);
  }
}

function furnish(config: Config): House {
  const keys = new ConfigKeys(config.share.keys);
  const { origin, session, share } = config;
  const versions: ReadonlySet<string> = share.enabled ? share.versions : new Set();
  const sessions = new SessionKeeper({
    session,
    origin: `${origin.base}${origin.prefix}`,
    // Sharing that was switched off, or a version that is accepted no more, ends what it has opened.
    findKey: (grant) => (versions.has(grant.version) ? keys.findByName(grant.orgId, grant.name) : undefined),
  });
  return {
    config,
    keys,
    sessions,
    derivedValues: new DerivedValues(),
    inbound: new InboundHeaders(config.headers),
    notices: new HeaderNotices(),
    publicRates: new RateWindow(),
    sockets: new SocketCount(),
    libraryElements: new LibraryElements(),
  };
}
