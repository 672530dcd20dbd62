import { sleep } from '../../lib/sleep.ts';
import { readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/connect.ts';

const WRITE_EVERY_MS = 50;
const LOOK_EVERY_MS = 5;

/**
 * Lag as a reader of the target sees it: a numbered row is committed on the source, and the target is
 * looked at until it is there. No clocks of servers are compared.
 */
export class LagProbe {
  readonly #source: ServerConnection;
  readonly #target: ServerConnection;
  readonly #countRows: () => number;
  readonly #committedMs: number[] = [];
  readonly #rowsBefore: number[] = [];
  readonly #lagsMs: number[] = [];

  /** `countRows`: those written to the source so far. */
  constructor(source: ServerConnection, target: ServerConnection, countRows: () => number) {
    this.#countRows = countRows;
    this.#source = source;
    this.#target = target;
  }

  /** Writes marks until the signal is aborted. */
  async write(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.writeMark();
      await sleep(WRITE_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async writeMark(): Promise<void> {
    const id = this.#committedMs.length + 1;
    this.#rowsBefore.push(this.#countRows());
    await this.#source.run('INSERT INTO demo.marks VALUES (?, NOW(6))', [id]);
    this.#committedMs.push(performance.now());
  }

  /** Looks until the signal is aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = await this.#readSeen();
      const nowMs = performance.now();
      while (this.#lagsMs.length < seen) {
        this.#lagsMs.push(nowMs - (this.#committedMs[this.#lagsMs.length] ?? nowMs));
      }
      await sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  /** The number of the last mark there; the table itself comes by replication. */
  async #readSeen(): Promise<number> {
    try {
      const [row] = await this.#target.query('SELECT MAX(id) AS seen FROM demo.marks');
      return Number(readOptionalText(row, 'seen') ?? '0');
    } catch (error) {
      if (!this.#target.isAlive) throw error;
      return 0;
    }
  }

  /** Since the target is the source as of one commit, a mark stands for all that was written before it. */
  get appliedRows(): number {
    return this.#rowsBefore[this.#lagsMs.length - 1] ?? 0;
  }

  get isCaughtUp(): boolean {
    return this.#lagsMs.length === this.#committedMs.length;
  }

  /** Of the oldest mark that is not there yet, or of the last one. */
  get currentMs(): number {
    const waiting = this.#committedMs[this.#lagsMs.length];
    return waiting === undefined ? (this.#lagsMs.at(-1) ?? 0) : performance.now() - waiting;
  }

  get medianMs(): number {
    const sorted = this.#lagsMs.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  get maxMs(): number {
    return Math.max(0, ...this.#lagsMs);
  }
}
