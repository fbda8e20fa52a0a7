import { createWorker } from './app.ts';
import { createLog } from './observe/log.ts';
import { SignInObject } from './sso/sign-in-object.ts';
import { SupportWiring } from './wiring.ts';

export { Ledger } from './ledger/ledger.ts';

const supports = new SupportWiring(createLog(), () => Math.floor(Date.now() / 1000));

/** The Durable Object of one sign-in, with the settings of this Worker. */
export class SignIn extends SignInObject {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env, () =>
      supports.supportOf(env as unknown as Record<string, unknown>, (work) => context.waitUntil(work)),
    );
  }
}

export default createWorker();
