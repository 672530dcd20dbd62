import type { ImageLead } from '../../core/row.ts';
import type { Table } from '../../core/table.ts';
import { type ColumnLayout, layoutSignature } from '../column/column-layout.ts';
import { imageLead } from './image-lead.ts';
import { rowCodeOf } from './compiled-row-code.ts';
import type { RowCode, RowKeyReader, RowShape, ShapeColumn } from './row-code.ts';
import { type ValuesReader, valuesReaderOf } from './values-reader.ts';

/** What all shapes of one table share. */
export interface TableLayout {
  readonly table: Table;
  readonly layouts: readonly ColumnLayout[];
  readonly nullable: readonly boolean[];
}

/** True when this column's bit is set in a bitmap as on the wire. */
export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** The shape of the row images of a table that hold the columns of `bitmap`. */
export function makeRowShape(layout: TableLayout, bitmap: Uint8Array): RowShape {
  let bits = 0;
  const words: string[] = [];
  const columns = layout.layouts.map((columnLayout, column): ShapeColumn => {
    const isPresent = hasBit(bitmap, column);
    const isNullable = layout.nullable[column] ?? true;
    const isHidden = layout.table.columns[column]?.isHidden ?? true;
    words.push(
      `${isPresent ? 'p' : 'a'}${isNullable ? 'n' : ''}${isHidden ? 'h' : ''}${layoutSignature(columnLayout)}`,
    );
    return {
      column,
      layout: columnLayout,
      isNullable,
      isHidden,
      nullBit: isPresent ? bits++ : -1,
    };
  });
  return { columns, nullBytes: (bits + 7) >> 3, signature: words.join() };
}

/** One shape of a table's row images, with what reads them. */
export class ImageShape {
  readonly rowShape: RowShape;
  readonly code: RowCode;
  /** One flag a column; hidden ones are never present. */
  readonly present: readonly boolean[];
  /** True when every column that is not hidden is there. */
  readonly isFull: boolean;
  /** True when the hidden ones are there, too. */
  readonly hasAllColumns: boolean;
  /** Columns that are there and hold text in a character set. */
  readonly textColumns: number;
  readonly #table: Table;
  #readValues: ValuesReader | undefined;
  readonly #keyReaders = new Map<string, RowKeyReader>();
  #leadCount = -1;
  #lead: ImageLead | undefined;
  #lastColumns: readonly number[] | undefined;
  #lastReader: RowKeyReader | undefined;

  constructor(layout: TableLayout, bitmap: Uint8Array) {
    this.#table = layout.table;
    this.rowShape = makeRowShape(layout, bitmap);
    this.code = rowCodeOf(this.rowShape);
    this.present = this.rowShape.columns.map(({ nullBit, isHidden }) => nullBit >= 0 && !isHidden);
    this.hasAllColumns = this.rowShape.columns.every(({ nullBit }) => nullBit >= 0);
    this.isFull = this.rowShape.columns.every(({ nullBit, isHidden }) => nullBit >= 0 || isHidden);
    this.textColumns = this.rowShape.columns.filter(
      ({ column, layout: { kind } }) =>
        kind === 'bytes' && this.present[column] && layout.table.columns[column]?.charset,
    ).length;
  }

  /** Compiled when values are first asked for: most tables are only written on as they are. */
  get readValues(): ValuesReader {
    return (this.#readValues ??= valuesReaderOf(this.rowShape, this.code, this.#table));
  }

  isNull(bytes: Buffer, at: number, column: number): boolean {
    const bit = this.rowShape.columns[column]?.nullBit ?? -1;
    return bit >= 0 && (((bytes[at + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) === 1;
  }

  /** Asked for each row, with the same count. */
  leadOf(count: number): ImageLead | undefined {
    if (count !== this.#leadCount) {
      this.#leadCount = count;
      this.#lead = imageLead(this.rowShape, count);
    }
    return this.#lead;
  }

  /** The same columns come again and again, as the same array. */
  keyReader(columns: readonly number[]): RowKeyReader {
    if (this.#lastReader !== undefined && this.#lastColumns === columns) return this.#lastReader;
    const reader = this.#findKeyReader(columns);
    this.#lastColumns = columns;
    this.#lastReader = reader;
    return reader;
  }

  #findKeyReader(columns: readonly number[]): RowKeyReader {
    const name = columns.join();
    const known = this.#keyReaders.get(name);
    if (known !== undefined) return known;
    // Hidden columns have keys, too: the end of a row's version is one.
    const missing = columns.find((column) => (this.rowShape.columns[column]?.nullBit ?? -1) < 0);
    if (missing !== undefined || columns.length === 0) {
      throw new RangeError(`no key of columns [${name}]: ${missing ?? 'none'} is not in the image`);
    }
    const reader = this.code.keyReader(columns);
    this.#keyReaders.set(name, reader);
    return reader;
  }
}
