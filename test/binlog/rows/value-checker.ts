import { expect } from 'vitest';
import { RowsDecoder } from '../../../src/binlog/rows/rows-decoder.ts';
import type { ColumnValue, RowImage, RowImages } from '../../../src/core/row.ts';
import type { Column, Table } from '../../../src/core/table.ts';
import type { Sql } from '../../support/sql.ts';
import { type CapturedRows, captureRows } from './captured-rows.ts';
import { describeTable } from './described-table.ts';
import type { ValueCase } from './value-cases.ts';

/** The value as SQL text, in a form in which decoded values can be compared with it. */
function expression(column: Column): string {
  const name = `\`${column.name}\``;
  if (column.type === 'bit') return `CAST(${name} AS UNSIGNED)`;
  // With all its digits: CAST rounds as the column is shown.
  if (column.type === 'float' || column.type === 'double') return `${name} + 0e0`;
  if (column.charset !== undefined && column.labels === undefined) {
    return `HEX(CONVERT(${name} USING utf8mb4))`;
  }
  return BYTES.has(column.type) ? `HEX(${name})` : `CAST(${name} AS CHAR)`;
}

const BYTES: ReadonlySet<string> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'geometry',
  'vector',
]);

/** A decoded value as `expression` shows it. */
export function shown(column: Column, value: ColumnValue | undefined): string | null | undefined {
  if (value === null || value === undefined) return value;
  if (column.type === 'bit' && value instanceof Uint8Array) {
    return String(BigInt(`0x${Buffer.from(value).toString('hex')}`));
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex').toUpperCase();
  if (column.type === 'year') return String(value).padStart(4, '0');
  if (typeof value === 'string' && column.charset !== undefined && column.labels === undefined) {
    return Buffer.from(value).toString('hex').toUpperCase();
  }
  return String(value);
}

/** What SQL gave as text, doubles and floats as JavaScript prints them. */
function asText(column: Column, value: string | number | null): string | null {
  if (value === null) return null;
  return column.type === 'float' || column.type === 'double'
    ? String(Number(value))
    : String(value);
}

export function decodeAll({ tableMap, rows, flavor }: CapturedRows, table: Table): Slices {
  const slices: Slices = { before: [], after: [] };
  for (const slice of new RowsDecoder(tableMap, table, flavor).decode(rows, 10_000)) {
    slices.before.push(...imagesOf(slice.before));
    slices.after.push(...imagesOf(slice.after));
  }
  return slices;
}

export interface Slices {
  readonly before: RowImage[];
  readonly after: RowImage[];
}

function imagesOf(images: RowImages | undefined): RowImage[] {
  if (images === undefined) return [];
  return Array.from({ length: images.length }, (_, row) => images.at(row));
}

function createTable(database: string, table: string, cases: readonly ValueCase[]): string {
  const columns = cases.map(({ type }, i) => `c${i} ${type}`);
  return `CREATE TABLE ${database}.${table} (id int primary key, ${columns.join(', ')}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC`;
}

/** One row for each value of the longest list, one more of NULLs. */
function insertRows(database: string, table: string, cases: readonly ValueCase[]): string[] {
  const count = Math.max(...cases.map(({ values }) => values.length));
  const rows = Array.from({ length: count }, (_, row) =>
    cases.map(({ values }) => values[row % values.length] ?? 'NULL'),
  );
  rows.push(cases.map(() => 'NULL'));
  return rows.map((row, i) => `INSERT INTO ${database}.${table} VALUES (${i}, ${row.join(', ')})`);
}

/** Compares what the decoder reads from the binlog with what SQL reads from the table. */
export class ValueChecker {
  readonly #sql: Sql;
  readonly #database: string;
  readonly #isJsonOf57: boolean;

  /** `isJsonOf57`: MySQL 5.7 prints 1.0 as 1 and breaks the lines of base64 as they are. */
  constructor(sql: Sql, database: string, isJsonOf57: boolean) {
    this.#sql = sql;
    this.#database = database;
    this.#isJsonOf57 = isJsonOf57;
  }

  /** A table of these columns and values. */
  async checkValues(table: string, cases: readonly ValueCase[]): Promise<void> {
    await this.#sql.run(createTable(this.#database, table, cases));
    await this.checkTable(table, insertRows(this.#database, table, cases));
  }

  /** Inserts, then moves and deletes all rows: every image must equal what SQL reads. */
  async checkTable(table: string, inserts: readonly string[]): Promise<void> {
    const definition = await describeTable(this.#sql, this.#database, table);
    const inserted = await captureRows(this.#sql, this.#database, () => this.#sql.run(...inserts));
    const select = definition.columns.map(
      (column) => `${expression(column)} AS \`${column.name}\``,
    );
    const stored = await this.#sql.rows(
      `SELECT ${select.join(', ')} FROM ${this.#database}.${table} t ORDER BY t.id`,
    );
    expect(stored).toHaveLength(inserts.length);
    const expected = stored.map((row) =>
      definition.columns.map((column) => {
        const value: unknown = row[column.name];
        return asText(column, value as string | number | null);
      }),
    );
    let isChanged = false;
    const compare = (images: readonly RowImage[], from: number): void => {
      images.forEach((image, row) => {
        definition.columns.slice(from).forEach((column, i) => {
          const value = shown(column, image[from + i]);
          // MariaDB from 11.8.9 logs no generated columns with an UPDATE.
          if (isChanged && value === undefined && column.generated !== undefined) return;
          const text =
            column.type === 'json' && typeof value === 'string' ? this.#asPrinted(value) : value;
          expect(text, `${column.name} ${column.columnType}, row ${row}`).toBe(
            expected[row]?.[from + i],
          );
        });
      });
    };
    const first = inserted.flatMap((rows) => decodeAll(rows, definition).after);
    expect(first).toHaveLength(inserts.length);
    compare(first, 0);
    isChanged = true;

    const changed = await captureRows(this.#sql, this.#database, () =>
      this.#sql.run(
        `UPDATE ${this.#database}.${table} SET id = id + 1000 ORDER BY id`,
        `DELETE FROM ${this.#database}.${table} ORDER BY id`,
      ),
    );
    const slices = changed.map((rows) => decodeAll(rows, definition));
    compare(
      slices.flatMap(({ after }) => after),
      1,
    );
    compare(slices.flatMap(({ before }) => before).slice(0, inserts.length), 0);
    compare(slices.flatMap(({ before }) => before).slice(inserts.length), 1);
  }

  #asPrinted(json: string): string {
    if (!this.#isJsonOf57) return json;
    return json.replace(/(\d)\.0(?=[,\]}]|$)/g, '$1').replace(/\\n(?=[\w+/])/g, '\n');
  }
}
