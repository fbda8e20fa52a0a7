import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { DemoError } from './demo-error.ts';

/** Everything of the demo listens here and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/** A server that listens, and how to end it. */
export interface RunningServer {
  readonly url: string;
  /** Ends the server and every connection it holds, upgraded ones too. */
  stop(): Promise<void>;
}

/**
 * Listens on loopback.
 *
 * @param port 0 takes any free port
 * @throws DemoError where the port is taken or may not be used
 */
export async function startServer(server: Server, port: number): Promise<RunningServer> {
  const sockets = rememberSockets(server);
  await listen(server, port);
  return {
    url: `http://${LOOPBACK}:${portOf(server)}`,
    stop: () => close(server, sockets),
  };
}

/** A server for one listener. */
export function serve(listener: RequestListener, port: number): Promise<RunningServer> {
  return startServer(createServer(listener), port);
}

/**
 * Finds out whether a port is free, by listening there for a moment. With 0 any free port is found.
 *
 * @throws DemoError as `startServer` does
 */
export async function probePort(port: number): Promise<number> {
  const server = createServer();
  await listen(server, port);
  const found = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(explainListenError(error, port));
    server.once('error', fail);
    server.listen(port, LOOPBACK, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function explainListenError(error: NodeJS.ErrnoException, port: number): Error {
  const fix = `Stop it, or choose other ports: npm run demo -- --port ${port + 100}`;
  if (error.code === 'EADDRINUSE') {
    return new DemoError(`Port ${port} is taken.`, {
      why: `Another program listens on ${LOOPBACK}:${port}.`,
      fix,
    });
  }
  if (error.code === 'EACCES') {
    const why = 'The system keeps this port for privileged programs.';
    return new DemoError(`Port ${port} may not be used.`, {
      why,
      fix: 'Choose a port from 1024 on: --port 8900',
    });
  }
  return error;
}

/** Upgraded sockets leave the server's own bookkeeping, and `server.close` would wait for them for ever. */
function rememberSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return address.port;
}
