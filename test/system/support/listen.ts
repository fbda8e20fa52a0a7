import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { atEnd, type Ending } from './at-end.ts';

/**
 * Listens on a free port of this machine, and ends with the test: the server and every connection it holds, upgraded
 * and half-opened ones too, which `server.close` would wait for.
 */
export async function listen(t: Ending, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}
