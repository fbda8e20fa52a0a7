import type { SignInCookies } from '../session/sign-in.ts';
import type { Accounts } from './accounts.ts';
import type { AssertionKeys } from './assertion-keys.ts';
import type { Attempts } from './attempt.ts';
import type { SsoOptions } from './options.ts';
import type { Presenter } from './presentation.ts';
import type { Provider } from './provider/provider.ts';
import type { SignIns } from './sign-ins.ts';

/** What one isolate holds for sign-in. */
export interface SignInServices {
  readonly options: SsoOptions;
  readonly provider: Provider;
  readonly attempts: Attempts;
  readonly cookies: SignInCookies;
  readonly signIns: SignIns;
  readonly accounts: Accounts;
  readonly keys: AssertionKeys;
  readonly presenter: Presenter;
}
