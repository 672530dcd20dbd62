import type { Connection, QueryOptions, ResultSetHeader } from 'mysql2';
import { TailraceError } from '../core/errors.ts';
import type { ServerEnd } from './connect-options.ts';
import { errorFromServer } from './error-from-server.ts';
import { codeOf } from './error-numbers.ts';
import type { Row } from './row-reader.ts';
import type { ServerInfo } from './server-info.ts';

/** What a statement without a result set did. */
export interface RunResult {
  /** Rows found, changed or not. */
  readonly affectedRows: number;
  readonly warningCount: number;
  /** The server's own line: `Records: 3  Duplicates: 0  Warnings: 0`. */
  readonly info: string;
}

const QUIT_TIMEOUT_MS = 2_000;

type SettleLost = (error: TailraceError) => void;

/**
 * One logged-in connection. The driver's callbacks become promises here, every error a TailraceError
 * of this end, and a promise is settled in every case: the driver itself forgets the callbacks of a
 * connection that is destroyed under a running statement.
 *
 * A connection is never mended: once lost it stays lost, and its owner makes a new one.
 */
export class ServerConnection {
  readonly info: ServerInfo;
  readonly end: ServerEnd;
  /** The driver's connection, for commands that need more than text: local infile, binary protocol. */
  readonly raw: Connection;
  readonly #pending = new Set<SettleLost>();
  readonly #lostListeners = new Set<SettleLost>();
  #lost: TailraceError | undefined;
  #isClosing = false;

  constructor(raw: Connection, info: ServerInfo, end: ServerEnd) {
    this.raw = raw;
    this.info = info;
    this.end = end;
    raw.on('error', (error: unknown) => {
      this.#markLost(error);
    });
    streamOf(raw).once('close', () => {
      // The driver hands out its own, more telling error in this tick.
      setImmediate(() => {
        this.#markLost(undefined);
      });
    });
  }

  get isAlive(): boolean {
    return this.#lost === undefined && !this.#isClosing;
  }

  /** The server's number for this connection. */
  get threadId(): number {
    return this.raw.threadId;
  }

  /** Rows of one statement; `?` in it stand for `values`. */
  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const result = await this.#send(sql, values);
    return Array.isArray(result) ? (result as Row[]) : [];
  }

  /** Rows of one statement as the server wrote them: the bytes of each column; null: NULL. */
  async queryBytes(sql: string): Promise<readonly (readonly (Buffer | null)[])[]> {
    const result = await this.#send(sql, [], { rowsAsArray: true, typeCast: asBytes });
    return Array.isArray(result) ? (result as (Buffer | null)[][]) : [];
  }

  /** One statement without a result set. */
  async run(sql: string, values: readonly unknown[] = []): Promise<RunResult> {
    return toRunResult(await this.#send(sql, values));
  }

  /** Several statements without result sets in one packet; needs `multipleStatements`. */
  async runMany(sql: string): Promise<readonly RunResult[]> {
    const result = await this.#send(sql, []);
    return Array.isArray(result) ? result.map(toRunResult) : [toRunResult(result)];
  }

  /** Called once when the connection is gone though nobody closed it. Returns how to stop listening. */
  onLost(listener: SettleLost): () => void {
    if (this.#lost !== undefined) listener(this.#lost);
    else this.#lostListeners.add(listener);
    return () => {
      this.#lostListeners.delete(listener);
    };
  }

  /** Says goodbye; a server that does not answer is left after two seconds. */
  async close(): Promise<void> {
    if (!this.isAlive) {
      this.destroy();
      return;
    }
    this.#isClosing = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, QUIT_TIMEOUT_MS);
      streamOf(this.raw).once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.raw.end();
    });
    this.destroy();
  }

  /** At once and without a word; statements under way fail as lost. */
  destroy(): void {
    this.#isClosing = true;
    this.raw.destroy();
    streamOf(this.raw).destroy();
    this.#failPending(this.#lostError('the connection was closed'));
  }

  #send(sql: string, values: readonly unknown[], form: QueryForm = {}): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const settle: SettleLost = reject;
      this.#pending.add(settle);
      this.raw.query({ sql, values: [...values], ...form }, (error: unknown, result: unknown) => {
        this.#pending.delete(settle);
        if (error === null || error === undefined) resolve(result);
        else reject(errorFromServer(error, this.end, { host: this.info.host }));
      });
    });
  }

  #markLost(cause: unknown): void {
    if (this.#lost !== undefined) return;
    const message = cause instanceof Error ? cause.message : 'the server closed the connection';
    this.#lost = this.#lostError(message, cause);
    this.#failPending(this.#lost);
    if (this.#isClosing) return;
    for (const listener of this.#lostListeners) listener(this.#lost);
    this.#lostListeners.clear();
  }

  #failPending(error: TailraceError): void {
    for (const settle of this.#pending) settle(error);
    this.#pending.clear();
  }

  #lostError(message: string, cause?: unknown): TailraceError {
    const place = { host: this.info.host };
    return new TailraceError(codeOf('lost', this.end), message, { place, cause });
  }
}

type QueryForm = Pick<QueryOptions, 'rowsAsArray' | 'typeCast'>;

function asBytes(field: { buffer(): Buffer | null }): Buffer | null {
  return field.buffer();
}

function toRunResult(result: unknown): RunResult {
  const header = result as Partial<ResultSetHeader>;
  return {
    affectedRows: header.affectedRows ?? 0,
    warningCount: header.warningStatus ?? 0,
    info: header.info ?? '',
  };
}

/** The socket; the driver's types leave it out. */
export function streamOf(raw: Connection): NodeJS.EventEmitter & { destroy(): void } {
  return (raw as unknown as { stream: NodeJS.EventEmitter & { destroy(): void } }).stream;
}
