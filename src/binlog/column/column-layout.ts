import { TailraceError } from '../../core/errors.ts';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { Column } from '../../core/table.ts';
import { WIRE_TYPE } from '../wire-types.ts';
import { decimalByteLength } from './decimal.ts';
import { fractionByteLength } from './temporal.ts';
import {
  hiresDatetimeByteLength,
  hiresTimeByteLength,
  hiresTimestampByteLength,
} from './temporal-old.ts';
import type { FixedBinaryReader, TextReader } from './text-readers.ts';

/**
 * How one column stands in a row image: how many bytes, and what they mean. All that the row code
 * needs to know, so columns of different tables with equal layouts share compiled code.
 *
 * `fixed`: bytes of the value. `prefix`: bytes of the length before it.
 */
export type ColumnLayout =
  | { readonly kind: 'integer'; readonly fixed: number; readonly isUnsigned: boolean }
  | { readonly kind: 'bit'; readonly fixed: number; readonly bits: number }
  | { readonly kind: 'year' | 'float' | 'double'; readonly fixed: number }
  | {
      readonly kind: 'text';
      readonly fixed: number;
      readonly reader: TextReader;
      /** Digits of a fraction; precision | scale << 8 of a decimal. */
      readonly argument: number;
    }
  | { readonly kind: 'bytes' | 'json' | 'inflated'; readonly prefix: number }
  | { readonly kind: 'padded'; readonly prefix: number; readonly length: number }
  | {
      readonly kind: 'fixed-binary';
      readonly prefix: number;
      readonly reader: FixedBinaryReader;
    };

/** A column as the table map and the definition tell it. Metadata of two bytes is low | high << 8. */
export interface WireColumn {
  readonly type: number;
  readonly meta: number;
  readonly column: Column;
  readonly flavor: GtidFlavor;
}

type Resolve = (wire: WireColumn) => ColumnLayout;

/** Throws when the column's definition cannot be the one that these rows were written with. */
export function resolveColumnLayout(wire: WireColumn): ColumnLayout {
  const { type, column } = wire;
  const resolve = RESOLVERS.get(type);
  if (resolve === undefined) {
    throw new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `The column ${column.name} has the type ${type}, which tailrace does not know.`,
      { place: { column: column.name } },
    );
  }
  return resolve(wire);
}

function integer(fixed: number): Resolve {
  return ({ column }) => ({ kind: 'integer', fixed, isUnsigned: column.isUnsigned });
}

function text(reader: TextReader, fixed: number, argument: number): ColumnLayout {
  return { kind: 'text', reader, fixed, argument };
}

/** MariaDB's own fractions of the old types show in the column's definition only. */
function oldTemporal(
  old: { reader: TextReader; fixed: number },
  hires: { reader: TextReader; fixed: (digits: number) => number },
): Resolve {
  return ({ column, flavor }) => {
    const digits = flavor === 'mariadb' ? (column.scale ?? 0) : 0;
    if (digits === 0) return text(old.reader, old.fixed, 0);
    return text(hires.reader, hires.fixed(digits), digits);
  };
}

function withFraction(reader: TextReader, fixed: number): Resolve {
  return ({ meta }) => text(reader, fixed + fractionByteLength(meta), meta);
}

/** ENUM and SET: the index or the bits, unsigned. */
function labels({ meta }: WireColumn): ColumnLayout {
  return { kind: 'integer', fixed: meta >> 8, isUnsigned: true };
}

/**
 * STRING: the low metadata byte is the type itself, the high one its length. CHAR columns of more than
 * 255 bytes keep the two upper bits of their length in bits 4 and 5 of the type, inverted.
 * Source: MySQL Field_string::do_save_field_metadata().
 */
function fixedString(wire: WireColumn): ColumnLayout {
  const low = wire.meta & 0xff;
  const high = wire.meta >> 8;
  const isLong = (low & 0x30) !== 0x30;
  const type = isLong ? low | 0x30 : low;
  if (type === WIRE_TYPE.ENUM || type === WIRE_TYPE.SET) return labels(wire);
  const length = isLong ? high | (((low & 0x30) ^ 0x30) << 4) : high;
  return stringOf(wire.column, length);
}

const FIXED_BINARY: ReadonlySet<string> = new Set<FixedBinaryReader>(['uuid', 'inet4', 'inet6']);

function isFixedBinary(type: string): type is FixedBinaryReader {
  return FIXED_BINARY.has(type);
}

