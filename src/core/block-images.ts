import { decodeText } from './charset.ts';
import type { RowBlock } from './copy.ts';
import { FieldCursor } from './field-cursor.ts';
import type { RowImage, RowImages, RowKey, RowVisitor } from './row.ts';
import type { Column, Table } from './table.ts';
import { ValueCollector } from './value-collector.ts';

/** How the bytes of a field are told to a visitor. */
type FieldKind =
  'integer' | 'bits' | 'enum' | 'set' | 'float' | 'double' | 'ascii' | 'json' | 'bytes';

const KINDS: ReadonlyMap<Column['type'], FieldKind> = new Map([
  ...(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year'] as const).map(
    (type) => [type, 'integer'] as const,
  ),
  ...(['decimal', 'date', 'time', 'datetime', 'timestamp', 'uuid', 'inet4', 'inet6'] as const).map(
    (type) => [type, 'ascii'] as const,
  ),
  ['bit', 'bits'],
  ['enum', 'enum'],
  ['set', 'set'],
  ['float', 'float'],
  ['double', 'double'],
  ['json', 'json'],
]);

interface Field {
  readonly column: number;
  readonly kind: FieldKind;
  readonly definition: Column;
}

/** Row images over the rows of a copy. */
export class BlockImages implements RowImages {
  readonly length: number;
  readonly present: readonly boolean[];
  readonly isFull: boolean;
  readonly #table: Table;
  readonly #block: RowBlock;
  readonly #fields: readonly Field[];
  readonly #starts: Uint32Array;

  constructor(table: Table, block: RowBlock) {
    this.#table = table;
    this.#block = block;
    this.length = block.rowCount;
    this.present = table.columns.map((_, column) => block.columns.includes(column));
    this.isFull = this.present.every(
      (isThere, at) => isThere || table.columns[at]?.isHidden === true,
    );
    this.#fields = block.columns.map((column) => {
      const definition = table.columns[column] as Column;
      return { column, definition, kind: KINDS.get(definition.type) ?? 'bytes' };
    });
    this.#starts = startsOf(block);
  }

  at(row: number): RowImage {
    const collector = new ValueCollector(this.#table, this.#table.columns.map(bitsOf));
    this.visit(row, collector);
    return collector.take();
  }

  visit(row: number, visitor: RowVisitor): void {
    const cursor = this.#cursorAt(row);
    for (const [column, isThere] of this.present.entries()) if (!isThere) visitor.absent(column);
    for (const field of this.#fields) {
      cursor.next();
      if (cursor.start < 0) visitor.null(field.column);
      else this.#visit(field, cursor, visitor);
    }
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    return (row) => {
      const fields = this.#fieldsOf(row);
      return columns
        .map((column) => fields[this.#block.columns.indexOf(column)])
        .map((bytes) => (bytes == null ? '-' : `${bytes.length}:${bytes.latin1Slice()}`))
        .join();
    };
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    const fields = this.#fieldsOf(row);
    return columns.some((column) => fields[this.#block.columns.indexOf(column)] === null);
  }

  byteLength(row: number): number {
    return (this.#starts[row + 1] ?? this.#block.bytes.length) - (this.#starts[row] ?? 0);
  }

  #cursorAt(row: number): FieldCursor {
    return new FieldCursor(this.#block.bytes, this.#starts[row] ?? 0);
  }

  #fieldsOf(row: number): (Buffer | null)[] {
    const cursor = this.#cursorAt(row);
    return this.#fields.map(() => {
      cursor.next();
      return cursor.start < 0 ? null : cursor.bytes.subarray(cursor.start, cursor.end);
    });
  }

  #visit({ column, kind, definition }: Field, { bytes, start, end }: FieldCursor, to: RowVisitor) {
    switch (kind) {
      case 'integer':
        visitInteger(to, column, BigInt(bytes.latin1Slice(start, end)));
        return;
      case 'bits':
        visitInteger(to, column, BigInt(`0x${bytes.toString('hex', start, end)}`));
        return;
      case 'enum':
        to.integer(column, this.#enumIndex(definition, textOf(definition, bytes, start, end)));
        return;
      case 'set':
        visitInteger(to, column, setBits(definition, textOf(definition, bytes, start, end)));
        return;
      case 'float':
        to.float(column, Math.fround(Number(bytes.latin1Slice(start, end))));
        return;
      case 'double':
        to.double(column, Number(bytes.latin1Slice(start, end)));
        return;
      case 'ascii':
        to.ascii(column, bytes.latin1Slice(start, end));
        return;
      case 'json':
        to.json(column, bytes.utf8Slice(start, end));
        return;
      case 'bytes':
        to.bytes(column, bytes, start, end);
    }
  }

  /** An empty label is read as index 0 here: who copies such a column asks for indexes. */
  #enumIndex({ labels }: Column, text: string): number {
    return this.#block.hasEnumIndexes ? Number(text) : (labels?.indexOf(text) ?? -1) + 1;
  }
}

function visitInteger(to: RowVisitor, column: number, value: bigint): void {
  const small = Number(value);
  if (Number.isSafeInteger(small)) to.integer(column, small);
  else to.bigint(column, value);
}

function setBits({ labels }: Column, text: string): bigint {
  if (text === '') return 0n;
  return text.split(',').reduce((bits, label) => {
    const index = labels?.indexOf(label) ?? -1;
    return index < 0 ? bits : bits | (1n << BigInt(index));
  }, 0n);
}

/** Labels come in the column's own character set. */
function textOf({ charset }: Column, bytes: Buffer, start: number, end: number): string {
  return decodeText(charset ?? 'utf8mb4', bytes, start, end);
}

const bitsOf = ({ type, precision }: Column): number => (type === 'bit' ? (precision ?? 1) : 0);

function startsOf({ bytes, rowCount, columns }: RowBlock): Uint32Array {
  const starts = new Uint32Array(rowCount + 1);
  const cursor = new FieldCursor(bytes);
  for (let row = 0; row < rowCount; row++) {
    for (let field = 0; field < columns.length; field++) cursor.next();
    starts[row + 1] = cursor.end;
  }
  return starts;
}
