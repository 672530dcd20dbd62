import { connect, type AddressInfo } from 'node:net';
import ssh2 from 'ssh2';

const { Server, utils } = ssh2;

/** An SSH server for the account `ops`, by key or by password; forwards where it is asked to. */
export class SshServer {
  static readonly PASSWORD = 'planted-ssh-password';
  readonly #server: ssh2.Server;
  readonly #connections = new Set<ssh2.Connection>();
  readonly clientKey: string;
  readonly hostKey: Buffer;
  logins = 0;

  private constructor(hostKeys: { private: string; public: string }, client: ClientKeys) {
    this.clientKey = client.private;
    const parsed = utils.parseKey(hostKeys.public);
    if (parsed instanceof Error) throw parsed;
    this.hostKey = parsed.getPublicSSH();
    const allowed = utils.parseKey(client.public);
    if (allowed instanceof Error) throw allowed;
    this.#server = new Server({ hostKeys: [hostKeys.private] }, (connection) => {
      this.#accept(connection, allowed);
    });
  }

  static async start(): Promise<SshServer> {
    const host = utils.generateKeyPairSync('ed25519');
    const server = new SshServer(host, utils.generateKeyPairSync('ed25519'));
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** A line of known_hosts. */
  get knownHost(): string {
    return `[127.0.0.1]:${this.port} ssh-ed25519 ${this.hostKey.toString('base64')}\n`;
  }

  /** Every connection at once, without a word. */
  cut(): void {
    for (const connection of this.#connections) {
      (connection as unknown as { _sock: { destroy(): void } })._sock.destroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(connection: ssh2.Connection, allowed: ssh2.ParsedKey): void {
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      const isRight =
        context.username === 'ops' &&
        ((context.method === 'password' && context.password === SshServer.PASSWORD) ||
          (context.method === 'publickey' &&
            context.key.data.equals(allowed.getPublicSSH()) &&
            (context.signature === undefined ||
              allowed.verify(
                context.blob ?? Buffer.alloc(0),
                context.signature,
                context.hashAlgo,
              ))));
      if (isRight) context.accept();
      else context.reject(['publickey', 'password']);
    });
    connection.on('ready', () => {
      this.logins += 1;
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const upstream = connect(destPort, destIP);
      upstream.once('error', () => {
        reject();
      });
      upstream.once('connect', () => {
        const channel = accept();
        upstream.removeAllListeners('error');
        upstream.on('error', () => {
          channel.destroy();
        });
        channel.on('error', () => upstream.destroy());
        channel.pipe(upstream).pipe(channel);
      });
    });
  }
}

interface ClientKeys {
  readonly private: string;
  readonly public: string;
}
