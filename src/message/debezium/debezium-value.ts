import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnValue } from '../../core/row.ts';
import { bitWidth, bytesOf, integerText, vectorOf } from '../column-values.ts';
import { geometrySrid, geometryWkb, pointOf } from '../geometry-text.ts';
import { javaDouble, javaFloat } from '../java-number.ts';
import { base64, jsonString } from '../json-text.ts';
import { epochDays, epochMoment, momentMicros, momentMillis, timeMicros } from './debezium-time.ts';

/*
 * How Debezium's MySQL and MariaDB connectors write values with schemas off (debezium/debezium,
 * documentation/.../shared-mariadb-mysql.adoc): time.precision.mode adaptive_time_microseconds,
 * decimal.handling.mode precise, binary.handling.mode bytes.
 *
 * BIGINT UNSIGNED keeps its digits; Debezium's default, `long`, wraps it.
 */

export interface DebeziumValueOptions {
  readonly decimals: 'precise' | 'string' | 'double';
  readonly times: TimeMode;
  readonly binary: BinaryMode;
  readonly bigintUnsigned: 'digits' | 'long' | 'precise';
}

/** time.precision.mode */
export type TimeMode =
  'adaptive_time_microseconds' | 'connect' | 'isostring' | 'microseconds' | 'nanoseconds';
/** binary.handling.mode */
export type BinaryMode = 'bytes' | 'base64' | 'base64-url-safe' | 'hex';

/** The JSON text of a value that is not NULL. */
export type EncodeValue = (value: ColumnValue) => string;

const text: EncodeValue = (value) =>
  value instanceof Uint8Array ? base64(value) : jsonString(String(value));

const BY_TYPE: Partial<Record<ColumnType, EncodeValue>> = {
  tinyint: integerText,
  smallint: integerText,
  mediumint: integerText,
  int: integerText,
  year: integerText,
  float: (value) => javaFloat(Number(value)),
  double: (value) => javaDouble(Number(value)),
  vector: (value) => `[${vectorOf(value).map(javaFloat).join(',')}]`,
};

const UNSIGNED_BIGINT: Readonly<Record<DebeziumValueOptions['bigintUnsigned'], EncodeValue>> = {
  digits: integerText,
  long: (value) => BigInt.asIntN(64, BigInt(String(value))).toString(),
  precise: (value) => unscaledBase64(BigInt(String(value))),
};

type MakeEncoder = (column: Column, options: DebeziumValueOptions) => EncodeValue;

/** Types whose text depends on more than the type. */
const BY_COLUMN: Partial<Record<ColumnType, MakeEncoder>> = {
  bit: (column) => bitEncoder(bitWidth(column)),
  decimal: (_, options) => decimalEncoder(options.decimals),
  bigint: (column, options) =>
    column.isUnsigned ? UNSIGNED_BIGINT[options.bigintUnsigned] : integerText,
  geometry: (column) => (column.columnType.startsWith('point') ? encodePoint : encodeGeometry),
  date: dateEncoder,
  time: (_, { times }) => TIME[times],
  datetime: datetimeEncoder,
  timestamp: timestampEncoder,
  binary: (_, { binary }) => BINARY[binary],
  varbinary: (_, { binary }) => BINARY[binary],
  tinyblob: (_, { binary }) => BINARY[binary],
  blob: (_, { binary }) => BINARY[binary],
  mediumblob: (_, { binary }) => BINARY[binary],
  longblob: (_, { binary }) => BINARY[binary],
};

const BINARY: Readonly<Record<BinaryMode, EncodeValue>> = {
  bytes: (value) => base64(bytesOf(value)),
  base64: (value) => base64(bytesOf(value)),
  'base64-url-safe': (value) => `"${bytesOf(value).toString('base64url')}"`,
  hex: (value) => `"${bytesOf(value).toString('hex')}"`,
};

const microsOfTime = (value: ColumnValue): string => timeMicros(String(value));

