import { Secret } from '../../src/lib/secret.ts';

/** A Worker that prints a secret in every way that its console has. */
export default {
  fetch(): Response {
    const secret = new Secret('hunter2-hunter2-hunter2');
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      console[method]('here:', secret, { deep: { secret }, list: [secret], map: new Map([['a', secret]]) });
    }
    return new Response('printed');
  },
};
