import type { RowKey, RowVisitor } from '../../core/row.ts';
import type { ColumnLayout } from '../column/column-layout.ts';
import { inflateColumn } from '../column/compressed.ts';
import { FIXED_BINARY_READERS, TEXT_READERS } from '../column/text-readers.ts';
import { jsonBinaryToText } from '../json/json-binary.ts';
import { padBinary } from './pad-binary.ts';
import {
  KEY_NULL,
  KEY_VALUE,
  type RowCode,
  type RowKeyReader,
  type RowShape,
  type ShapeColumn,
} from './row-code.ts';

/** Where a value stands; undefined: NULL. */
export interface ValueRange {
  /** Of the length prefix, where there is one. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * Row code that interprets the layouts column by column. It is what compiled code is tested against,
 * and what runs where code generation is not allowed.
 */
export class PlainRowCode implements RowCode {
  readonly #shape: RowShape;

  constructor(shape: RowShape) {
    this.#shape = shape;
  }

  skip(bytes: Buffer, at: number): number {
    let next = at + this.#shape.nullBytes;
    for (const column of this.#shape.columns) {
      if (column.nullBit < 0 || isNull(bytes, at, column)) continue;
      next = rangeAt(bytes, next, column.layout).end;
    }
    return next;
  }

  visit(bytes: Buffer, at: number, visitor: RowVisitor): void {
    this.eachColumn(bytes, at, (column, range) => {
      if (column.isHidden) return;
      if (column.nullBit < 0) visitor.absent(column.column);
      else if (range === undefined) visitor.null(column.column);
      else visitValue(visitor, column, bytes, range);
    });
  }

  /** Every column of the shape in order; the range is undefined for NULL and for absent columns. */
  eachColumn(
    bytes: Buffer,
    at: number,
    each: (column: ShapeColumn, range: ValueRange | undefined) => void,
  ): void {
    let next = at + this.#shape.nullBytes;
    for (const column of this.#shape.columns) {
      if (column.nullBit < 0 || isNull(bytes, at, column)) {
        each(column, undefined);
        continue;
      }
      const range = rangeAt(bytes, next, column.layout);
      each(column, range);
      next = range.end;
    }
  }

  keyReader(columns: readonly number[]): RowKeyReader {
    return (bytes, at) => {
      const parts = new Map<number, RowKey>();
      const isSingle = columns.length === 1;
      this.eachColumn(bytes, at, (column, range) => {
        parts.set(column.column, keyPart(bytes, column, range, isSingle));
      });
      const keys = columns.map((column) => parts.get(column) ?? '');
      return isSingle ? (keys[0] ?? '') : keys.join('');
    };
  }
}

function isNull(bytes: Buffer, at: number, { nullBit }: ShapeColumn): boolean {
  return (((bytes[at + (nullBit >> 3)] ?? 0) >> (nullBit & 7)) & 1) === 1;
}

function rangeAt(bytes: Buffer, at: number, layout: ColumnLayout): ValueRange {
  if ('fixed' in layout) return { start: at, valueStart: at, end: at + layout.fixed };
  const valueStart = at + layout.prefix;
  // Bytes that are not there make the value longer than the event, which the caller sees.
  const length = valueStart > bytes.length ? 0 : bytes.readUIntLE(at, layout.prefix);
  return { start: at, valueStart, end: valueStart + length };
}

function keyPart(
  bytes: Buffer,
  column: ShapeColumn,
  range: ValueRange | undefined,
  isSingle: boolean,
): RowKey {
  const { layout } = column;
  const isNumber = isSingle && layout.kind === 'integer';
  if (range === undefined) return column.isNullable || isNumber ? KEY_NULL : '';
  if (isNumber) {
    const value = readInteger(bytes, range.valueStart, layout.fixed, layout.isUnsigned);
    if (typeof value === 'number') return value;
    return bytes.toString('latin1', range.start, range.end);
  }
  const raw = bytes.toString('latin1', range.start, range.end);
  return column.isNullable ? KEY_VALUE + raw : raw;
}

/** A number within ±2^53, else a bigint. */
function readInteger(
  bytes: Buffer,
  at: number,
  length: number,
  isUnsigned: boolean,
): number | bigint {
  if (length <= 6) return isUnsigned ? bytes.readUIntLE(at, length) : bytes.readIntLE(at, length);
  const value = isUnsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at);
  return value < -(2n ** 53n) || value >= 2n ** 53n ? value : Number(value);
}

function visitInteger(visitor: RowVisitor, column: number, value: number | bigint): void {
  if (typeof value === 'number') visitor.integer(column, value);
  else visitor.bigint(column, value);
}

function visitValue(
  visitor: RowVisitor,
  { column, layout }: ShapeColumn,
  bytes: Buffer,
  range: ValueRange,
): void {
  const value = bytes.subarray(range.valueStart, range.end);
  if (layout.kind === 'text' || 'prefix' in layout) visitText(visitor, column, layout, value);
  else visitNumber(visitor, column, layout, value);
}

type TextLayout = Extract<ColumnLayout, { kind: 'text' } | { prefix: number }>;
type NumberLayout = Exclude<ColumnLayout, TextLayout>;

function visitNumber(
  visitor: RowVisitor,
  column: number,
  layout: NumberLayout,
  value: Buffer,
): void {
  switch (layout.kind) {
    case 'integer':
      visitInteger(visitor, column, readInteger(value, 0, layout.fixed, layout.isUnsigned));
      return;
    case 'bit': {
      const bits = BigInt(`0x${value.toString('hex')}`);
      visitInteger(visitor, column, bits >= 2n ** 53n ? bits : Number(bits));
      return;
    }
    case 'year':
      visitor.integer(column, value.readUInt8() === 0 ? 0 : 1900 + value.readUInt8());
      return;
    case 'float':
      visitor.float(column, value.readFloatLE());
      return;
    case 'double':
      visitor.double(column, value.readDoubleLE());
  }
}

function visitText(visitor: RowVisitor, column: number, layout: TextLayout, value: Buffer): void {
  const end = value.length;
  switch (layout.kind) {
    case 'text':
      visitor.ascii(column, TEXT_READERS[layout.reader](value, 0, layout.argument));
      return;
    case 'fixed-binary':
      visitor.ascii(column, FIXED_BINARY_READERS[layout.reader](value, 0, end));
      return;
    case 'json':
      visitor.json(column, jsonBinaryToText(value, 0, end));
      return;
    case 'bytes':
      visitor.bytes(column, value, 0, end);
      return;
    case 'padded':
      visitor.bytes(
        column,
        padBinary(value, 0, end, layout.length),
        0,
        Math.max(end, layout.length),
      );
      return;
    case 'inflated': {
      const inflated = inflateColumn(value, 0, end);
      visitor.bytes(column, inflated, 0, inflated.length);
    }
  }
}