const TIME: Readonly<Record<TimeMode, EncodeValue>> = {
  adaptive_time_microseconds: microsOfTime,
  microseconds: microsOfTime,
  nanoseconds: (value) => withThreeZeros(microsOfTime(value)),
  connect: (value) => String(Math.floor(Number(microsOfTime(value)) / 1000)),
  isostring: (value) => `"${String(value)}Z"`,
};

function withThreeZeros(digits: string): string {
  return digits === '0' ? digits : `${digits}000`;
}

export function debeziumEncoderOf(column: Column, options: DebeziumValueOptions): EncodeValue {
  return BY_COLUMN[column.type]?.(column, options) ?? BY_TYPE[column.type] ?? text;
}

/*
 * Zero and impossible dates are null, or the epoch where null is not possible.
 */

function dateEncoder(column: Column, { times }: DebeziumValueOptions): EncodeValue {
  if (times === 'isostring') {
    const none = column.isNullable ? 'null' : '"1970-01-01Z"';
    return (value) => (epochDays(String(value)) === undefined ? none : `"${String(value)}Z"`);
  }
  const none = column.isNullable ? 'null' : '0';
  return (value) => String(epochDays(String(value)) ?? none);
}

/** Adaptive: up to three decimals milliseconds, more microseconds. */
function datetimeEncoder(column: Column, { times }: DebeziumValueOptions): EncodeValue {
  if (times === 'isostring') return timestampEncoder(column);
  const none = column.isNullable ? 'null' : '0';
  const format = datetimeFormat(times, column.scale ?? 0);
  return (value) => {
    const moment = epochMoment(String(value));
    return moment === undefined ? none : format(moment);
  };
}

function datetimeFormat(times: TimeMode, scale: number): typeof momentMillis {
  if (times === 'microseconds') return momentMicros;
  if (times === 'nanoseconds') return (moment) => withThreeZeros(momentMicros(moment));
  return times === 'connect' || scale <= 3 ? momentMillis : momentMicros;
}

function timestampEncoder(column: Column): EncodeValue {
  const none = column.isNullable ? 'null' : '"1970-01-01T00:00:00Z"';
  return (value) => {
    const timestamp = String(value);
    return epochDays(timestamp) === undefined ? none : `"${timestamp.replace(' ', 'T')}Z"`;
  };
}

/** BIT(1) is a boolean; the rest their bytes, lowest first. */
function bitEncoder(width: number): EncodeValue {
  if (width === 1) return (value) => (integerText(value) === '0' ? 'false' : 'true');
  const length = (width + 7) >> 3;
  return (value) => {
    const hex = BigInt(integerText(value))
      .toString(16)
      .padStart(length * 2, '0');
    return base64(Buffer.from(hex, 'hex').reverse());
  };
}

function decimalEncoder(mode: DebeziumValueOptions['decimals']): EncodeValue {
  if (mode === 'string') return (value) => jsonString(String(value));
  if (mode === 'double') return (value) => javaDouble(Number(value));
  return (value) => unscaledBase64(BigInt(String(value).replace('.', '')));
}

/** Big-endian two's complement in as few bytes as hold it, as BigInteger.toByteArray. */
function unscaledBase64(value: bigint): string {
  let bits = 8;
  while (BigInt.asIntN(bits, value) !== value) bits += 8;
  const hex = BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, '0');
  return base64(Buffer.from(hex, 'hex'));
}

function encodeGeometry(value: ColumnValue): string {
  return `{${geometryMembers(bytesOf(value))}}`;
}

function encodePoint(value: ColumnValue): string {
  const bytes = bytesOf(value);
  const point = pointOf(bytes);
  return point === undefined
    ? encodeGeometry(value)
    : `{"x":${javaDouble(point.x)},"y":${javaDouble(point.y)},${geometryMembers(bytes)}}`;
}

function geometryMembers(bytes: Buffer): string {
  const srid = geometrySrid(bytes);
  return `"wkb":${base64(geometryWkb(bytes))},"srid":${srid === 0 ? 'null' : srid}`;
}
