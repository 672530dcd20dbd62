import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnValue } from '../../core/row.ts';
import {
  bytesOf,
  integerText,
  isZeroDate,
  vectorOf,
  withoutTrailingZeros,
} from '../column-values.ts';
import { geometryText } from '../geometry-text.ts';
import { javaBigDecimal, javaDouble, javaFloat } from '../java-number.ts';
import { base64, compactJson, jsonArray, jsonString } from '../json-text.ts';

/*
 * How Maxwell writes values (zendesk/maxwell, src/main/java/com/zendesk/maxwell/schema/columndef).
 * Where Maxwell damages them we write what is true: TIME beyond a day and negative, BIT from 31 bits on,
 * dates with a zero month or day. VECTOR, which it does not know, is an array of numbers.
 */

/** The JSON text of a value that is not NULL. */
export type EncodeValue = (value: ColumnValue) => string;

export interface MaxwellValueOptions {
  readonly nullZeroDates: boolean;
  /** Maxwell's own form of TIME and BIT, for those who rely on it. */
  readonly originalValues?: boolean | undefined;
}

const text: EncodeValue = (value) => jsonString(String(value));
const binary: EncodeValue = (value) => base64(bytesOf(value));

const BY_TYPE: Partial<Record<ColumnType, EncodeValue>> = {
  tinyint: integerText,
  smallint: integerText,
  mediumint: integerText,
  int: integerText,
  bigint: integerText,
  year: integerText,
  bit: integerText,
  decimal: (value) => javaBigDecimal(String(value)),
  float: (value) => javaFloat(Number(value)),
  double: (value) => javaDouble(Number(value)),
  binary: (value) => base64(withoutTrailingZeros(bytesOf(value))),
  varbinary: binary,
  tinyblob: binary,
  blob: binary,
  mediumblob: binary,
  longblob: binary,
  set: (value) => jsonArray(value === '' ? [] : String(value).split(',')),
  json: (value) => (value === '' ? 'null' : compactJson(String(value))),
  geometry: encodeGeometry,
  vector: (value) => `[${vectorOf(value).map(javaFloat).join(',')}]`,
};

const DATES: ReadonlySet<ColumnType> = new Set(['date', 'datetime', 'timestamp']);

export function maxwellEncoderOf(column: Column, options: MaxwellValueOptions): EncodeValue {
  if (column.type === 'enum') return enumEncoder(column);
  if (options.nullZeroDates && DATES.has(column.type)) return dateOrNull;
  if (options.originalValues === true) {
    if (column.type === 'time') return (value) => jsonString(wrappedTime(String(value)));
    if (column.type === 'bit') return shiftedBits;
  }
  return BY_TYPE[column.type] ?? textOrBinary;
}

const DAY_SECONDS = 86_400;

/** As java.sql.Time in UTC: what is negative or beyond a day comes round within one. */
function wrappedTime(text: string): string {
  const isNegative = text.startsWith('-');
  const [clock = '', fraction = ''] = (isNegative ? text.slice(1) : text).split('.');
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const micros = Number(fraction.padEnd(6, '0'));
  const total = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + micros;
  const day = DAY_SECONDS * 1e6;
  const wrapped = (((isNegative ? -total : total) % day) + day) % day;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const whole = Math.floor(wrapped / 1e6);
  const rest = String(wrapped % 1e6)
    .padStart(6, '0')
    .slice(0, fraction.length);
  const time = `${two(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  return fraction === '' ? time : `${time}.${rest}`;
}

/** As Maxwell's bytesToLong: each byte is shifted as a 32-bit integer, whose shifts go round at 32. */
function shiftedBits(value: ColumnValue): string {
  const bits = BigInt(integerText(value));
  if (bits >> 63n === 1n) return bits.toString();
  let sum = 0n;
  for (let at = 0n; bits >> (8n * at) > 0n; at++) {
    sum += BigInt(Number((bits >> (8n * at)) & 0xffn) << Number((8n * at) % 32n));
  }
  return sum.toString();
}

/** Index 0, the empty error value, is null; a label of the name '' is not. */
function enumEncoder(column: Column): EncodeValue {
  const hasEmptyLabel = column.labels?.includes('') ?? false;
  return hasEmptyLabel ? text : (value) => (value === '' ? 'null' : text(value));
}

function dateOrNull(value: ColumnValue): string {
  const date = String(value);
  return isZeroDate(date) ? 'null' : jsonString(date);
}

function encodeGeometry(value: ColumnValue): string {
  const bytes = bytesOf(value);
  const wkt = geometryText(bytes);
  return wkt === undefined ? base64(bytes) : jsonString(wkt);
}

/** CHAR and its like with the binary character set come as bytes. */
function textOrBinary(value: ColumnValue): string {
  return value instanceof Uint8Array ? base64(value) : text(value);
}
