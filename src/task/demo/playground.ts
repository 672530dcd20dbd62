import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerConnection } from '../../server/connect.ts';
import type { ServerProgram } from './find-server-program.ts';
import { findFreePorts } from './free-port.ts';
import { Replicator } from './replicator.ts';
import { makeDataDirectory, ThrowawayServer } from './throwaway-server.ts';

/** A socket's path has about 100 bytes. */
const MAX_FOLDER_LENGTH = 60;

/**
 * Everything of the demo that has to be gone afterwards: folder, servers, replicator, connections.
 * `close` ends them in every case; what runs is killed too when this process is ended by force.
 */
export class Playground {
  readonly dir: string;
  readonly #servers: ThrowawayServer[] = [];
  readonly #connections: ServerConnection[] = [];
  #replicator: Replicator | undefined;
  readonly #removeDir = (): void => {
    rmSync(this.dir, { recursive: true, force: true });
  };

  constructor() {
    const base = tmpdir().length > MAX_FOLDER_LENGTH ? '/tmp' : tmpdir();
    this.dir = mkdtempSync(join(base, 'tailrace-demo-'));
    process.once('exit', this.#removeDir);
  }

  async start(program: ServerProgram, signal: AbortSignal): Promise<Stage> {
    const dataDirectory = join(this.dir, 'empty');
    await makeDataDirectory(program, dataDirectory);
    const [sourcePort = 0, targetPort = 0, httpPort = 0] = await findFreePorts(3);
    const launch = (name: string, port: number, serverId: number): ThrowawayServer => {
      const home = join(this.dir, name);
      const options = { program, dataDirectory, home, port, serverId };
      const server = new ThrowawayServer(options);
      this.#servers.push(server);
      return server;
    };
    const source = launch('source', sourcePort, 1);
    const target = launch('target', targetPort, 2);
    await Promise.all([source.ready(signal), target.ready(signal)]);
    const hosts = { sourceHost: source.host, targetHost: target.host };
    const replicator = new Replicator({ home: this.dir, httpPort, ...hosts });
    this.#replicator = replicator;
    const connect = async (server: ThrowawayServer): Promise<ServerConnection> => {
      const connection = await server.connect(signal);
      this.#connections.push(connection);
      return connection;
    };
    return {
      replicator,
      connectSource: () => connect(source),
      connectTarget: () => connect(target),
    };
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await this.#replicator?.kill();
    await Promise.all(this.#servers.map((server) => server.stop()));
    this.#removeDir();
    process.off('exit', this.#removeDir);
  }
}

/** What is there when the servers answer. */
export interface Stage {
  readonly replicator: Replicator;
  connectSource(): Promise<ServerConnection>;
  connectTarget(): Promise<ServerConnection>;
}
