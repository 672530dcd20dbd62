import type { OrderedAcker } from '../core/ticket.ts';
import { formatCoordinates, type BinlogCoordinates } from '../core/position.ts';

interface Watched {
  readonly acker: OrderedAcker;
  readonly source: {
    readonly progress: {
      readonly transactions: number;
      readonly coordinates: BinlogCoordinates | undefined;
    };
  };
}

interface Look {
  readonly rowsDone: number;
  /** The source has more than was read of it. */
  readonly isBehind: boolean;
  readonly nowMs: number;
}

/**
 * How long nothing has moved although there is something to do: a transaction in flight, or a source that
 * has more than the stream brought. Bytes of large ones are released part by part. A DDL is work that
 * shows nothing until it is done.
 */
export class HeadWatch {
  #seen = '';
  #sinceMs = 0;

  reset(): void {
    this.#seen = '';
  }

  /** To be called now and then. Milliseconds without a movement. */
  look({ acker, source }: Watched, { rowsDone, isBehind, nowMs }: Look): number {
    const { oldest } = acker;
    if (oldest?.hasDdl === true || (oldest === undefined && !isBehind)) {
      this.reset();
      return 0;
    }
    const { transactions, coordinates } = source.progress;
    const seen = [
      oldest?.transaction.seq,
      acker.bytesInFlight,
      transactions,
      coordinates === undefined ? '' : formatCoordinates(coordinates),
      rowsDone,
    ].join();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }
}
