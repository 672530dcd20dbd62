import { TailraceError } from '../../../core/errors.ts';
import type { Position } from '../../../core/position.ts';
import { connectServer, type ServerConnection } from '../../../server/connect.ts';
import type { ServerOptions } from '../../../server/connect-options.ts';
import { readFlag } from '../../../server/row-reader.ts';
import { connectSource } from './connect-source.ts';
import type { SourceIdentity, SourceMemory } from './source-identity.ts';

export interface PrimaryWatchOptions {
  /** The whole cluster. */
  readonly server: ServerOptions;
  readonly current: SourceIdentity;
  readonly memory: SourceMemory;
  readonly periodMs: number;
  /** Where reading stands. */
  readonly position: () => Position;
  /** Another host has taken the place of the one that is read. */
  readonly onFailover: (reason: TailraceError) => void;
}

/**
 * Looks now and then whether the primary that is read can still be written to. One that was made read-only has been
 * replaced: it goes on sending heartbeats, and nothing else for ever. It is left only for another that can be written
 * to and has all that was read.
 */
export class PrimaryWatch {
  readonly #options: PrimaryWatchOptions;
  readonly #ended = new AbortController();
  #connection: ServerConnection | undefined;
  #timer: NodeJS.Timeout;

  constructor(options: PrimaryWatchOptions) {
    this.#options = options;
    this.#timer = this.#later();
  }

  stop(): void {
    this.#ended.abort(new Error('the watch is over'));
    clearTimeout(this.#timer);
    this.#connection?.destroy();
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => {
      void this.#look();
    }, this.#options.periodMs).unref();
  }

  async #look(): Promise<void> {
    const { current } = this.#options;
    try {
      if (await this.#isReadOnly()) {
        const successor = await this.#findSuccessor();
        if (successor !== undefined) {
          const message = `${current.host} became read-only, and ${successor} can be written to`;
          const place = { host: current.host };
          this.#options.onFailover(new TailraceError('SOURCE_FAILOVER', message, { place }));
          return;
        }
      }
    } catch {
      // A host that does not answer is noticed by the stream itself.
      this.#connection?.destroy();
      this.#connection = undefined;
    }
    if (!this.#ended.signal.aborted) this.#timer = this.#later();
  }

  async #isReadOnly(): Promise<boolean> {
    const { server, current } = this.#options;
    this.#connection ??= await connectServer({ ...server, hosts: [current.host] }, 'source', {
      signal: this.#ended.signal,
    });
    const [row] = await this.#connection.query('SELECT @@GLOBAL.read_only AS read_only');
    return readFlag(row, 'read_only');
  }

  async #findSuccessor(): Promise<string | undefined> {
    const { server, current, memory, position } = this.#options;
    const hosts = server.hosts.filter((host) => host !== current.host);
    const { connection, identity } = await connectSource({
      server: { ...server, hosts },
      from: position(),
      memory,
      signal: this.#ended.signal,
    });
    connection.destroy();
    return identity.isWritable ? identity.host : undefined;
  }
}
