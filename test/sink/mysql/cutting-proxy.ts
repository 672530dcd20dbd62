import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A TCP proxy that cuts a connection at a named moment: `before` a packet with this text reaches the
 * server, or after the server got it and `answered`, with the answer lost on its way back.
 */
export interface Cut {
  readonly text: string;
  readonly when: 'before' | 'answered';
}

export class CuttingProxy {
  readonly port: number;
  readonly #close: () => Promise<void>;
  readonly #state: { cut: Cut | undefined; cuts: number };

  static async start(targetPort: number): Promise<CuttingProxy> {
    const state: { cut: Cut | undefined; cuts: number } = { cut: undefined, cuts: 0 };
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(targetPort, '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => sockets.delete(socket));
      }
      let isCutting = false;
      const cut = (): void => {
        state.cuts += 1;
        client.destroy();
        upstream.destroy();
      };
      client.on('data', (bytes) => {
        const { cut: wanted } = state;
        if (wanted !== undefined && bytes.includes(wanted.text)) {
          state.cut = undefined;
          if (wanted.when === 'before') {
            cut();
            return;
          }
          isCutting = true;
        }
        upstream.write(bytes);
      });
      upstream.on('data', (bytes) => {
        if (isCutting) cut();
        else client.write(bytes);
      });
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    return new CuttingProxy((server.address() as AddressInfo).port, state, close);
  }

  private constructor(
    port: number,
    state: { cut: Cut | undefined; cuts: number },
    close: () => Promise<void>,
  ) {
    this.port = port;
    this.#state = state;
    this.#close = close;
  }

  /** Cuts once, at the next packet with this text. */
  cutAt(cut: Cut): void {
    this.#state.cut = cut;
  }

  get cuts(): number {
    return this.#state.cuts;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