function stringOf(column: Column, length: number): ColumnLayout {
  const prefix = length > 255 ? 2 : 1;
  if (column.type === 'binary') return { kind: 'padded', prefix, length };
  if (isFixedBinary(column.type)) return { kind: 'fixed-binary', prefix, reader: column.type };
  return { kind: 'bytes', prefix };
}

function variableString({ meta }: WireColumn): ColumnLayout {
  return { kind: 'bytes', prefix: meta > 255 ? 2 : 1 };
}

function blob(kind: 'bytes' | 'json' | 'inflated'): Resolve {
  return ({ meta, column }) => {
    if (meta < 1 || meta > 4) throw badMeta(column, meta);
    return { kind, prefix: meta };
  };
}

function badMeta(column: Column, meta: number): TailraceError {
  const message = `The column ${column.name} has the type metadata ${meta}, which is none of its type.`;
  return new TailraceError('SOURCE_EVENT_UNDECODABLE', message, {
    place: { column: column.name },
  });
}

function bit({ meta, column }: WireColumn): ColumnLayout {
  const bits = bitsOf(meta);
  if (bits < 1 || bits > 64) throw badMeta(column, meta);
  return { kind: 'bit', fixed: (bits + 7) >> 3, bits };
}

function decimal({ meta, column }: WireColumn): ColumnLayout {
  const precision = meta & 0xff;
  if (precision < 1 || precision > 65 || meta >> 8 > precision) throw badMeta(column, meta);
  return text('decimal', decimalByteLength(meta), meta);
}

const RESOLVERS: ReadonlyMap<number, Resolve> = new Map<number, Resolve>([
  [WIRE_TYPE.TINY, integer(1)],
  [WIRE_TYPE.SHORT, integer(2)],
  [WIRE_TYPE.INT24, integer(3)],
  [WIRE_TYPE.LONG, integer(4)],
  [WIRE_TYPE.LONGLONG, integer(8)],
  [WIRE_TYPE.FLOAT, () => ({ kind: 'float', fixed: 4 })],
  [WIRE_TYPE.DOUBLE, () => ({ kind: 'double', fixed: 8 })],
  [WIRE_TYPE.YEAR, () => ({ kind: 'year', fixed: 1 })],
  [WIRE_TYPE.NEWDECIMAL, decimal],
  [WIRE_TYPE.BIT, bit],
  [WIRE_TYPE.DATE, () => text('date', 3, 0)],
  [WIRE_TYPE.NEWDATE, () => text('date', 3, 0)],
  [WIRE_TYPE.TIME2, withFraction('time2', 3)],
  [WIRE_TYPE.DATETIME2, withFraction('datetime2', 5)],
  [WIRE_TYPE.TIMESTAMP2, withFraction('timestamp2', 4)],
  [
    WIRE_TYPE.TIME,
    oldTemporal(
      { reader: 'oldTime', fixed: 3 },
      { reader: 'hiresTime', fixed: hiresTimeByteLength },
    ),
  ],
  [
    WIRE_TYPE.DATETIME,
    oldTemporal(
      { reader: 'oldDatetime', fixed: 8 },
      { reader: 'hiresDatetime', fixed: hiresDatetimeByteLength },
    ),
  ],
  [
    WIRE_TYPE.TIMESTAMP,
    oldTemporal(
      { reader: 'oldTimestamp', fixed: 4 },
      { reader: 'hiresTimestamp', fixed: hiresTimestampByteLength },
    ),
  ],
  [WIRE_TYPE.ENUM, labels],
  [WIRE_TYPE.SET, labels],
  [WIRE_TYPE.STRING, fixedString],
  [WIRE_TYPE.VARCHAR, variableString],
  [WIRE_TYPE.VAR_STRING, variableString],
  [WIRE_TYPE.VARCHAR_COMPRESSED, ({ meta }) => ({ kind: 'inflated', prefix: meta > 255 ? 2 : 1 })],
  [WIRE_TYPE.BLOB_COMPRESSED, blob('inflated')],
  [WIRE_TYPE.BLOB, blob('bytes')],
  [WIRE_TYPE.GEOMETRY, blob('bytes')],
  [WIRE_TYPE.VECTOR, blob('bytes')],
  [WIRE_TYPE.JSON, blob('json')],
]);

/** Bits of a BIT column by its metadata. */
function bitsOf(meta: number): number {
  return (meta >> 8) * 8 + (meta & 0xff);
}

/** Equal text, equal layout: the key of compiled code. */
export function layoutSignature(layout: ColumnLayout): string {
  return JSON.stringify(layout);
}
