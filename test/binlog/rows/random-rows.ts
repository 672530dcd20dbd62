import fc from 'fast-check';
import type { GtidFlavor } from '../../../src/core/gtid-set.ts';
import type { Column, ColumnType, Table } from '../../../src/core/table.ts';
import type { TableMap } from '../../../src/core/table-map.ts';
import { decimalByteLength } from '../../../src/binlog/column/decimal.ts';
import { encodeJsonBinary, type JsonNode } from '../../../src/binlog/json/json-tree.ts';
import { WIRE_TYPE } from '../../../src/binlog/wire-types.ts';

/** One column of a generated table, with what makes its values. */
export interface RandomColumn {
  readonly type: number;
  readonly meta: number;
  readonly column: Column;
  readonly isNullable: boolean;
  readonly value: fc.Arbitrary<Buffer>;
}

export function makeColumn(type: ColumnType, more: Partial<Column> = {}): Column {
  return {
    name: 'c',
    type,
    columnType: type,
    isUnsigned: false,
    charset: undefined,
    collation: undefined,
    labels: undefined,
    isNullable: true,
    generated: undefined,
    isInvisible: false,
    isCompressed: false,
    isHidden: false,
    length: undefined,
    scale: undefined,
    precision: undefined,
    ...more,
  };
}

const raw = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));

/** Numbers at their limits come more often than random bytes would bring them. */
const integerBytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.oneof(
    raw(length),
    fc.constantFrom(0x00, 0xff, 0x7f, 0x80).map((byte) => {
      const bytes = Buffer.alloc(length, byte === 0x7f ? 0xff : byte === 0x80 ? 0 : byte);
      if (byte === 0x7f || byte === 0x80) bytes[length - 1] = byte;
      return bytes;
    }),
    fc.constantFrom(0x1f, 0x20, 0xe0, 0xdf).chain((byte) =>
      raw(length).map((bytes) => {
        // Around ±2^53, where numbers become bigints.
        if (length === 8) {
          bytes[7] = byte >= 0xdf ? 0xff : 0;
          bytes[6] = byte;
        }
        return bytes;
      }),
    ),
  );

const prefixed = (prefix: number, value: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  value.map((bytes) => {
    const length = Buffer.alloc(prefix);
    length.writeUIntLE(bytes.length, 0, prefix);
    return Buffer.concat([length, bytes]);
  });

const blob = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

/** As text mostly is, and as it may be. */
const text = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.oneof(
    blob(maxLength),
    fc.string({ unit: 'grapheme-ascii', maxLength }).map((characters) => Buffer.from(characters)),
  );

const CHARSETS = ['utf8mb4', 'utf8mb3', 'latin1', 'ascii', 'swe7', 'cp1251', 'gbk', 'ucs2'];

const scalar = (type: number, value: Buffer): JsonNode => ({ kind: 'scalar', type, value });

/** Any document that MySQL could store, as a tree. */
export const jsonNode: fc.Arbitrary<JsonNode> = fc.letrec<{ node: JsonNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1, 2).map((literal) => scalar(4, Buffer.of(literal))),
    fc.constantFrom(5, 6).chain((type) => raw(2).map((value) => scalar(type, value))),
    fc.constantFrom(7, 8).chain((type) => raw(4).map((value) => scalar(type, value))),
    fc.constantFrom(9, 10).chain((type) => raw(8).map((value) => scalar(type, value))),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => {
      const value = Buffer.alloc(8);
      value.writeDoubleLE(number);
      return scalar(0x0b, value);
    }),
    fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => {
      const bytes = Buffer.from(text);
      const length =
        bytes.length < 128
          ? Buffer.of(bytes.length)
          : Buffer.of((bytes.length & 0x7f) | 0x80, bytes.length >> 7);
      return scalar(0x0c, Buffer.concat([length, bytes]));
    }),
    fc.array(tie('node'), { maxLength: 4 }).map((items): JsonNode => ({ kind: 'array', items })),
    fc
      .array(fc.tuple(fc.string({ maxLength: 5 }), tie('node')), { maxLength: 4 })
      .map((members): JsonNode => ({
        kind: 'object',
        members: members.map(([key, value]) => ({ key: Buffer.from(key), value })),
      })),
  ),
})).node;

