import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const COM_BINLOG_DUMP = 0x12;
const COM_BINLOG_DUMP_GTID = 0x1e;

/** A TCP proxy before a source: the connection on which a binlog is read can be frozen, while all others go on. */
export class FreezingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Where the server's bytes come from, for each binlog that is read. */
  readonly #dumps = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      this.#join(client, connect(targetPort, '127.0.0.1'));
    });
  }

  static async start(targetPort: number): Promise<FreezingProxy> {
    const proxy = new FreezingProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    for (const dump of this.#dumps) dump.pause();
  }

  thaw(): void {
    for (const dump of this.#dumps) dump.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (bytes: Buffer) => {
      // The command is the first byte behind the packet's head.
      if (bytes[4] === COM_BINLOG_DUMP || bytes[4] === COM_BINLOG_DUMP_GTID) {
        this.#dumps.add(upstream);
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => client.write(bytes));
    client.on('close', () => {
      this.#dumps.delete(upstream);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  }
}
