import { decodeText } from '../core/charset.ts';
import type { RowImages, RowVisitor } from '../core/row.ts';
import type { Table } from '../core/table.ts';
import { canonicalValue, type FetchedRow } from './canonical-value.ts';
import type { PairColumn, TablePair } from './table-pair.ts';

/**
 * Names a row, as text: the SQL literals of its key columns joined by commas (of a table without a
 * key: of the columns that tell most rows apart). Made alike from a fetched row and from a row image of
 * the binlog, so that both can be compared, and put into SQL.
 */
export type RowId = string;

export function keyColumns(pair: TablePair): readonly PairColumn[] {
  const indexes = pair.key?.columns ?? pair.signature;
  return indexes.flatMap((index) => pair.columns[index] ?? []);
}

/** The literals of a fetched row's key, one for each key column. */
export function literalsOfRow(pair: TablePair, row: FetchedRow): readonly string[] {
  const indexes = pair.key?.columns ?? pair.signature;
  return indexes.map((index) => {
    const column = pair.columns[index];
    return column === undefined ? 'NULL' : literalOf(column, row[index] ?? null);
  });
}

export function idOfRow(pair: TablePair, row: FetchedRow): RowId {
  return literalsOfRow(pair, row).join(',');
}

/** A literal that means this value on both ends. */
export function literalOf({ form }: PairColumn, bytes: Buffer | null): string {
  const value = canonicalValue(form.kind, bytes);
  if (value === undefined) return 'NULL';
  switch (form.kind) {
    case 'integer':
    case 'decimal':
      return value;
    case 'text':
      return `_${form.charset ?? 'utf8mb4'} x'${Buffer.from(value, 'latin1').toString('hex')}'`;
    case 'bytes':
      return `x'${Buffer.from(value, 'latin1').toString('hex')}'`;
    case 'temporal':
    case 'ascii':
    case 'float':
    case 'double':
    case 'json':
      return `'${value}'`;
  }
}

/** Reads the ids of row images of one table definition; undefined where they do not hold the key. */
export class ImageIdReader {
  readonly #columns: readonly PairColumn[];
  /** By column of the image: its place in the key. */
  readonly #places = new Map<number, number>();
  readonly #isComplete: boolean;

  constructor(pair: TablePair, table: Table) {
    this.#columns = keyColumns(pair);
    for (const [place, { source }] of this.#columns.entries()) {
      const index = table.columns.findIndex(({ name }) => name === source.name);
      if (index >= 0) this.#places.set(index, place);
    }
    this.#isComplete = this.#places.size === this.#columns.length;
  }

  idOf(images: RowImages, row: number): RowId | undefined {
    if (!this.#isComplete) return undefined;
    const visitor = new IdVisitor(this.#columns, this.#places);
    images.visit(row, visitor);
    return visitor.isComplete ? visitor.literals.join(',') : undefined;
  }
}

class IdVisitor implements RowVisitor {
  readonly literals: string[];
  readonly #columns: readonly PairColumn[];
  readonly #places: ReadonlyMap<number, number>;
  #found = 0;

  constructor(columns: readonly PairColumn[], places: ReadonlyMap<number, number>) {
    this.#columns = columns;
    this.#places = places;
    this.literals = columns.map(() => 'NULL');
  }

  get isComplete(): boolean {
    return this.#found === this.literals.length;
  }

  absent(): void {
    // Not found, then.
  }

  null(column: number): void {
    this.#set(column, () => null);
  }

  integer(column: number, value: number): void {
    this.#set(column, () => Buffer.from(String(value)));
  }

  bigint(column: number, value: bigint): void {
    this.#set(column, () => Buffer.from(String(value)));
  }

  float(column: number, value: number): void {
    this.#set(column, () => Buffer.from(String(value)));
  }

  double(column: number, value: number): void {
    this.#set(column, () => Buffer.from(String(value)));
  }

  ascii(column: number, value: string): void {
    this.#set(column, () => Buffer.from(value, 'latin1'));
  }

  json(column: number, value: string): void {
    this.#set(column, () => Buffer.from(value));
  }

  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    this.#set(column, ({ source, form }) => {
      const { charset } = source;
      const isConverted = form.charset === 'utf8mb4' && charset !== undefined;
      if (!isConverted || /^utf8|^ascii/.test(charset)) return bytes.subarray(start, end);
      return Buffer.from(decodeText(charset, bytes, start, end));
    });
  }

  #set(column: number, read: (of: PairColumn) => Buffer | null): void {
    const place = this.#places.get(column);
    const of = place === undefined ? undefined : this.#columns[place];
    if (place === undefined || of === undefined) return;
    this.literals[place] = literalOf(of, read(of));
    this.#found += 1;
  }
}
