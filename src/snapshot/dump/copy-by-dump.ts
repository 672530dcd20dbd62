import type { RowBlock, RowText } from '../../core/copy.ts';
import { TailraceError } from '../../core/errors.ts';
import { progressOf, TableChanged, type CopyRun } from '../copy-run.ts';
import { keyOf, type SourceTable } from '../source-tables.ts';
import { TableCopier } from '../table-copier.ts';
import { WriterPool } from '../writer-pool.ts';
import type { DumpProcess } from './dump-process.ts';
import type { DumpInsert } from './dump-statements.ts';
import { parseInsertHead, type InsertHead } from './insert-head.ts';
import { parseValues } from './parse-values.ts';

/** A table whose rows come, and how they are handed on. */
interface OpenTable {
  readonly copier: TableCopier;
  pending: number;
  hasEnded: boolean;
}

/**
 * Copies tables from the dump program's INSERTs: where the target takes the text as it is, rows are
 * never looked at; else each is read. Several connections write; a table is done when the next one has
 * begun and all of its own statements are committed.
 */
export class CopyByDump {
  readonly #run: CopyRun;
  readonly #pool: WriterPool;
  readonly #tables: ReadonlyMap<string, SourceTable>;
  readonly #left: Set<SourceTable>;
  readonly #finishing: Promise<void>[] = [];
  #open: OpenTable | undefined;
  #failure: unknown;

  constructor(run: CopyRun, tables: readonly SourceTable[]) {
    this.#run = run;
    this.#pool = new WriterPool(run.target);
    this.#tables = new Map(tables.map((table) => [table.key, table]));
    this.#left = new Set(tables);
  }

  async copy(dump: DumpProcess): Promise<void> {
    const { throttle, signal } = this.#run;
    // The program waits with its pipe full.
    for await (const insert of throttle.slow(dump.inserts(), signal)) await this.#take(insert);
    this.#close();
    // Tables without a row are in no INSERT.
    for (const table of this.#left) await (await this.#prepare(table)).finish();
    // The last rows end the last tables.
    await this.#pool.drain();
    await Promise.all(this.#finishing);
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async #take({ database, statement }: DumpInsert): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure as Error;
    const head = parseInsertHead(statement);
    if (head === undefined) throw unreadable(statement);
    const table = this.#tables.get(keyOf({ database, table: head.table }));
    // Made after the tables were listed, or copied already.
    if (table === undefined) return;
    if (this.#open?.copier.table !== table) await this.#begin(table);
    await this.#write(this.#open as OpenTable, head, statement.subarray(head.valuesAt));
  }

  async #begin(table: SourceTable): Promise<void> {
    this.#close();
    this.#open = { copier: await this.#prepare(table), pending: 0, hasEnded: false };
  }

  async #prepare(table: SourceTable): Promise<TableCopier> {
    const copier = new TableCopier(this.#run, table);
    this.#left.delete(table);
    await copier.prepare();
    return copier;
  }

  /** No more INSERTs of this table will come. */
  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    open.hasEnded = true;
    if (open.pending === 0) this.#finishLater(open);
  }

  /** Keys are made while the next table's rows come in. */
  #finishLater({ copier }: OpenTable): void {
    this.#finishing.push(
      copier.finish().catch((thrown: unknown) => {
        this.#failure ??= thrown;
      }),
    );
  }

  async #write(open: OpenTable, head: InsertHead, values: Buffer): Promise<void> {
    const { table } = open.copier;
    const rows = this.#rowsOf(open.copier, head, values);
    const progress = progressOf(this.#run, table);
    open.pending++;
    await this.#pool.write({ table, rows, onExisting: 'fail' }, (written) => {
      progress.rows += written;
      progress.bytes += values.length;
      open.pending--;
      if (open.hasEnded && open.pending === 0) this.#finishLater(open);
    });
  }

  #rowsOf({ table, fit }: TableCopier, head: InsertHead, values: Buffer): RowText | RowBlock {
    const { columns: all } = table.table;
    const indexes = head.columns.map((name) => all.findIndex((column) => column.name === name));
    if (indexes.includes(-1)) throw new TableChanged(table);
    const wanted = indexes.map((index) => fit.columns.includes(index));
    if (fit.takesText && wanted.every(Boolean)) return { kind: 'text', columns: indexes, values };
    const columns = indexes.filter((_, at) => wanted[at]);
    return { kind: 'block', columns, hasEnumIndexes: false, ...parseValues(values, wanted) };
  }
}

function unreadable(statement: Buffer): TailraceError {
  return new TailraceError(
    'SNAPSHOT_PROGRAM_FAILED',
    `the dump program wrote an INSERT that cannot be read: ${statement.subarray(0, 80).toString('utf8')}…`,
  );
}
