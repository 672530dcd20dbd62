import { isJsonChanges } from './json-changes.ts';
import { decodeText } from './charset.ts';
import { TailraceError } from './errors.ts';
import type { ColumnValue, RowVisitor } from './row.ts';
import { type Column, formatTableName, type Table } from './table.ts';

/** Up to so many bits are handed on as a number; the bytes are exact for more. */
const NUMBER_BITS = 53;

/**
 * Builds the values of one row image as text-based consumers see them: labels for enum and set, text
 * decoded by the column's character set. One for each table; `take` hands out the row.
 */
export class ValueCollector implements RowVisitor {
  readonly #table: Table;
  /** Bits of each BIT column, 0 for the others. */
  readonly #bits: readonly number[];
  readonly #nothing: readonly undefined[];
  #values: (ColumnValue | undefined)[];

  constructor(table: Table, bits: readonly number[]) {
    this.#table = table;
    this.#bits = bits;
    this.#nothing = new Array<undefined>(table.columns.length).fill(undefined);
    this.#values = this.#nothing.slice();
  }

  take(): (ColumnValue | undefined)[] {
    const values = this.#values;
    this.#values = this.#nothing.slice();
    return values;
  }

  absent(column: number): void {
    this.#values[column] = undefined;
  }

  null(column: number): void {
    this.#values[column] = null;
  }

  integer(column: number, value: number): void {
    const definition = this.#column(column);
    if (definition.type === 'enum') this.#values[column] = this.#enumLabel(definition, value);
    else if (definition.type === 'set') {
      this.#values[column] = this.#setLabels(definition, BigInt(value));
    } else if ((this.#bits[column] ?? 0) > NUMBER_BITS) this.bigint(column, BigInt(value));
    else this.#values[column] = value;
  }

  bigint(column: number, value: bigint): void {
    const definition = this.#column(column);
    const bits = this.#bits[column] ?? 0;
    if (definition.type === 'set') this.#values[column] = this.#setLabels(definition, value);
    else if (bits > 0) this.#values[column] = bigEndian(value, (bits + 7) >> 3);
    else this.#values[column] = value;
  }

  float(column: number, value: number): void {
    this.#values[column] = value;
  }

  double(column: number, value: number): void {
    this.#values[column] = value;
  }

  ascii(column: number, value: string): void {
    this.#values[column] = value;
  }

  json(column: number, value: string): void {
    if (isJsonChanges(value)) throw this.#onlyChanges(this.#column(column));
    this.#values[column] = value;
  }

  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    const { charset } = this.#column(column);
    this.#values[column] =
      charset === undefined ? bytes.subarray(start, end) : decodeText(charset, bytes, start, end);
  }

  #column(column: number): Column {
    const definition = this.#table.columns[column];
    if (definition === undefined) throw new RangeError(`no column ${column}`);
    return definition;
  }

  /** Index 0 is what the server keeps for a value that was none of the labels. */
  #enumLabel(column: Column, index: number): string {
    if (index === 0) return '';
    const label = column.labels?.[index - 1];
    if (label === undefined) throw this.#misfit(column, index);
    return label;
  }

  #setLabels(column: Column, bits: bigint): string {
    const labels: string[] = [];
    for (let i = 0, rest = bits; rest !== 0n; i++, rest >>= 1n) {
      if ((rest & 1n) === 0n) continue;
      const label = column.labels?.[i];
      if (label === undefined) throw this.#misfit(column, bits);
      labels.push(label);
    }
    return labels.join(',');
  }

  #onlyChanges(column: Column): TailraceError {
    const table = formatTableName({ database: this.#table.database, table: this.#table.name });
    return new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `An update of ${table} has only what changed in the JSON document ${column.name}, and not the document.`,
      {
        place: { table, column: column.name },
        next: "Set binlog_row_image=FULL or binlog_row_value_options='' on the source; tailrace position skip --reason TEXT goes past this transaction.",
      },
    );
  }

  #misfit(column: Column, value: number | bigint): TailraceError {
    const table = formatTableName({ database: this.#table.database, table: this.#table.name });
    return new TailraceError(
      'SOURCE_SCHEMA_MISMATCH',
      `The column ${column.name} of ${table} has the value ${value}, but only ${column.labels?.length ?? 0} labels.`,
      { place: { table, column: column.name } },
    );
  }
}

function bigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}
