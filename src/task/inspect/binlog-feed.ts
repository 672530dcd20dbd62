import type { StoredState } from '../../core/checkpoint.ts';
import { isReached } from '../../core/position-order.ts';
import { toTailraceError, type TailraceError } from '../../core/errors.ts';
import { compareCoordinates, type Position } from '../../core/position.ts';
import { systemClock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { ChangeLog } from '../../inspect/change-log.ts';
import type { ChangeFeed } from '../../inspect/view-pair.ts';
import type { BinlogSource } from '../../source/binlog/binlog-source.ts';

const FIRST_POLL_MS = 1;
const LONGEST_POLL_MS = 20;

/** The source's binlog, read into the change log from where the target is. */
export class BinlogFeed implements ChangeFeed {
  readonly log = new ChangeLog();
  readonly #source: BinlogSource;
  readonly #stop = new AbortController();
  #position: Position;
  #error: TailraceError | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(source: BinlogSource, from: Position) {
    this.#source = source;
    this.#position = from;
  }

  start({ checkpoint, schema }: StoredState, signal: AbortSignal): void {
    const both = AbortSignal.any([signal, this.#stop.signal]);
    this.#reading = this.#read({ checkpoint, schema }, both).catch((thrown: unknown) => {
      this.#error = toTailraceError(thrown);
    });
  }

  async reached(position: Position, signal: AbortSignal): Promise<void> {
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2)) {
      if (this.#error !== undefined) throw this.#error;
      if (isReached(this.#position, position)) return;
      const { coordinates } = this.#source.progress;
      // Whatever was read before this timer fired is in the log: handing on takes no turn of the loop.
      if (coordinates !== undefined && compareCoordinates(coordinates, position.coordinates) >= 0) {
        return;
      }
      await sleep(waitMs, signal);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the inspection is over'));
    await this.#reading;
  }

  async #read({ checkpoint, schema }: StoredState, signal: AbortSignal): Promise<void> {
    for await (const batch of this.#source.stream(checkpoint, { signal, schema })) {
      this.log.accept(batch, systemClock.monotonicMs());
      const last = batch.findLast((transaction) => transaction.resumeAt !== undefined);
      if (last?.resumeAt !== undefined) this.#position = last.resumeAt;
    }
  }
}
