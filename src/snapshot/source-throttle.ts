import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import { readReplicaLag } from '../server/is-replicating.ts';
import { readNumber } from '../server/row-reader.ts';
import type { ServerConnection } from '../server/server-connection.ts';

export interface ThrottleLimits {
  /** 0: no limit. */
  readonly maxThreadsRunning: number;
  /** 0: no limit. */
  readonly maxLagSeconds: number;
}

const LOOK_EVERY_MS = 500;
/** The statement that asks counts as running. */
const OWN_QUESTION = 1;

/**
 * Holds up whoever reads the source while it has too much to do. Reading is held up by not taking what comes, so
 * a paused reader's statement still runs as the server counts: those are ours, and are taken off.
 */
export class SourceThrottle {
  readonly #limits: ThrottleLimits;
  readonly #connect: () => Promise<ServerConnection>;
  readonly #onReason: (reason: string | undefined) => void;
  readonly #logger: Logger;
  #connection: ServerConnection | undefined;
  #look: Promise<void> | undefined;
  #lookedAtMs = -Infinity;
  #reason: string | undefined;
  /** Statements of ours that are being read. */
  #readers = 0;

  constructor(
    limits: ThrottleLimits,
    connect: () => Promise<ServerConnection>,
    onReason: (reason: string | undefined) => void,
    logger: Logger,
  ) {
    this.#logger = logger;
    this.#limits = limits;
    this.#connect = connect;
    this.#onReason = onReason;
  }

  /** Resolves when more may be read. */
  async pass(signal: AbortSignal): Promise<void> {
    const { maxThreadsRunning, maxLagSeconds } = this.#limits;
    if (maxThreadsRunning === 0 && maxLagSeconds === 0) return;
    for (;;) {
      await this.#lookNow();
      if (this.#reason === undefined) return;
      await sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** What one statement of ours gives, taken no faster than the source should be read. */
  async *slow<T>(rows: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
    this.#readers++;
    try {
      for await (const row of rows) {
        await this.pass(signal);
        yield row;
      }
    } finally {
      this.#readers--;
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  /** One look for all that ask at the same time. */
  async #lookNow(): Promise<void> {
    if (systemClock.monotonicMs() - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#look ??= this.#find().finally(() => {
      this.#look = undefined;
    });
    await this.#look;
  }

  async #find(): Promise<void> {
    if (this.#connection?.isAlive !== true) this.#connection = await this.#connect();
    const reason = await this.#reasonToWait(this.#connection);
    if (reason !== undefined && this.#reason === undefined) {
      this.#logger.info({ reason }, 'Reading waits for the source');
    }
    this.#reason = reason;
    this.#onReason(reason);
    this.#lookedAtMs = systemClock.monotonicMs();
  }

  async #reasonToWait(connection: ServerConnection): Promise<string | undefined> {
    const { maxThreadsRunning, maxLagSeconds } = this.#limits;
    if (maxThreadsRunning > 0) {
      const [row] = await connection.query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
      const others =
        row === undefined ? 0 : readNumber(row, 'Value') - OWN_QUESTION - this.#readers;
      if (others > maxThreadsRunning) {
        return `the source runs ${others} statements (max_threads_running = ${maxThreadsRunning})`;
      }
    }
    if (maxLagSeconds > 0) {
      const lag = await readReplicaLag(connection);
      if (lag !== undefined && lag > maxLagSeconds) {
        return `the source is ${lag} s behind (max_lag_seconds = ${maxLagSeconds})`;
      }
    }
    return undefined;
  }
}
