import type { CopyPiece } from '../../core/copy.ts';
import { isServerErrno } from '../../server/error-from-server.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { releaseTables } from '../consistent-view.ts';
import { markOf, sliceKey, type Slice, type SliceRecord } from '../copy-record.ts';
import { progressOf, saveMarks, TableChanged, type CopyRun } from '../copy-run.ts';
import type { SourceTable } from '../source-tables.ts';
import { isResumable, TableCopier } from '../table-copier.ts';
import { WriterPool } from '../writer-pool.ts';
import { streamRows, type RawRows } from './row-stream.ts';
import { chooseSlices } from './slices.ts';
import { TableKey } from './table-key.ts';
import { selectRows } from './table-select.ts';

/** One transaction on the target. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_ROWS = 20_000;

/** Table definition has changed, no such table, unknown column: the view is older than the definition. */
const CHANGED = [1412, 1146, 1054] as const;

interface Job {
  readonly copier: TableCopier;
  readonly key: TableKey | undefined;
  readonly slice: Slice | undefined;
  readonly number: number;
  /** Some of the rows may be there from an earlier run. */
  readonly replaces: boolean;
}

interface OpenTable {
  left: number;
}

/**
 * Copies tables by reading them in the order of their keys over several connections that share one
 * view. A large table is cut into slices; each remembers its last key with the rows, so that it can be
 * taken up again.
 */
export class CopyByKey {
  readonly #run: CopyRun;
  readonly #pool: WriterPool;
  readonly #tables: SourceTable[];
  readonly #jobs: Job[] = [];
  readonly #open = new Map<SourceTable, OpenTable>();
  readonly changed: SourceTable[] = [];
  #opening: Promise<void> = Promise.resolve();

  /** Large tables first: the last one must not be left to one connection. */
  constructor(run: CopyRun, tables: readonly SourceTable[]) {
    this.#run = run;
    this.#pool = new WriterPool(run.target);
    this.#tables = tables.toSorted((a, b) => a.estimatedBytes - b.estimatedBytes);
  }

  async copy(readers: readonly ServerConnection[]): Promise<void> {
    await Promise.all(readers.map((reader) => this.#work(reader)));
    await this.#pool.drain();
  }

  async #work(reader: ServerConnection): Promise<void> {
    for (;;) {
      this.#run.signal.throwIfAborted();
      const job = this.#jobs.shift();
      const table = job === undefined ? this.#tables.pop() : undefined;
      if (job !== undefined) {
        await this.#copyJob(reader, job);
        await releaseTables(reader);
      } else if (table !== undefined) {
        this.#opening = this.#openTable(reader, table);
        await this.#opening;
        await releaseTables(reader);
      } else {
        // Another connection may be cutting the last table into slices.
        await this.#opening;
        if (this.#jobs.length === 0) return;
      }
    }
  }

  async #openTable(reader: ServerConnection, table: SourceTable): Promise<void> {
    const copier = new TableCopier(this.#run, table);
    const known = this.#run.record.table(table.key);
    const replaces = known !== undefined && isResumable(known, table);
    await copier.prepare((fit) =>
      TableKey.of(table.table, fit.columns) === undefined || !fit.hasKey
        ? Promise.resolve(undefined)
        : chooseSlices(reader, table),
    );
    progressOf(this.#run, table).rows = copier.record.rows;
    const { slices, state } = copier.record;
    if (state === 'filled') {
      await copier.finish();
      return;
    }
    const key = slices && TableKey.of(table.table, copier.fit.columns);
    const jobs = (slices ?? [undefined]).map((slice, number) => ({
      copier,
      key,
      slice,
      number,
      replaces,
    }));
    const left = jobs.filter((job) => !this.#isDone(job));
    this.#open.set(table, { left: left.length });
    this.#jobs.push(...left);
    if (left.length === 0) await copier.finish();
  }

  #isDone({ copier, number }: Job): boolean {
    const { table } = copier;
    const record = this.#run.record.slice(table.key, number);
    progressOf(this.#run, table).rows += record?.rows ?? 0;
    return record?.isDone === true;
  }

  async #copyJob(reader: ServerConnection, job: Job): Promise<void> {
    const { copier } = job;
    const { table } = copier;
    if (this.changed.includes(table)) return;
    try {
      await this.#copySlice(reader, job);
    } catch (thrown) {
      if (!(thrown instanceof TableChanged) && !isServerErrno(thrown, ...CHANGED)) throw thrown;
      if (!this.changed.includes(table)) this.changed.push(table);
      return;
    }
    const open = this.#open.get(table) as OpenTable;
    open.left--;
    if (open.left === 0) await copier.finish();
  }

  async #copySlice(reader: ServerConnection, job: Job): Promise<void> {
    const { copier, key, slice, number } = job;
    const { table, fit } = copier;
    const before = slice === undefined ? undefined : this.#run.record.slice(table.key, number);
    const after = before?.after ?? undefined;
    const sql = selectRows({ table, columns: fit.columns, key, slice, after });
    let record: SliceRecord = { after: after ?? null, rows: before?.rows ?? 0, isDone: false };
    let written: Promise<void> = Promise.resolve();
    await this.#run.throttle.pass(this.#run.signal);
    const stream = streamRows(reader, sql, { batchBytes: BATCH_BYTES, batchRows: BATCH_ROWS });
    for await (const rows of this.#run.throttle.slow(stream, this.#run.signal)) {
      // In order, so that the mark never passes rows that are not there.
      await written;
      this.#run.signal.throwIfAborted();
      const last = key === undefined ? null : key.lastOf(rows, fit.columns);
      record = { ...record, after: last, rows: record.rows + rows.rowCount };
      written = this.#write(job, rows, record);
      written.catch(() => undefined);
    }
    await written;
    if (slice === undefined) return;
    await saveMarks(this.#run, [markOf(sliceKey(table.key, number), { ...record, isDone: true })]);
  }

  async #write(job: Job, rows: RawRows, record: SliceRecord): Promise<void> {
    const { copier, slice, number, replaces } = job;
    const { table, fit } = copier;
    const mark = slice === undefined ? {} : { mark: markOf(sliceKey(table.key, number), record) };
    const piece: CopyPiece = {
      table,
      rows: {
        kind: 'block',
        columns: fit.columns,
        bytes: rows.bytes,
        rowCount: rows.rowCount,
        hasEnumIndexes: true,
      },
      onExisting: replaces ? 'replace' : 'fail',
      ...mark,
    };
    await this.#pool.writeThrough(piece);
    if (piece.mark !== undefined) this.#run.record.note(piece.mark);
    const progress = progressOf(this.#run, table);
    progress.rows += rows.rowCount;
    progress.bytes += rows.bytes.length;
  }
}
