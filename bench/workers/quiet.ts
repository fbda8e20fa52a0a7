import { createApp } from '../../src/app.ts';

export { Ledger, SignIn } from '../../src/index.ts';

/** The gateway without its log: the console of a local runtime would be what is measured. */
export default createApp({ observe: () => undefined });
