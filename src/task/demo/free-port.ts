import { createServer } from 'node:net';

const FIRST = 20_000;
/** Below those that the system gives outgoing connections: nobody takes it by chance meanwhile. */
const LAST = 32_000;

/** Ports of the loopback address on which nobody listens, each another one. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const start = Math.floor(Math.random() * (LAST - FIRST));
  for (let tried = 0; ports.length < count && tried < LAST - FIRST; tried++) {
    const port = FIRST + ((start + tried) % (LAST - FIRST));
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error('no free port on 127.0.0.1');
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
