import type { SignInCookies } from '../session/sign-in.ts';
import type { Accounts } from './accounts.ts';
import type { AssertionKeys } from './assertion-keys.ts';
import type { Attempts } from './attempt.ts';
import type { SignInHealth } from './health/health.ts';
import type { SsoOptions } from './options.ts';
import type { Presenter } from './presentation.ts';
import type { Provider } from './provider/provider.ts';
import type { ProviderStore } from './provider/provider-store.ts';
import type { SignIns } from './sign-ins.ts';
import type { UsedTokens } from './used-tokens.ts';

/** What one isolate holds for sign-in. */
export interface SignInServices {
  readonly options: SsoOptions;
  readonly provider: Provider;
  /** What isolates tell each other of the provider; undefined without KV. */
  readonly providerStore: ProviderStore | undefined;
  readonly attempts: Attempts;
  readonly cookies: SignInCookies;
  readonly signIns: SignIns;
  readonly accounts: Accounts;
  readonly keys: AssertionKeys;
  readonly presenter: Presenter;
  readonly health: SignInHealth;
  readonly usedTokens: UsedTokens;
}
