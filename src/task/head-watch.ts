import type { OrderedAcker } from '../core/ticket.ts';

interface Watched {
  readonly acker: OrderedAcker;
  readonly source: { readonly progress: { readonly transactions: number } };
}

/**
 * How long the oldest transaction in flight has been there with nothing else moving either: bytes of
 * large ones are released part by part. A DDL is work that shows nothing until it is done.
 */
export class HeadWatch {
  #seen = '';
  #sinceMs = 0;

  reset(): void {
    this.#seen = '';
  }

  /** To be called now and then. Milliseconds without a movement. */
  look({ acker, source }: Watched, rowsDone: number, nowMs: number): number {
    const { oldest } = acker;
    if (oldest === undefined || oldest.transaction.changes.some(({ kind }) => kind === 'ddl')) {
      this.reset();
      return 0;
    }
    const seen = [
      oldest.transaction.seq,
      acker.bytesInFlight,
      source.progress.transactions,
      rowsDone,
    ].join();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }
}
