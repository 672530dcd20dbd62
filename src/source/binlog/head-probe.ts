import { fileNumber, type BinlogCoordinates, type Position } from '../../core/position.ts';
import { readBinlogFiles, type BinlogFile } from '../../replica/oldest-position.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { readRetention, type BinlogRetention } from './binlog-retention.ts';
import { readHead } from './read-head.ts';

export interface SourceHead extends BinlogRetention {
  readonly position: Position;
  /** Oldest first; empty where the account may not see them. */
  readonly files: readonly BinlogFile[];
  readonly atMs: number;
}

/** A server with many files opens each of them for this. */
const FILES_EVERY_MS = 30_000;

/**
 * Asks the source now and then where its binlog ends, over a connection of its own. The stream can't tell:
 * a stream that stands still looks like a source that does.
 */
export class HeadProbe {
  readonly #server: ServerOptions;
  #connection: ServerConnection | undefined;
  #host: string | undefined;
  #files: { readonly list: readonly BinlogFile[]; readonly atMs: number } | undefined;
  #retention: BinlogRetention | undefined;

  constructor(server: ServerOptions) {
    this.#server = server;
  }

  /** `host`: the one of the cluster that is being read. */
  async look(host: string, signal: AbortSignal): Promise<SourceHead> {
    const connection = await this.#connected(host, signal);
    try {
      const atMs = Date.now();
      const position = await readHead(connection);
      this.#retention ??= await readRetention(connection);
      if (this.#isOutdated(atMs, position.coordinates)) {
        this.#files = { list: await readBinlogFiles(connection).catch(() => []), atMs };
      }
      return { position, files: this.#files?.list ?? [], atMs, ...this.#retention };
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #isOutdated(nowMs: number, { file }: BinlogCoordinates): boolean {
    if (this.#files === undefined || nowMs - this.#files.atMs > FILES_EVERY_MS) return true;
    return this.#files.list.at(-1)?.name !== file;
  }

  async #connected(host: string, signal: AbortSignal): Promise<ServerConnection> {
    if (this.#connection?.isAlive === true && this.#host === host) return this.#connection;
    this.close();
    this.#files = undefined;
    this.#retention = undefined;
    this.#host = host;
    this.#connection = await connectServer({ ...this.#server, hosts: [host] }, 'source', {
      signal,
    });
    return this.#connection;
  }
}

/** Bytes of binlog from one place to another; undefined: it lies in a file that is not listed. */
export function bytesBetween(
  from: BinlogCoordinates,
  to: BinlogCoordinates,
  files: readonly BinlogFile[],
): number | undefined {
  if (from.file === to.file) return Math.max(0, to.offset - from.offset);
  const first = fileNumber(from.file);
  const last = fileNumber(to.file);
  if (!(first < last)) return undefined;
  const between = files.filter(({ name }) => {
    const number = fileNumber(name);
    return number >= first && number < last;
  });
  if (between[0]?.name !== from.file) return undefined;
  const bytes = between.reduce((sum, file) => sum + file.bytes, 0);
  return Math.max(0, bytes - from.offset + to.offset);
}
