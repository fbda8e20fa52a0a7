import type { Config } from './config/read.ts';
import type { LedgerNamespace } from './ledger/ledgers.ts';
import { LedgerRegistrar } from './ledger/registrar.ts';
import { LedgerTexts } from './ledger/texts.ts';
import { createKeyring, type Keyring } from './lib/keyring.ts';
import type { Tell } from './observe/events.ts';
import { SignInCookies } from './session/sign-in.ts';
import { Accounts } from './sso/accounts.ts';
import { AssertionKeys } from './sso/assertion-keys.ts';
import { Attempts } from './sso/attempt.ts';
import type { SsoOptions } from './sso/options.ts';
import { findPresentationProblem, Presenter } from './sso/presentation.ts';
import type { Send } from './sso/provider/bounded-fetch.ts';
import { Provider } from './sso/provider/provider.ts';
import { Refresher } from './sso/refresher.ts';
import type { SignInServices } from './sso/services.ts';
import type { SignInSupport } from './sso/sign-in-object.ts';
import { type SignInNamespace, SignIns } from './sso/sign-ins.ts';

/** What the platform binds for sign-in. */
export interface SignInBindings {
  readonly ledger: LedgerNamespace;
  readonly signIns: SignInNamespace;
  /** Speaks to the provider with a client certificate. */
  readonly mtls: { fetch(request: Request): Promise<Response> } | undefined;
}

/** Furnishes sign-in for the Worker. */
export function furnishSignIn(
  config: Config,
  options: SsoOptions,
  { ledger, signIns, mtls }: SignInBindings,
  tell: Tell,
): SignInServices {
  const { origin, session } = config;
  const keys = new AssertionKeys(new LedgerTexts(ledger), session.secrets);
  return {
    options,
    provider: furnishProvider(options, mtls, tell),
    attempts: new Attempts(session.secrets),
    cookies: new SignInCookies(session, `${origin.base}${origin.prefix}`),
    signIns: new SignIns(signIns),
    accounts: new Accounts(new LedgerRegistrar(ledger)),
    keys,
    presenter: new Presenter({ options: options.presentation, keys, audience: origin.base }),
  };
}

/** Furnishes the Durable Object of a sign-in, which refreshes it. */
export function furnishSupport(
  config: Config,
  options: SsoOptions,
  { provider, ledger }: { readonly provider: Provider; readonly ledger: LedgerNamespace },
  tell: Tell,
): SignInSupport {
  const accounts = new Accounts(new LedgerRegistrar(ledger));
  let keyring: Keyring | undefined;
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
    keyring: async () => {
      keyring ??= await createKeyring(config.session.secrets, 'sign-in record');
      return keyring;
    },
  };
}

/** The provider, with one memory for all who ask it in an isolate. */
export function furnishProvider(options: SsoOptions, mtls: SignInBindings['mtls'], tell: Tell): Provider {
  return new Provider({
    options: options.provider,
    client: options.client,
    send: sendBy(mtls),
    onFailure: (part, reason) => tell('sso.provider.failed', { part, reason }),
  });
}

function sendBy(mtls: SignInBindings['mtls']): Send {
  return mtls ? (request) => mtls.fetch(request) : (request) => fetch(request);
}
