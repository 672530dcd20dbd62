import { systemClock } from '../lib/clock.ts';

/** How far the copy of one table is. */
export interface TableProgress {
  readonly table: string;
  state: 'waiting' | 'copying' | 'keys' | 'done';
  rows: number;
  bytes: number;
  /** The server's guess, so `rows` may go beyond it. */
  estimatedRows: number;
  readonly estimatedBytes: number;
}

export interface ProgressTotals {
  readonly tables: number;
  readonly tablesDone: number;
  readonly rows: number;
  readonly bytes: number;
  readonly estimatedRows: number;
  /** Of the whole copy, by the estimated sizes; 0 to 1. */
  readonly share: number;
}

/** How fast the copy is, since this command began with it. */
export interface CopyPace {
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** undefined: nothing can be said yet. */
  readonly secondsLeft: number | undefined;
}

/** Before this much of it is copied, a guess of the rest is worth nothing. */
const TELLING_SHARE = 0.005;

type Clock = Pick<typeof systemClock, 'monotonicMs'>;

/** What is copied and how far it is; read by whoever shows it. */
export class CopyProgress {
  readonly #tables = new Map<string, TableProgress>();
  readonly #clock: Clock;
  /** What was there when this command began: an earlier one copied it, and this one's pace is its own. */
  #before: Pick<ProgressTotals, 'rows' | 'bytes' | 'share'> = { rows: 0, bytes: 0, share: 0 };
  #plannedAtMs: number;
  /** What is going on beside the tables: `waiting for the lock`, `catching up`. */
  phase = 'starting';
  /** Why nothing is read now: the source has too much to do. */
  waitsFor: string | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#plannedAtMs = clock.monotonicMs();
  }

  /** A new round plans anew; what is done stays done. */
  plan(tables: readonly TableProgress[]): void {
    this.#tables.clear();
    for (const table of tables) this.#tables.set(table.table, table);
    this.#beginPace();
  }

  /** `sizes`: guesses, where it was not planned. */
  of(
    table: string,
    sizes: Partial<Pick<TableProgress, 'estimatedRows' | 'estimatedBytes'>> = {},
  ): TableProgress {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const added: TableProgress = {
      table,
      state: 'waiting',
      rows: 0,
      bytes: 0,
      estimatedRows: sizes.estimatedRows ?? 0,
      estimatedBytes: sizes.estimatedBytes ?? 0,
    };
    if (this.totals.tablesDone === this.#tables.size) this.#beginPace();
    this.#tables.set(table, added);
    return added;
  }

  get tables(): readonly TableProgress[] {
    return [...this.#tables.values()];
  }

  get totals(): ProgressTotals {
    let [rows, bytes, estimatedRows, done, weight, doneWeight] = [0, 0, 0, 0, 0, 0];
    for (const table of this.#tables.values()) {
      rows += table.rows;
      bytes += table.bytes;
      estimatedRows += Math.max(table.estimatedRows, table.rows);
      if (table.state === 'done') done++;
      const size = table.estimatedBytes + 16_384;
      weight += size;
      doneWeight += size * shareOf(table);
    }
    const share = weight === 0 ? 0 : doneWeight / weight;
    return { tables: this.#tables.size, tablesDone: done, rows, bytes, estimatedRows, share };
  }

  #beginPace(): void {
    this.#before = this.totals;
    this.#plannedAtMs = this.#clock.monotonicMs();
  }

  get pace(): CopyPace {
    const { rows, bytes, share } = this.totals;
    const seconds = Math.max((this.#clock.monotonicMs() - this.#plannedAtMs) / 1000, 0.001);
    const copied = share - this.#before.share;
    return {
      rowsPerSecond: Math.round((rows - this.#before.rows) / seconds),
      bytesPerSecond: Math.round((bytes - this.#before.bytes) / seconds),
      secondsLeft: copied > TELLING_SHARE ? (seconds * (1 - share)) / copied : undefined,
    };
  }
}

/** A guess that was too small keeps a table just below its end. */
export function shareOf({ state, rows, estimatedRows }: TableProgress): number {
  if (state === 'done') return 1;
  if (estimatedRows === 0) return 0;
  return Math.min(rows / estimatedRows, 0.99);
}
