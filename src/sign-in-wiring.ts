import type { Config } from './config/read.ts';
import type { LedgerNamespace, Ledgers } from './ledger/ledgers.ts';
import { LedgerRegistrar } from './ledger/registrar.ts';
import { LedgerTexts } from './ledger/texts.ts';
import type { LazyKeyring } from './lib/keyring.ts';
import type { Kv } from './lib/kv.ts';
import { formatEvent, type Tell } from './observe/events.ts';
import { askOrigin } from './origin/ask.ts';
import { SignInCookies } from './session/sign-in.ts';
import { Accounts } from './sso/accounts.ts';
import { AssertionKeys } from './sso/assertion-keys.ts';
import { Attempts } from './sso/attempt.ts';
import { Alarm } from './sso/health/alarm.ts';
import type { AssertionProbe } from './sso/health/assertion-check.ts';
import { SignInHealth } from './sso/health/health.ts';
import { HealthStore } from './sso/health/health-store.ts';
import type { SsoOptions } from './sso/options.ts';
import { findPresentationProblem, Presenter } from './sso/presentation.ts';
import type { Send } from './sso/provider/bounded-fetch.ts';
import { Provider } from './sso/provider/provider.ts';
import { ProviderStore } from './sso/provider/provider-store.ts';
import { Refresher } from './sso/refresher.ts';
import type { SignInServices } from './sso/services.ts';
import type { SignInSupport } from './sso/sign-in-object.ts';
import { type SignInNamespace, SignIns } from './sso/sign-ins.ts';
import { UsedTokens } from './sso/used-tokens.ts';

/** What the platform binds for sign-in. */
export interface SignInBindings {
  readonly kv: Kv | undefined;
  readonly ledger: LedgerNamespace;
  /** For what is counted. */
  readonly ledgers: Ledgers;
  readonly signIns: SignInNamespace;
  /** Speaks to the provider with a client certificate. */
  readonly mtls: { fetch(request: Request): Promise<Response> } | undefined;
}

/** Furnishes sign-in for the Worker. */
export function furnishSignIn(
  config: Config,
  options: SsoOptions,
  { kv, ledger, ledgers, signIns, mtls }: SignInBindings,
  tell: Tell,
): SignInServices {
  const { origin, session } = config;
  const providerStore = furnishProviderStore(config, kv);
  const keys = new AssertionKeys(new LedgerTexts(ledger), session.secrets);
  const provider = furnishProvider(options, { mtls, store: providerStore }, tell);
  const accounts = new Accounts(new LedgerRegistrar(ledger));
  const presenter = new Presenter({ options: options.presentation, keys, audience: origin.base });
  const { alertWebhook: webhook } = config;
  return {
    options,
    provider,
    providerStore,
    usedTokens: new UsedTokens(new LedgerTexts(ledger)),
    attempts: new Attempts(session.secrets),
    cookies: new SignInCookies(session, `${origin.base}${origin.prefix}`),
    signIns: new SignIns(signIns),
    accounts,
    keys,
    presenter,
    health: new SignInHealth({
      options,
      provider,
      send: sendBy(mtls),
      store: kv && new HealthStore(kv),
      book: ledgers,
      alarm: new Alarm({
        book: new LedgerTexts(ledger),
        webhook,
        send: sendBy(undefined),
        tell,
        announce(facts, now) {
          tell('sso.health.changed', facts);
          return ledgers.record(formatEvent('sso.health.changed', facts, now));
        },
      }),
      probe: furnishProbe(config, presenter, accounts),
      tell,
    }),
  };
}

/** As whom the health checks come to the origin; undefined where nobody is named. */
function furnishProbe(
  { origin, probeLogin: login }: Config,
  presenter: Presenter,
  accounts: Accounts,
): AssertionProbe | undefined {
  if (login === undefined) return undefined;
  return {
    login,
    presenter,
    accounts,
    askUser: (headers) => askOrigin({ method: 'GET', target: '/api/user', headers, body: null }, origin),
  };
}

/** What the Durable Objects of one isolate have in common. */
export interface SupportParts {
  readonly provider: Provider;
  readonly ledger: LedgerNamespace;
  /** What records of sign-ins are sealed with. */
  readonly keyring: LazyKeyring;
}

/** Furnishes the Durable Object of a sign-in, which refreshes it. */
export function furnishSupport(
  options: SsoOptions,
  { provider, ledger, keyring }: SupportParts,
  tell: Tell,
): Omit<SignInSupport, 'shareNews'> {
  const accounts = new Accounts(new LedgerRegistrar(ledger));
  return {
    refresher: new Refresher({
      options,
      provider,
      tell,
      findProblem: async (person, issuer, now) =>
        findPresentationProblem(person, options.presentation) ??
        ((await accounts.hold(person, issuer, now)) ? undefined : 'account-taken'),
    }),
    graceSeconds: options.graceSeconds,
    keyring,
  };
}

/** What isolates tell each other of the provider. */
export function furnishProviderStore(config: Config, kv: Kv | undefined): ProviderStore | undefined {
  return kv && new ProviderStore({ kv, secrets: config.session.secrets });
}

/** The provider, with one memory for all who ask it in an isolate. */
export function furnishProvider(
  options: SsoOptions,
  { mtls, store }: { readonly mtls: SignInBindings['mtls']; readonly store: ProviderStore | undefined },
  tell: Tell,
): Provider {
  return new Provider({
    options: options.provider,
    client: options.client,
    send: sendBy(mtls),
    store,
    onFailure: (part, reason) => tell('sso.provider.failed', { part, reason }),
  });
}

function sendBy(mtls: SignInBindings['mtls']): Send {
  return mtls ? (request) => mtls.fetch(request) : (request) => fetch(request);
}
