import { createServer, connect, type Socket } from 'node:net';

/** While more than this waits in one direction, its sender has to wait too. */
const HIGH_BYTES = 16 << 20;

export interface DelayProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** A server on this machine that seems to be far away: every byte is handed on `delayMs` later, both ways. */
export function openDelayProxy(targetPort: number, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('close', () => {
        sockets.delete(from);
        setTimeout(() => to.destroy(), delayMs);
      });
      from.on('error', () => undefined);
      forward(from, to, delayMs);
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      resolve({
        port: address.port,
        close: async () => {
          for (const socket of sockets) socket.destroy();
          await new Promise((closed) => server.close(closed));
        },
      });
    });
  });
}

/** Timers of one length fire in the order in which they were set, so bytes stay in order. */
function forward(from: Socket, to: Socket, delayMs: number): void {
  let waiting = 0;
  from.on('data', (chunk: Buffer) => {
    waiting += chunk.length;
    if (waiting > HIGH_BYTES) from.pause();
    setTimeout(() => {
      waiting -= chunk.length;
      if (waiting <= HIGH_BYTES) from.resume();
      if (!to.destroyed) to.write(chunk);
    }, delayMs);
  });
}