type Kind = Omit<RandomColumn, 'isNullable'>;

const integerKinds = (
  [
    [WIRE_TYPE.TINY, 1, 'tinyint'],
    [WIRE_TYPE.SHORT, 2, 'smallint'],
    [WIRE_TYPE.INT24, 3, 'mediumint'],
    [WIRE_TYPE.LONG, 4, 'int'],
    [WIRE_TYPE.LONGLONG, 8, 'bigint'],
  ] as const
).map(([type, length, name]) =>
  fc.boolean().map((isUnsigned): Kind => ({
    type,
    meta: 0,
    column: makeColumn(name, { isUnsigned }),
    value: integerBytes(length),
  })),
);

const digits = fc.integer({ min: 0, max: 6 });
const temporalKinds = (
  [
    [WIRE_TYPE.TIME2, 3, 'time'],
    [WIRE_TYPE.DATETIME2, 5, 'datetime'],
    [WIRE_TYPE.TIMESTAMP2, 4, 'timestamp'],
  ] as const
).map(([type, length, name]) =>
  digits.map((meta): Kind => ({
    type,
    meta,
    column: makeColumn(name, { scale: meta }),
    value: raw(length + ((meta + 1) >> 1)),
  })),
);

/** All of them, or too few for some values. */
const labels = (most: number): fc.Arbitrary<string[]> =>
  fc
    .constantFrom(most, most >> 1)
    .map((count) => Array.from({ length: count }, (_, i) => (i === 0 ? '' : `label ${i}`)));

const otherKinds: fc.Arbitrary<Kind>[] = [
  fc.constant({
    type: WIRE_TYPE.FLOAT,
    meta: 4,
    column: makeColumn('float'),
    value: raw(4),
  }),
  fc.constant({
    type: WIRE_TYPE.DOUBLE,
    meta: 8,
    column: makeColumn('double'),
    value: raw(8),
  }),
  fc.constant({
    type: WIRE_TYPE.YEAR,
    meta: 0,
    column: makeColumn('year'),
    value: integerBytes(1),
  }),
  fc.constant({ type: WIRE_TYPE.DATE, meta: 0, column: makeColumn('date'), value: raw(3) }),
  fc.constant({ type: WIRE_TYPE.TIME, meta: 0, column: makeColumn('time'), value: raw(3) }),
  fc.constant({
    type: WIRE_TYPE.TIMESTAMP,
    meta: 0,
    column: makeColumn('timestamp'),
    value: raw(4),
  }),
  fc.integer({ min: 1, max: 64 }).map((bits) => ({
    type: WIRE_TYPE.BIT,
    meta: (bits & 7) | ((bits >> 3) << 8),
    column: makeColumn('bit'),
    value: raw((bits + 7) >> 3),
  })),
  fc.integer({ min: 1, max: 65 }).chain((precision) =>
    fc.integer({ min: 0, max: Math.min(30, precision) }).map((scale) => ({
      type: WIRE_TYPE.NEWDECIMAL,
      meta: precision | (scale << 8),
      column: makeColumn('decimal', { precision, scale }),
      value: raw(decimalByteLength(precision | (scale << 8))),
    })),
  ),
  fc.tuple(fc.constantFrom(1, 2), labels(300)).map(([length, list]) => ({
    type: WIRE_TYPE.STRING,
    meta: WIRE_TYPE.ENUM | (length << 8),
    column: makeColumn('enum', { labels: list }),
    value: integerBytes(length),
  })),
  fc.tuple(fc.constantFrom(1, 2, 3, 4, 8), labels(64)).map(([length, list]) => ({
    type: WIRE_TYPE.STRING,
    meta: WIRE_TYPE.SET | (length << 8),
    column: makeColumn('set', { labels: list }),
    value: integerBytes(length),
  })),
  fc.tuple(fc.constantFrom(40, 300), fc.constantFrom(...CHARSETS)).map(([length, charset]) => ({
    type: WIRE_TYPE.VARCHAR,
    meta: length,
    column: makeColumn('varchar', { charset }),
    value: prefixed(length > 255 ? 2 : 1, text(40)),
  })),
  fc.constantFrom(40, 255, 256, 1020).map((length) => ({
    type: WIRE_TYPE.STRING,
    meta: (254 ^ ((length & 0x300) >> 4)) | ((length & 0xff) << 8),
    column: makeColumn('char', { charset: 'latin1' }),
    value: prefixed(length > 255 ? 2 : 1, text(40)),
  })),
  fc.constantFrom(1, 8, 40).map((length) => ({
    type: WIRE_TYPE.STRING,
    meta: 254 | (length << 8),
    column: makeColumn('binary', { length }),
    value: prefixed(1, blob(length)),
  })),
  fc.constantFrom('uuid' as const, 'inet6' as const).map((type) => ({
    type: WIRE_TYPE.STRING,
    meta: 254 | (16 << 8),
    column: makeColumn(type),
    value: prefixed(1, blob(16)),
  })),
  fc.constantFrom(1, 2, 3, 4).map((meta) => ({
    type: WIRE_TYPE.BLOB,
    meta,
    column: makeColumn('blob'),
    value: prefixed(meta, blob(80)),
  })),
  fc.constant({
    type: WIRE_TYPE.VARCHAR_COMPRESSED,
    meta: 300,
    column: makeColumn('varchar', { isCompressed: true }),
    value: prefixed(
      2,
      blob(40).map((bytes) => Buffer.concat([Buffer.of(0), bytes])),
    ),
  }),
  fc.constant({
    type: WIRE_TYPE.JSON,
    meta: 4,
    column: makeColumn('json'),
    value: prefixed(4, fc.oneof(fc.constant(Buffer.alloc(0)), jsonNode.map(encodeJsonBinary))),
  }),
];

