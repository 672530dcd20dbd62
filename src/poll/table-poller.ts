import type { CopyFit, CopyMark, CopyPiece } from '../core/copy.ts';
import { formatTableName } from '../core/table.ts';
import { systemClock } from '../lib/clock.ts';
import { streamRows, type RawRows } from '../snapshot/native/row-stream.ts';
import { selectColumns } from '../snapshot/native/table-select.ts';
import type { TableKey } from '../snapshot/native/table-key.ts';
import { readCreateText, type SourceTable } from '../snapshot/source-tables.ts';
import { withoutAutoIncrement } from '../snapshot/table-copier.ts';
import { digestRanges, fromTable, whereRange, type KeyDigest, type KeyRange } from './key-range.ts';
import { isSameDigest, LookBackWindow } from './look-back-window.ts';
import {
  addPoint,
  BEGINNING,
  pollMark,
  sinceOf,
  type KeyLiterals,
  type PollMark,
  type PollPoint,
} from './poll-mark.ts';
import type { SourceView } from './source-view.ts';

/** Memory that one batch may take; what a row takes is only known from those before it. */
const BATCH_BYTES = 16 * 1024 * 1024;
/** One transaction on the target. */
const PIECE = { batchBytes: 1024 * 1024, batchRows: 20_000 };
/** Rows of the first batch of a table whose rows may be large. */
const FIRST_LARGE_ROWS = 64;
const LARGE_TYPES: ReadonlySet<string> = new Set([
  'mediumtext',
  'longtext',
  'mediumblob',
  'longblob',
  'json',
  'text',
  'blob',
  'geometry',
]);

/** The source's table is not what it was when its definition was read. */
export class DefinitionMoved extends Error {
  constructor(table: SourceTable) {
    super(`${formatTableName(table.name)} was altered`);
  }
}

export interface TablePollerOptions {
  readonly table: SourceTable;
  readonly key: TableKey;
  readonly fit: CopyFit;
  readonly batch: number;
  readonly lookBackMs: number;
  /** false: a row that the target has stays as it is there. */
  readonly upserts: boolean;
  readonly mark: PollMark | undefined;
  /** Commits the piece with its mark. */
  readonly write: (piece: CopyPiece) => Promise<void>;
}

interface Reading {
  readonly batches: readonly RawRows[];
  readonly range: KeyRange & { readonly to: KeyLiterals };
  readonly rows: number;
}

/** Follows one table by its primary key. */
export class TablePoller {
  readonly table: SourceTable;
  readonly #options: TablePollerOptions;
  readonly #window = new LookBackWindow();
  #points: readonly PollPoint[];
  #last: KeyLiterals | null;
  #limit: number;
  rows = 0;
  lateRows = 0;

  constructor(options: TablePollerOptions) {
    this.#options = options;
    this.table = options.table;
    const mark = options.mark ?? BEGINNING;
    // Who wrote the mark may have missed what was under way.
    this.#last = sinceOf(mark, systemClock.nowMs() - options.lookBackMs);
    this.#points = mark.points;
    const isLarge = this.table.table.columns.some(({ type }) => LARGE_TYPES.has(type));
    this.#limit = isLarge ? Math.min(FIRST_LARGE_ROWS, options.batch) : options.batch;
  }

