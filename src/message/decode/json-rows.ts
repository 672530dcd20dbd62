import type { RowImage, RowImages, RowKey, RowVisitor } from '../../core/row.ts';
import type { Column, Table } from '../../core/table.ts';
import { ValueCollector } from '../../core/value-collector.ts';
import { isNull, isString } from './json-scan.ts';

/** Reads a value that stands in `bytes[start..end)` as JSON and hands it to the visitor. */
export type ReadValue = (
  visitor: RowVisitor,
  column: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

export interface ColumnReader {
  readonly read: ReadValue;
  /** What null stands for, where it is not SQL NULL. */
  readonly readNull?: (visitor: RowVisitor, column: number) => void;
}

/** How the members of a row's object become the columns of a table. One object for each Table. */
export interface JsonLayout {
  readonly table: Table;
  /** By index into `table.columns`. */
  readonly readers: readonly ColumnReader[];
  /** Members in the order in which they come; `column` is -1 for one that is dropped. */
  readonly members: readonly { readonly name: Buffer; readonly column: number }[];
  readonly collector: ValueCollector;
  /** `present` of a row that has all columns. */
  readonly allPresent: readonly boolean[];
}

export function createLayout(
  table: Table,
  readerOf: (column: Column) => ColumnReader,
  members: readonly { readonly name: string; readonly column: number }[],
): JsonLayout {
  return {
    table,
    readers: table.columns.map(readerOf),
    members: members.map(({ name, column }) => ({ name: jsonName(name), column })),
    collector: new ValueCollector(table, table.columns.map(bitsOf)),
    allPresent: table.columns.map(() => true),
  };
}

/** As it stands between quotes, in the plainest form. */
function jsonName(name: string): Buffer {
  return Buffer.from(JSON.stringify(name).slice(1, -1), 'utf8');
}

function bitsOf(column: Column): number {
  return column.type === 'bit' ? (column.precision ?? 1) : 0;
}

/** Where each column's value of one row stands: start, end; 0, 0 where it is absent; -1: null without a place. */
export type RowSpans = Int32Array;
export const NULL_SPAN = -1;

export function createSpans(layout: JsonLayout): RowSpans {
  return new Int32Array(layout.table.columns.length * 2);
}

const LARGEST_INTEGER_DIGITS = 15;
const NO_BYTES: Buffer[] = [];
const NO_SPANS: number[] = [];
const NULL_KEY = '\0null';

/**
 * Row images whose values stand as JSON in the messages that they came in. Nothing is copied: a text goes
 * from the message's bytes to wherever it is wanted.
 */
export class JsonRows implements RowImages {
  readonly layout: JsonLayout;
  readonly present: readonly boolean[];
  readonly isFull: boolean;
  #bytes: Buffer[] = NO_BYTES;
  #spans: number[] = NO_SPANS;
  readonly #stride: number;

  /** `first`: the spans of the row that comes first; all others have the same columns. */
  constructor(layout: JsonLayout, first: RowSpans) {
    this.layout = layout;
    this.#stride = first.length;
    this.isFull = isFull(first);
    this.present = this.isFull
      ? layout.allPresent
      : layout.allPresent.map((_, column) => first[column * 2] !== 0);
  }

  get length(): number {
    return this.#bytes.length;
  }

  fits(spans: RowSpans): boolean {
    const { present } = this;
    if (this.isFull) return isFull(spans);
    for (let column = 0; column < present.length; column++) {
      if ((spans[column * 2] !== 0) !== present[column]) return false;
    }
    return true;
  }

  push(bytes: Buffer, spans: RowSpans): void {
    // An array that grows from empty has room for seventeen, and most transactions are of one row.
    if (this.#bytes.length === 0) {
      this.#bytes = [bytes];
      const first = new Array<number>(spans.length);
      for (let i = 0; i < spans.length; i++) first[i] = spans[i] as number;
      this.#spans = first;
      return;
    }
    this.#bytes.push(bytes);
    const all = this.#spans;
    for (let i = 0; i < spans.length; i++) all.push(spans[i] as number);
  }

  at(row: number): RowImage {
    const { collector } = this.layout;
    try {
      this.visit(row, collector);
    } catch (thrown) {
      collector.take();
      throw thrown;
    }
    return collector.take();
  }

  visit(row: number, visitor: RowVisitor): void {
    const bytes = this.#bytesOf(row);
    const { readers } = this.layout;
    const spans = this.#spans;
    let at = row * this.#stride;
    for (let column = 0; column < readers.length; column++, at += 2) {
      const start = spans[at] as number;
      if (start === 0) visitor.absent(column);
      else if (start === NULL_SPAN) visitor.null(column);
      else
        readOne(readers[column] as ColumnReader, visitor, column, {
          bytes,
          start,
          end: spans[at + 1] as number,
        });
    }
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    if (!columns.every((column) => this.present[column])) throw new Error('a column is absent');
    const [only] = columns;
    if (columns.length === 1 && only !== undefined) return (row) => shortKey(this.#text(row, only));
    return (row) => {
      let key = '';
      for (const column of columns) {
        const text = this.#text(row, column);
        key += `${text.length}:${text}`;
      }
      return key;
    };
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    const bytes = this.#bytesOf(row);
    return columns.some((column) => {
      const start = this.#spans[row * this.#stride + column * 2] as number;
      return start === NULL_SPAN || (start !== 0 && isNull(bytes, start));
    });
  }

  byteLength(row: number): number {
    let length = 0;
    const first = row * this.#stride;
    for (let at = first; at < first + this.#stride; at += 2) {
      length += (this.#spans[at + 1] as number) - (this.#spans[at] as number);
    }
    return length;
  }

  /** A value's JSON without quotes; what no value can be for null. */
  #text(row: number, column: number): string {
    const bytes = this.#bytesOf(row);
    const at = row * this.#stride + column * 2;
    const start = this.#spans[at] as number;
    const end = this.#spans[at + 1] as number;
    if (start === NULL_SPAN) return NULL_KEY;
    if (isString(bytes, start)) return bytes.utf8Slice(start + 1, end - 1);
    return isNull(bytes, start) ? NULL_KEY : bytes.latin1Slice(start, end);
  }

  #bytesOf(row: number): Buffer {
    const bytes = this.#bytes[row];
    if (bytes === undefined) throw new RangeError(`row ${row} of ${this.length}`);
    return bytes;
  }
}

function isFull(spans: RowSpans): boolean {
  for (let at = 0; at < spans.length; at += 2) if (spans[at] === 0) return false;
  return true;
}

interface Place {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function readOne(
  { read, readNull }: ColumnReader,
  visitor: RowVisitor,
  column: number,
  { bytes, start, end }: Place,
): void {
  if (!isNull(bytes, start)) read(visitor, column, bytes, start, end);
  else if (readNull === undefined) visitor.null(column);
  else readNull(visitor, column);
}

/** Numbers are cheap to look up and to sort by. */
function shortKey(text: string): RowKey {
  if (text.length > LARGEST_INTEGER_DIGITS) return text;
  const number = Number(text);
  return Number.isInteger(number) && String(number) === text ? number : text;
}
