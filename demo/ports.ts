import { DemoError } from './lib/demo-error.ts';
import { probePort } from './lib/server.ts';

/** Where the demo's three servers listen. */
export interface Ports {
  readonly gateway: number;
  readonly origin: number;
  readonly portal: number;
}

const PORT_MAX = 65_535;

/**
 * The gateway's port and the two after it, each seen to be free.
 *
 * @param first 0 takes three free ports wherever they are
 * @throws DemoError where one is taken, before anything has been started
 */
export async function choosePorts(first: number): Promise<Ports> {
  if (first !== 0 && first + 2 > PORT_MAX) throw tooHigh(first);
  const wanted = first === 0 ? [0, 0, 0] : [first, first + 1, first + 2];
  // All at once: a port that is given back could be found a second time.
  const [gateway = 0, origin = 0, portal = 0] = await Promise.all(wanted.map(probePort));
  return { gateway, origin, portal };
}

function tooHigh(port: number): DemoError {
  return new DemoError(`Port ${port} is too high.`, {
    why: `The demo takes three ports in a row, and the last there is is ${PORT_MAX}.`,
    fix: 'Choose a lower one: npm run demo -- --port 8787',
    exitCode: 2,
  });
}
