import {
  bitBytes,
  bytesValue,
  enumLabel,
  NUMBER_BITS,
  setLabels,
  wholeDocument,
} from './column-values.ts';
import type { ColumnValue, RowVisitor } from './row.ts';
import type { Column, Table } from './table.ts';

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
    const bits = this.#bits[column] ?? 0;
    if (definition.type === 'enum') {
      this.#values[column] = enumLabel(this.#table, definition, value);
    } else if (definition.type === 'set') {
      this.#values[column] = setLabels(this.#table, definition, value);
    } else this.#values[column] = bits > NUMBER_BITS ? bitBytes(bits, value) : value;
  }

  bigint(column: number, value: bigint): void {
    const definition = this.#column(column);
    const bits = this.#bits[column] ?? 0;
    if (definition.type === 'set') {
      this.#values[column] = setLabels(this.#table, definition, value);
    } else this.#values[column] = bits > 0 ? bitBytes(bits, value) : value;
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
    this.#values[column] = wholeDocument(this.#table, this.#column(column), value);
  }

  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    this.#values[column] = bytesValue(this.#column(column), bytes, start, end);
  }

  #column(column: number): Column {
    const definition = this.#table.columns[column];
    if (definition === undefined) throw new RangeError(`no column ${column}`);
    return definition;
  }
}
