import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnReader, ReadValue } from '../decode/json-rows.ts';
import { fault, isString } from '../decode/json-scan.ts';
import { LabelNumbers } from '../decode/labels.ts';
import { memberFinder } from '../decode/members.ts';
import {
  asciiAt,
  base64At,
  padded,
  parseInteger,
  plainText,
  readAscii,
  readDecimal,
  readDouble,
  readFloat,
  readInteger,
  readText,
  readVector,
  requireText,
  visitBytes,
  visitInteger,
} from '../decode/read-values.ts';
import type { ValueForm } from './debezium-form.ts';
import { dateText, datetimeText, timeText, type FractionDigits } from './epoch-text.ts';

/*
 * Values as Debezium writes them (see debezium-value.ts). What its format does not say: zero and impossible dates,
 * which come as null, or as 1970-01-01 where the column can't be NULL.
 */

export function debeziumReaderOf(column: Column, form: ValueForm): ColumnReader {
  return { read: readerOf(column, form) };
}

function readerOf(column: Column, form: ValueForm): ReadValue {
  switch (form.kind) {
    case 'unscaled':
      return unscaledReader(form.scale);
    case 'variable-scale':
      return readVariableScale;
    case 'days':
      return readDays;
    case 'since':
      return sinceReader(column, form.digits);
    case 'iso':
      return readIso;
    case 'binary':
      return binaryReader(column, form.encoding);
    case 'by-column':
      return byColumn(column);
  }
}

const readJsonText: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.json(column, requireText(bytes, start, end));
};

const findGeometry = memberFinder(['wkb', 'srid']);

const readGeometry: ReadValue = (visitor, column, bytes, start) => {
  const geometry = findGeometry(bytes, start);
  const srid = Buffer.alloc(4);
  srid.writeUInt32LE(geometry.number('srid'));
  visitBytes(visitor, column, Buffer.concat([srid, base64At(bytes, ...geometry.span('wkb'))]));
};

const SIMPLE: Partial<Record<ColumnType, ReadValue>> = {
  tinyint: readInteger,
  smallint: readInteger,
  mediumint: readInteger,
  int: readInteger,
  year: readInteger,
  decimal: readDecimal,
  float: readFloat,
  double: readDouble,
  date: readAscii,
  time: readAscii,
  datetime: readAscii,
  timestamp: readAscii,
  uuid: readAscii,
  inet4: readAscii,
  inet6: readAscii,
  json: readJsonText,
  geometry: readGeometry,
  vector: readVector,
  bit: (visitor, column, bytes, start, end) => {
    if (!isString(bytes, start)) readInteger(visitor, column, bytes, start, end);
    else visitInteger(visitor, column, unsigned(base64At(bytes, start, end).reverse()));
  },
};

function byColumn(column: Column): ReadValue {
  const simple = SIMPLE[column.type];
  if (simple !== undefined) return simple;
  if (column.type === 'bigint') return column.isUnsigned ? readUnsignedBigint : readBigint;
  if (column.type === 'enum' || column.type === 'set') return labelReader(column);
  return column.charset === undefined ? binaryReader(column, 'base64') : readText;
}

/** "precise" is base64 of the big-endian value, which no plain number looks like: it is in quotes. */
const readBigint: ReadValue = (visitor, column, bytes, start, end) => {
  if (!isString(bytes, start)) readInteger(visitor, column, bytes, start, end);
  else visitInteger(visitor, column, signed(base64At(bytes, start, end)));
};

/** Debezium's default writes values from 2^63 on as negative ones. */
const readUnsignedBigint: ReadValue = (visitor, column, bytes, start, end) => {
  if (isString(bytes, start)) readBigint(visitor, column, bytes, start, end);
  else {
    const value = parseInteger(plainText(bytes, start, end), start);
    visitInteger(visitor, column, BigInt.asUintN(64, value));
  }
};

function labelReader(column: Column): ReadValue {
  const labels = new LabelNumbers(column);
  return (visitor, index, bytes, start, end) => {
    const text = requireText(bytes, start, end);
    if (column.type === 'enum') labels.visitEnum(visitor, index, text);
    else labels.visitSet(visitor, index, text === '' ? [] : text.split(','));
  };
}

function unscaledReader(scale: number): ReadValue {
  return (visitor, column, bytes, start, end) => {
    if (!isString(bytes, start)) readDecimal(visitor, column, bytes, start, end);
    else visitor.ascii(column, decimalText(signed(base64At(bytes, start, end)), scale));
  };
}

const findVariable = memberFinder(['scale', 'value']);

const readVariableScale: ReadValue = (visitor, column, bytes, start) => {
  const { ...parts } = { members: findVariable(bytes, start) };
  const value = signed(base64At(bytes, ...parts.members.span('value')));
  visitor.ascii(column, decimalText(value, parts.members.number('scale')));
};

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  const whole = digits.slice(0, digits.length - scale);
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`;
}

const readDays: ReadValue = (visitor, column, bytes, start, end) => {
  if (isString(bytes, start)) readIso(visitor, column, bytes, start, end);
  else visitor.ascii(column, dateText(Number(parseInteger(plainText(bytes, start, end), start))));
};

function sinceReader(column: Column, digits: FractionDigits): ReadValue {
  const format = column.type === 'time' ? timeText : datetimeText;
  const scale = column.scale ?? 0;
  return (visitor, index, bytes, start, end) => {
    if (isString(bytes, start)) readIso(visitor, index, bytes, start, end);
    else {
      const count = parseInteger(plainText(bytes, start, end), start);
      visitor.ascii(index, format(count, digits, scale));
    }
  };
}

const ZONED = /^(-?\d{4,}-\d{2}-\d{2})(?:T([\d:.]+))?(Z|[+-]\d{2}:?\d{2})?$/;

/** `2018-06-20T13:37:03Z`, `04:05:11.789Z`, `2018-06-20Z`: as the server writes them, in UTC. */
const readIso: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.ascii(column, isoText(asciiAt(bytes, start, end), start));
};

function isoText(text: string, at: number): string {
  const match = ZONED.exec(text);
  if (match === null) return text.replace(/(?:Z|[+-]00:?00)$/, '');
  const [, date = '', time, zone = 'Z'] = match;
  if (time === undefined) return date;
  if (/^(?:Z|[+-]00:?00)$/.test(zone)) return `${date} ${time}`;
  const [clock = '', fraction] = time.split('.');
  const moment = new Date(`${date}T${clock}${zone}`);
  if (Number.isNaN(moment.getTime())) throw fault(`"${text}" is no time`, at);
  const utc = moment.toISOString().slice(0, 19).replace('T', ' ');
  return fraction === undefined ? utc : `${utc}.${fraction}`;
}

function binaryReader(column: Column, encoding: 'base64' | 'base64url' | 'hex'): ReadValue {
  return (visitor, index, bytes, start, end) => {
    const value =
      encoding === 'hex'
        ? Buffer.from(requireText(bytes, start, end), 'hex')
        : base64At(bytes, start, end);
    visitBytes(visitor, index, padded(column, value));
  };
}

function unsigned(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

function signed(bytes: Buffer): bigint {
  return BigInt.asIntN(bytes.length * 8, unsigned(bytes));
}
