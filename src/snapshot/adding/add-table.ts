import type { CopyFit, CopyPiece, CopyTarget } from '../../core/copy.ts';
import { TailraceError } from '../../core/errors.ts';
import { deserializePosition, serializePosition } from '../../core/position-parse.ts';
import type { Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { parseSchemaKey } from '../../core/schema-state.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import type { Logger } from '../../lib/logger.ts';
import { isServerErrno } from '../../server/error-from-server.ts';
import { readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteName } from '../../server/sql-text.ts';
import { makeDatabases } from '../prepare-target.ts';
import { openConsistentView, prepareReader, type LockMode } from '../consistent-view.ts';
import { streamRows, type RawRows } from '../native/row-stream.ts';
import { TableKey } from '../native/table-key.ts';
import { selectRows } from '../native/table-select.ts';
import type { CopyProgress } from '../progress.ts';
import type { SourceThrottle } from '../source-throttle.ts';
import { sourceStatement } from '../source-statement.ts';
import { readCreateText, type SourceTable } from '../source-tables.ts';
import { targetFilled } from '../table-copier.ts';
import { WriterPool } from '../writer-pool.ts';
import { isBegun, type AddedTable } from './added-table.ts';
import type { CopyGate, Hold } from './copy-gate.ts';
import { isSameText, learnTable, untilPassed } from './learn-table.ts';
import { openViewBehind } from './open-view.ts';

export interface AddContext {
  readonly gate: CopyGate;
  readonly target: CopyTarget;
  /** For what is asked now and then. */
  readonly source: ServerConnection;
  readonly connect: () => Promise<ServerConnection>;
  readonly readHead: (source: ServerConnection) => Promise<Position>;
  /** The source has nothing more behind this place. */
  readonly isIdleAt: (position: Position) => boolean;
  readonly router: Router;
  readonly lock: LockMode;
  readonly throttle: SourceThrottle;
  readonly progress: CopyProgress;
  /** How far the tables are has changed. */
  readonly onProgress: () => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Rows that are read and written while the stream is held: what a reader of the target waits longer. */
const CHUNK_ROWS = 20_000;
const CHUNK_BYTES = 4 * 1024 * 1024;
const PIECE = { batchBytes: 1024 * 1024, batchRows: 5_000 };
/** Table definition has changed: the view is older than it. */
const CHANGED = 1412;

/**
 * Copies one table into a target that the task goes on streaming to. For each chunk the stream is held at a
 * boundary between transactions; a view is opened in which everything up to there is seen; the rows behind the last
 * key are read and written, those that the target has already left as they are; then the stream goes on. What it
 * brings of this table is applied by key meanwhile: changes that lie between the boundary and the view are repeated
 * over rows that have them already, which changes nothing; and all later ones find their rows. So the copied part
 * is as of the stream's position as soon as the stream has come to where the view was opened.
 *
 * A delete is why the view must not be older than the boundary: its row would be written again. What the stream
 * brought before is in the target, so older rows never cover newer ones.
 *
 * Without a key, or where the source logs parts of rows only, there is no applying by key: such a table is copied
 * as one from a view at an exact position, and what the stream brings of it up to there is left out.
 */
export class AddTable {
  readonly #context: AddContext;
  readonly #key: string;
  readonly #name: TableName;
  #record: AddedTable;
  #table: SourceTable | undefined;
  #fit: CopyFit | undefined;
  #reader: ServerConnection | undefined;

  constructor(context: AddContext, key: string, record: AddedTable) {
    this.#context = context;
    this.#key = key;
    this.#name = parseSchemaKey(key);
    this.#record = record;
  }

  get record(): AddedTable {
    return this.#record;
  }

  /** To its end, from wherever an earlier attempt left it. */
  async run(): Promise<void> {
    try {
      if (!isBegun(this.#record)) await this.#begin();
      if (this.#record.state === 'copying') await this.#copy();
      if (this.#record.state === 'settling') await this.#settle();
    } finally {
      await this.#reader?.close();
    }
  }

  async #begin(): Promise<void> {
    const { gate, target, router, logger, source } = this.#context;
    const hold = await this.#learn();
    try {
      const { table } = this;
      const { target: name } = table.route;
      if (router.isMerged(this.#name)) throw merged(this.#name);
      const { exists, hasRows } = await target.stateOf(name);
      const mayEmpty = this.#record.overwrite || this.#record.state === 'copying';
      if (hasRows && !mayEmpty) throw targetFilled([formatTableName(name)]);
      const { estimatedRows } = table;
      await this.#save({ state: 'copying', createText: table.createText, estimatedRows });
      if (hasRows) await target.truncateTable(name);
      if (!exists) {
        await makeDatabases({ target }, source, [table]);
        await target.runDdl(sourceStatement(table.createText, table.name.database, source.info));
      }
      const isWhole = (await this.#chunkKey()) === undefined;
      await this.#save({ isWhole });
      gate.setMode(this.#key, { kind: isWhole ? 'unloaded' : 'by-key' });
      logger.info({ table: formatTableName(this.#name) }, 'Adding a table while the task goes on');
    } finally {
      hold.release();
    }
  }

  async #copy(): Promise<void> {
    this.#show('copying');
    if (this.#table === undefined) (await this.#learn()).release();
    const key = await this.#chunkKey();
    if (key === undefined) {
      await this.#copyWhole();
      return;
    }
    // What it was begun with may have been altered since: the rows that are there stay right.
    this.#context.gate.setMode(this.#key, { kind: 'by-key' });
    await this.#rememberKey(key);
    for (let isOver = false; !isOver;) isOver = await this.#copyChunk();
  }

  async #rememberKey(key: TableKey): Promise<void> {
    const keyColumns = key.columns.map(({ name }) => name);
    const isSame = keyColumns.join() === this.#record.keyColumns?.join();
    await this.#save({
      keyColumns,
      isWhole: false,
      createText: this.table.createText,
      ...(isSame ? {} : { after: undefined }),
    });
  }

  /** True: it was the last. */
  async #copyChunk(): Promise<boolean> {
    const { gate, throttle, signal, readHead, source } = this.#context;
    await throttle.pass(signal);
    const reader = await this.#openReader();
    let head: Position;
    let isLast = false;
    let isChanged = false;
    const hold = await gate.hold(signal);
    try {
      await openViewBehind(reader, hold.position, {
        readHead,
        quietMs: () => gate.quietMs(this.#key),
        signal,
      });
      isChanged = !(await this.#isAsKnown(reader));
      if (!isChanged) isLast = await this.#writeChunk(reader);
      head = await readHead(source);
      if (isLast) await this.#save({ state: 'settling', until: serializePosition(head) });
    } finally {
      hold.release();
      if (reader.isAlive) await reader.run('ROLLBACK');
    }
    await untilPassed(this.#context, head);
    if (isChanged) {
      (await this.#learn()).release();
      const key = await this.#chunkKey();
      if (key === undefined) throw keyGone(this.#name);
      await this.#rememberKey(key);
    }
    return isLast;
  }

  async #openReader(): Promise<ServerConnection> {
    if (this.#reader?.isAlive === true) return this.#reader;
    const reader = await this.#context.connect();
    this.#reader = reader;
    await prepareReader(reader);
    return reader;
  }

  /** The table's own lock, which reading it takes, keeps the definition as it is from here on. */
  async #isAsKnown(reader: ServerConnection): Promise<boolean> {
    const { database, table } = this.#name;
    try {
      await reader.query(`SELECT 1 FROM ${quoteName(database)}.${quoteName(table)} LIMIT 0`);
    } catch (thrown) {
      if (isServerErrno(thrown, CHANGED)) return false;
      throw thrown;
    }
    const text = await readCreateText(reader, this.#name);
    return text !== undefined && isSameText(text, this.table.createText);
  }

  /** Reads behind the last key and writes what the target does not have. */
  async #writeChunk(reader: ServerConnection): Promise<boolean> {
    const { fit, table } = this;
    const key = TableKey.of(table.table, fit.columns) as TableKey;
    const sql = selectRows({
      table,
      columns: fit.columns,
      key,
      slice: undefined,
      after: this.#record.after,
      limit: CHUNK_ROWS,
    });
    let last: RawRows | undefined;
    const read = await this.#write(reader, sql, {
      onExisting: 'keep',
      onRows: (rows) => (last = rows),
    });
    const after = last && key.lastOf(last, fit.columns);
    await this.#save({
      rows: this.#record.rows + read.rows,
      bytes: this.#record.bytes + read.bytes,
      ...(after === undefined ? {} : { after }),
    });
    this.#show('copying');
    return !read.isCut && read.rows < CHUNK_ROWS;
  }

  /** Several connections write; ends early when a chunk has become large. */
  async #write(
    reader: ServerConnection,
    sql: string,
    how: {
      readonly onExisting: CopyPiece['onExisting'];
      readonly onRows: (rows: RawRows) => void;
      readonly limit?: number;
    },
  ): Promise<{ readonly rows: number; readonly bytes: number; readonly isCut: boolean }> {
    const { target, signal } = this.#context;
    const pool = new WriterPool(target);
    const { fit, table } = this;
    let [rows, bytes, isCut] = [0, 0, false];
    for await (const batch of streamRows(reader, sql, PIECE)) {
      signal.throwIfAborted();
      await pool.write(
        {
          table,
          rows: {
            kind: 'block',
            columns: fit.columns,
            bytes: batch.bytes,
            rowCount: batch.rowCount,
            hasEnumIndexes: true,
          },
          onExisting: how.onExisting,
        },
        () => undefined,
      );
      rows += batch.rowCount;
      bytes += batch.bytes.length;
      how.onRows(batch);
      isCut = bytes >= (how.limit ?? CHUNK_BYTES);
      if (isCut) break;
    }
    await pool.drain();
    return { rows, bytes, isCut };
  }

  async #copyWhole(): Promise<void> {
    const { gate, target, signal, logger, connect, readHead, lock } = this.#context;
    const table = formatTableName(this.#name);
    const hold = await gate.hold(signal);
    try {
      await gate.drain();
      logger.warn(
        { table },
        'The stream waits while a table that cannot be applied by key is copied',
      );
      await target.truncateTable(this.table.route.target);
      const view = await openConsistentView({
        connect,
        readers: 1,
        lock,
        tables: [this.#name],
        readPosition: readHead,
        logger,
        whileLocked: async ({ readers: [reader] }) => {
          if (!this.table.hasViews && reader !== undefined) await this.#writeWhole(reader);
        },
      });
      try {
        const [reader] = view.readers;
        if (this.table.hasViews && reader !== undefined) await this.#writeWhole(reader);
      } finally {
        await view.close();
      }
      await this.#save({ state: 'settling', until: serializePosition(view.position) });
      gate.setMode(this.#key, { kind: 'behind', until: view.position });
    } finally {
      hold.release();
    }
  }

  async #writeWhole(reader: ServerConnection): Promise<void> {
    const { table, fit } = this;
    let [rows, bytes] = [0, 0];
    const sql = selectRows({
      table,
      columns: fit.columns,
      key: undefined,
      slice: undefined,
      after: undefined,
    });
    await this.#write(reader, sql, {
      onExisting: 'fail',
      limit: Infinity,
      onRows: (batch) => {
        rows += batch.rowCount;
        bytes += batch.bytes.length;
        this.#record = { ...this.#record, rows, bytes };
        this.#show('copying');
      },
    });
  }

  /** From where the stream has passed the last view, the table is like every other. */
  async #settle(): Promise<void> {
    const { gate, signal, logger } = this.#context;
    const until = deserializePosition(this.#record.until ?? '');
    await untilPassed(this.#context, until);
    const hold = await gate.hold(signal);
    try {
      await gate.drain();
      gate.setMode(this.#key, undefined);
      await this.#save({ state: 'done', problem: undefined });
    } finally {
      hold.release();
    }
    this.#show('done');
    const { rows } = this.#record;
    logger.info({ table: formatTableName(this.#name), rows }, 'The added table is there');
  }

  async #learn(): Promise<Hold> {
    const { table, hold } = await learnTable(this.#context, this.#name);
    this.#table = table;
    this.#fit = undefined;
    return hold;
  }

  get table(): SourceTable {
    if (this.#table === undefined) throw new TailraceError('INTERNAL_FAULT', 'not looked at yet');
    return this.#table;
  }

  get fit(): CopyFit {
    if (this.#fit === undefined) throw new TailraceError('INTERNAL_FAULT', 'not looked at yet');
    return this.#fit;
  }

  /** undefined: it is copied as one. */
  async #chunkKey(): Promise<TableKey | undefined> {
    const { source, target } = this.#context;
    this.#fit = await target.fit(this.table);
    const [row] = await source.query('SELECT @@GLOBAL.binlog_row_image AS image');
    const image = readOptionalText(row, 'image');
    if (!this.#fit.hasKey || image !== 'FULL') return undefined;
    return TableKey.of(this.table.table, this.#fit.columns);
  }

  async #save(change: Partial<AddedTable>): Promise<void> {
    const record = { ...this.#record, ...change };
    await this.#context.target.saveMarks([{ key: this.#key, text: JSON.stringify(record) }]);
    this.#record = record;
  }

  #show(state: 'copying' | 'done'): void {
    const progress = this.#context.progress.of(formatTableName(this.#name), this.#record);
    progress.state = state;
    progress.rows = this.#record.rows;
    progress.bytes = this.#record.bytes;
    this.#context.onProgress();
  }
}

function merged(name: TableName): TailraceError {
  const table = formatTableName(name);
  return new TailraceError('USAGE', `${table} goes to a table that others go to as well.`, {
    place: { table },
    next: 'Tables that are merged can only be copied by the first tailrace snapshot.',
  });
}

function keyGone(name: TableName): TailraceError {
  const table = formatTableName(name);
  return new TailraceError('SNAPSHOT_TABLES_CHANGE', `${table} has lost its key meanwhile.`, {
    place: { table },
    next: `tailrace snapshot --table ${table} --restart copies it anew.`,
  });
}
