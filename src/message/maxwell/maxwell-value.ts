import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnValue } from '../../core/row.ts';
import { bytesOf, integerText, isZeroDate, vectorOf } from '../column-values.ts';
import { geometryText } from '../geometry-text.ts';
import { javaBigDecimal, javaDouble, javaFloat } from '../java-number.ts';
import { base64, jsonArray, jsonString } from '../json-text.ts';

/*
 * How Maxwell writes values (zendesk/maxwell, src/main/java/com/zendesk/maxwell/schema/columndef).
 * Where Maxwell damages them we write what is true: TIME beyond a day and negative, BIT from 31 bits on,
 * dates with a zero month or day. VECTOR, which it does not know, is an array of numbers.
 */

/** The JSON text of a value that is not NULL. */
export type EncodeValue = (value: ColumnValue) => string;

export interface MaxwellValueOptions {
  readonly nullZeroDates: boolean;
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
  // Row images carry BINARY(n) without its trailing zeros, and so does Maxwell.
  binary: (value) => base64(withoutTrailingZeros(bytesOf(value))),
  varbinary: binary,
  tinyblob: binary,
  blob: binary,
  mediumblob: binary,
  longblob: binary,
  set: (value) => jsonArray(value === '' ? [] : String(value).split(',')),
  json: (value) => (value === '' ? 'null' : String(value)),
  geometry: encodeGeometry,
  vector: (value) => `[${vectorOf(value).map(javaFloat).join(',')}]`,
};

const DATES: ReadonlySet<ColumnType> = new Set(['date', 'datetime', 'timestamp']);

export function maxwellEncoderOf(column: Column, options: MaxwellValueOptions): EncodeValue {
  if (column.type === 'enum') return enumEncoder(column);
  if (options.nullZeroDates && DATES.has(column.type)) return dateOrNull;
  return BY_TYPE[column.type] ?? textOrBinary;
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

function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
