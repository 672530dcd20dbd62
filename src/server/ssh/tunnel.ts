import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { HostAddress } from '../host-address.ts';
import { connectSsh, type SshConnection, type SshContext } from './ssh-client.ts';
import { sshAway } from './ssh-error.ts';
import type { SshOptions } from './ssh-options.ts';

export interface Tunnel {
  /** Connects here, as to a server on this machine. */
  readonly address: HostAddress;
  /** What went wrong behind it; the driver only sees a connection that ends. */
  readonly fault: Error | undefined;
  /** No further connection will come: its socket leaves the file system. */
  seal(): void;
  close(): void;
}

/**
 * A local socket, in a folder that only we can open, whose connections go on through SSH to `to`. One tunnel
 * and one SSH connection for each connection to a server: it ends with it and is made anew with it, so there is
 * one way in which a connection gets lost, whichever of the two broke.
 */
export async function openTunnel(
  ssh: SshOptions,
  to: HostAddress,
  context: SshContext,
): Promise<Tunnel> {
  const connection = await connectSsh(ssh, context);
  const tunnel = new SshTunnel(connection, to, context);
  try {
    await tunnel.listen();
  } catch (thrown) {
    tunnel.close();
    throw thrown;
  }
  return tunnel;
}

class SshTunnel implements Tunnel {
  readonly address: HostAddress;
  readonly #folder: string;
  readonly #path: string;
  readonly #connection: SshConnection;
  readonly #to: HostAddress;
  readonly #context: SshContext;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fault: Error | undefined;

  constructor(connection: SshConnection, to: HostAddress, context: SshContext) {
    this.#connection = connection;
    this.#to = to;
    this.#context = context;
    this.#folder = mkdtempSync(join(tmpdir(), 'tailrace-ssh-'));
    chmodSync(this.#folder, 0o700);
    this.#path = join(this.#folder, 's');
    this.address = { kind: 'socket', path: this.#path };
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      void this.#accept(socket);
    });
    connection.onClose(() => {
      this.#fault ??= this.#away('the SSH connection was lost');
      this.close();
    });
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, resolve);
    });
  }

  seal(): void {
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  close(): void {
    this.seal();
    for (const socket of this.#sockets) socket.destroy();
    this.#connection.close();
  }

  async #accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
    });
    try {
      this.#join(socket, await this.#connection.forward(this.#to));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      const { host, port } = this.#connection.address;
      this.#fault ??= this.#away(`${host}:${port} cannot reach it: ${reason}`, thrown);
      socket.destroy();
    }
  }

  #join(socket: Socket, channel: Duplex): void {
    channel.on('error', () => socket.destroy());
    channel.once('close', () => socket.destroy());
    socket.once('close', () => channel.destroy());
    socket.pipe(channel).pipe(socket);
  }

  #away(reason: string, cause?: unknown): Error {
    const { kind } = this.#to;
    const host = kind === 'tcp' ? `${this.#to.host}:${this.#to.port}` : `unix:${this.#to.path}`;
    return sshAway(`${host}: ${reason}`, this.#context.end, { place: { host }, cause });
  }
}