export const randomColumn: fc.Arbitrary<RandomColumn> = fc
  .tuple(fc.oneof(...integerKinds, ...temporalKinds, ...otherKinds), fc.boolean())
  .map(([kind, isNullable]) => ({ ...kind, isNullable }));

/** A row image of the columns of `present`: NULL bitmap and values. */
export function randomImage(
  columns: readonly RandomColumn[],
  present: readonly boolean[],
): fc.Arbitrary<Buffer> {
  const shown = columns.filter((_, i) => present[i]);
  return fc
    .tuple(...shown.map((column) => (column.isNullable ? fc.option(column.value) : column.value)))
    .map((values) => {
      const nulls = Buffer.alloc((values.length + 7) >> 3);
      values.forEach((value, i) => {
        if (value === null) nulls[i >> 3] = (nulls[i >> 3] ?? 0) | (1 << (i & 7));
      });
      return Buffer.concat([nulls, ...values.filter((value) => value !== null)]);
    });
}

export function makeTable(columns: readonly Column[]): Table {
  return { database: 'd', name: 't', columns, primaryKey: [], uniqueKeys: [], charset: undefined };
}

export function makeTableMap(columns: readonly Omit<RandomColumn, 'value'>[]): TableMap {
  return {
    tableId: 1,
    database: 'd',
    table: 't',
    columnCount: columns.length,
    columnTypes: Uint8Array.from(columns, ({ type }) => type),
    columnMeta: Uint16Array.from(columns, ({ meta }) => meta),
    nullable: columns.map(({ isNullable }) => isNullable),
    metadata: {
      isUnsigned: undefined,
      collationIds: undefined,
      columnNames: undefined,
      labels: undefined,
      geometryTypes: undefined,
      primaryKey: undefined,
      hasPrefixKeyPart: false,
      isVisible: undefined,
      vectorDimensions: undefined,
    },
    body: Buffer.alloc(0),
  };
}

export function bitmapOf(flags: readonly boolean[]): Buffer {
  const bitmap = Buffer.alloc((flags.length + 7) >> 3);
  flags.forEach((flag, i) => {
    if (flag) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bitmap;
}

export const FLAVOR: GtidFlavor = 'mysql';
