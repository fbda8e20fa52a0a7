import { createApp } from '../../src/app.ts';
import { SignInObject } from '../../src/sso/sign-in-object.ts';
import { SupportWiring } from '../../src/wiring.ts';
import { latest } from './latest.ts';

export { Ledger } from '../../src/ledger/ledger.ts';

/**
 * The Durable Object of a sign-in in tests inside workerd. The runtime hands objects its own variables, once; here they
 * have those of the gateway that the running test has set up last.
 */
export class SignIn extends SignInObject {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    const { vars, now, observe } = latest();
    const wiring = new SupportWiring(observe, now);
    super(context, env, () => wiring.supportOf(vars, (work) => context.waitUntil(work)));
  }
}

export default createApp();
