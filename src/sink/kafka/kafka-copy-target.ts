import { BlockImages } from '../../core/block-images.ts';
import type { RowsChange } from '../../core/change.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import type {
  CopyFit,
  CopyMark,
  CopyPiece,
  CopyTable,
  CopyTarget,
  RowBlock,
  TargetTableState,
} from '../../core/copy.ts';
import { TailraceError } from '../../core/errors.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import { rowsTransaction, type Transaction } from '../../core/transaction.ts';
import type { KafkaSink } from './kafka-sink.ts';

/** What goes on over the rounds of one copy. */
export interface KafkaCopyState {
  /** Number of the last transaction. */
  seq: number;
  readonly marks: Map<string, string>;
}

/**
 * Rows of a copy as messages: each piece is a transaction of its own, of origin snapshot. Nothing is remembered of
 * a copy that was interrupted: what was sent can't be taken back, and is sent again.
 */
export class KafkaCopyTarget implements CopyTarget {
  readonly writerCount = 1;
  readonly #sink: KafkaSink;
  readonly #state: KafkaCopyState;
  readonly #signal: AbortSignal;
  #coordinates: BinlogCoordinates = { file: '', offset: 0 };
  #failure: Error | undefined;

  constructor(sink: KafkaSink, state: KafkaCopyState, signal: AbortSignal) {
    this.#sink = sink;
    this.#state = state;
    this.#signal = signal;
  }

  loadMarks(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.#state.marks);
  }

  saveMarks(marks: readonly CopyMark[]): Promise<void> {
    for (const { key, text } of marks) {
      if (text === null) this.#state.marks.delete(key);
      else this.#state.marks.set(key, text);
    }
    return Promise.resolve();
  }

  /** A topic may have been written to by others: that is no refusal. */
  stateOf(): Promise<TargetTableState> {
    return Promise.resolve({ exists: true, hasRows: false });
  }

  createDatabase(): Promise<void> {
    return Promise.resolve();
  }

  runDdl(): Promise<void> {
    return Promise.resolve();
  }

  createView(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  dropTable(): Promise<void> {
    return Promise.resolve();
  }

  truncateTable(): Promise<void> {
    return Promise.resolve();
  }

  fit({ route }: CopyTable): Promise<CopyFit> {
    const columns = route.columns.map(({ index }) => index);
    return Promise.resolve({ columns, takesText: false, hasKey: true });
  }

  async announce(table: CopyTable, phase: 'start' | 'complete'): Promise<void> {
    this.#assertWorks();
    await this.#sink.announceCopy(this.#transaction([]), table, phase, this.#signal);
  }

  async write(_writer: number, { table, rows }: CopyPiece): Promise<number> {
    if (rows.kind !== 'block') throw new TailraceError('INTERNAL_FAULT', 'rows came as text');
    this.#assertWorks();
    const transaction = this.#transaction([this.#insert(table, rows)]);
    const ticket = {
      seq: transaction.seq,
      ack: () => undefined,
      fail: (reason: Error) => {
        this.#failure ??= reason;
      },
    };
    await this.#sink.write([{ transaction, ticket }], this.#signal);
    return rows.rowCount;
  }

  /** Where the rows of this round are from. */
  moveCheckpoint({ position }: Checkpoint): Promise<void> {
    this.#coordinates = position.coordinates;
    return Promise.resolve();
  }

  /** Resolves when every message is acknowledged; the checkpoint is stored by whoever asks for that. */
  async finish(): Promise<void> {
    await this.#sink.drain();
    this.#assertWorks();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  #assertWorks(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #insert({ table, route }: CopyTable, rows: RowBlock): RowsChange {
    return {
      kind: 'rows',
      action: 'insert',
      table,
      route,
      after: new BlockImages(table, rows),
      coordinates: this.#coordinates,
      timestamp: Math.floor(Date.now() / 1000),
      noForeignKeyChecks: true,
      cascadesLogged: false,
      noUniqueChecks: true,
      rowsQuery: undefined,
    };
  }

  #transaction(changes: readonly RowsChange[]): Transaction {
    const place = { coordinates: this.#coordinates, resumeAt: undefined };
    return rowsTransaction(++this.#state.seq, changes, place);
  }
}
