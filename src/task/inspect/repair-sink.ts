import type { RowsChange } from '../../core/change.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import type { Sink } from '../../core/sink.ts';
import { rowsTransaction, type Transaction } from '../../core/transaction.ts';
import { createDeferred } from '../../lib/deferred.ts';
import { MendBuilder } from '../../inspect/mend.ts';
import { isRowInFlux } from '../../inspect/settler.ts';
import type { MendItem, Mender } from '../../inspect/table-inspection.ts';
import type { TablePair } from '../../inspect/table-pair.ts';
import type { ChangeFeed, ViewPair } from '../../inspect/view-pair.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import type { CheckpointReader } from '../../sink/mysql/checkpoint-fence.ts';

export interface RepairSinkOptions {
  readonly sink: Sink;
  /** A connection of its own; holds the fence. */
  readonly connection: ServerConnection;
  readonly checkpoint: CheckpointReader | undefined;
  readonly feed: ChangeFeed | undefined;
  readonly signal: AbortSignal;
}

/**
 * Writes rows of the source into the target by the way that all rows go, beside a task that may be
 * running. The task is held for that moment by a lock on its checkpoint's row, so the target stays at
 * one place; rows that changed between the view in which they were read and that place are left for
 * another look. Users' rows and tables are not locked but by the writing itself.
 */
export class RepairSink implements Mender {
  readonly #options: RepairSinkOptions;
  readonly #builders = new WeakMap<TablePair, MendBuilder>();
  #seq = 0;

  constructor(options: RepairSinkOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const stored = await this.#options.sink.open(this.#options.signal);
    this.#seq = stored?.checkpoint.seq ?? 0;
  }

  close(): Promise<void> {
    return this.#options.sink.close();
  }

  async mend(pair: TablePair, items: readonly MendItem[], views: ViewPair): Promise<void> {
    const { checkpoint, connection, feed, signal } = this.#options;
    try {
      const mark = await checkpoint?.lock(connection);
      if (mark !== undefined) await feed?.reached(mark, signal);
      const { seen } = views;
      const isStill = (item: MendItem): boolean =>
        feed === undefined ||
        seen === undefined ||
        !isRowInFlux(feed.log, pair, item, { ...seen, target: mark });
      const rows = items.filter(isStill).flatMap((item) => item.rows);
      const changes = this.#builderOf(pair).changes(rows, Math.floor(Date.now() / 1000));
      if (changes.length > 0) await this.#write(changes);
    } finally {
      if (connection.isAlive) await connection.run('ROLLBACK');
    }
  }

  async #write(changes: readonly RowsChange[]): Promise<void> {
    const { sink, signal } = this.#options;
    this.#seq += 1;
    const transaction = repairTransaction(this.#seq, changes);
    const done = createDeferred<undefined>();
    const ticket = {
      seq: this.#seq,
      ack: () => {
        done.resolve(undefined);
      },
      fail: (reason: Error) => {
        done.reject(reason);
      },
    };
    done.promise.catch(() => undefined);
    try {
      await sink.write([{ transaction, ticket }], signal);
      await sink.drain();
      await done.promise;
    } catch (thrown) {
      const { code, message, place } = toTailraceError(thrown);
      throw new TailraceError(code, `The repair was refused: ${message}`, { place, cause: thrown });
    }
  }

  #builderOf(pair: TablePair): MendBuilder {
    let builder = this.#builders.get(pair);
    if (builder === undefined) {
      builder = new MendBuilder(pair);
      this.#builders.set(pair, builder);
    }
    return builder;
  }
}

function repairTransaction(seq: number, changes: readonly RowsChange[]): Transaction {
  const coordinates = { file: 'inspect.000000', offset: 4 };
  const resumeAt = { kind: 'coordinates', coordinates } as const;
  return rowsTransaction(seq, changes, { coordinates, resumeAt });
}