  get mark(): PollMark {
    return { last: this.#last, points: this.#points };
  }

  /** Reads the next rows behind the last; false: there are no more. */
  async readNext(view: SourceView): Promise<boolean> {
    const range: KeyRange = { after: this.#last, to: null };
    const point = { at: systemClock.nowMs(), key: this.#last };
    await view.open();
    const limit = this.#limit;
    const reading = await this.#read(view, range, limit);
    if (reading === undefined) return false;
    await this.#assertSame(view);
    const [digest] = await digestRanges(view.connection, this.#keyed, [reading.range]);
    await view.end();
    this.#adaptLimit(reading, limit);
    if (digest === undefined) return false;
    this.#window.add({ ...reading.range, digest, readAtMs: systemClock.monotonicMs() });
    this.#points = addPoint(this.#points, point, this.#options.lookBackMs);
    await this.#write(reading, true);
    this.rows += reading.rows;
    return reading.rows >= limit;
  }

  /** Reads again what got rows behind our back. */
  async lookBack(view: SourceView): Promise<void> {
    this.#window.forget(systemClock.monotonicMs() - this.#options.lookBackMs);
    const whole = this.#window.whole;
    if (whole === undefined) return;
    await view.open();
    const [now] = await digestRanges(view.connection, this.#keyed, [whole.range]);
    if (now !== undefined && isSameDigest(now, whole.digest)) return;
    const chunks = this.#window.chunks;
    const digests = await digestRanges(view.connection, this.#keyed, chunks);
    const moved = chunks.flatMap((chunk, index) => {
      const digest = digests[index] as KeyDigest;
      return isSameDigest(chunk.digest, digest) ? [] : [{ chunk, digest }];
    });
    for (const { chunk, digest } of moved) {
      await view.open();
      const reading = await this.#read(view, chunk, undefined);
      if (reading !== undefined) await this.#assertSame(view);
      await view.end();
      // Rows that came between the two looks are found again by the next one: the older digest is kept.
      const more = digest.rows - chunk.digest.rows;
      if (more > 0n) this.lateRows += Number(more);
      if (reading !== undefined) await this.#write(reading, false);
      this.#window.replace(chunk, digest);
    }
  }

  /**
   * After the last rows were deleted, and after a TRUNCATE, new rows do not come behind the mark. Where none of the
   * rows that were read last is left, the table is read from its beginning. True: it is.
   */
  async followShrinking(view: SourceView): Promise<boolean> {
    const last = this.#last;
    if (last === null) return false;
    await view.open();
    if (await this.#has(view, this.#options.key.from(last))) return false;
    const since = this.#window.since ?? null;
    const isNear = since !== null && (await this.#has(view, this.#options.key.after(since)));
    this.#last = isNear ? since : null;
    this.#points = [];
    this.#window.clear();
    return !isNear;
  }

  get #keyed() {
    return { table: this.table, key: this.#options.key };
  }

  async #has({ connection }: SourceView, condition: string): Promise<boolean> {
    const sql = `SELECT 1${fromTable(this.table)} WHERE ${condition} LIMIT 1`;
    return (await connection.query(sql)).length > 0;
  }

  /** undefined: no row is there. */
  async #read(
    { connection }: SourceView,
    range: KeyRange,
    limit: number | undefined,
  ): Promise<Reading | undefined> {
    const { key, fit } = this.#options;
    const select = selectColumns(this.table, fit.columns);
    const end = limit === undefined ? '' : ` LIMIT ${limit}`;
    const sql = `${select}${whereRange(key, range)} ORDER BY ${key.orderBy}${end}`;
    const batches: RawRows[] = [];
    for await (const batch of streamRows(connection, sql, PIECE)) batches.push(batch);
    const last = batches.at(-1);
    if (last === undefined) return undefined;
    const rows = batches.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const to = range.to ?? key.lastOf(last, fit.columns);
    return { batches, rows, range: { after: range.after, to } };
  }

  /** The view holds the table's definition still: what was read was read under this one. */
  async #assertSame({ connection }: SourceView): Promise<void> {
    const now = await readCreateText(connection, this.table.name);
    const { createText } = this.table;
    if (now !== undefined && withoutAutoIncrement(now) === withoutAutoIncrement(createText)) return;
    throw new DefinitionMoved(this.table);
  }

  #adaptLimit({ batches, rows }: Reading, asked: number): void {
    const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
    const fitting = Math.floor(BATCH_BYTES / Math.max(1, bytes / rows));
    this.#limit = Math.max(1, Math.min(fitting, asked * 4, this.#options.batch));
  }

  async #write({ batches }: Reading, isNew: boolean): Promise<void> {
    const { fit, key, upserts, write } = this.#options;
    for (const { bytes, rowCount, lastRowAt } of batches) {
      const columns = fit.columns;
      if (isNew) this.#last = key.lastOf({ bytes, rowCount, lastRowAt }, columns);
      await write({
        table: this.table,
        rows: { kind: 'block', columns, bytes, rowCount, hasEnumIndexes: true },
        onExisting: upserts ? 'replace' : 'keep',
        mark: this.#storedMark,
      });
    }
  }

  get #storedMark(): CopyMark {
    return pollMark(this.table.key, this.mark);
  }
}
