import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnReader, ReadValue } from '../decode/json-rows.ts';
import { fault } from '../decode/json-scan.ts';
import { LabelNumbers } from '../decode/labels.ts';
import {
  padded,
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
} from '../decode/read-values.ts';

/*
 * Values as canal writes them: every value a string (see canal-value.ts). ENUM and SET are numbers, bytes are
 * ISO-8859-1. Labels are taken too: newer canals can be told to write them.
 */

const readBinary =
  (column: Column): ReadValue =>
  (visitor, index, bytes, start, end) => {
    const text = requireText(bytes, start, end);
    if (BEYOND_LATIN1.test(text)) throw fault('no ISO-8859-1 where bytes are wanted', start);
    visitBytes(visitor, index, padded(column, Buffer.from(text, 'latin1')));
  };

const BEYOND_LATIN1 = /[^\0-\xff]/;
const DIGITS = /^\d+$/;

const readJson: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.json(column, requireText(bytes, start, end));
};

const SIMPLE: Partial<Record<ColumnType, ReadValue>> = {
  tinyint: readInteger,
  smallint: readInteger,
  mediumint: readInteger,
  int: readInteger,
  bigint: readInteger,
  year: readInteger,
  bit: readInteger,
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
  json: readJson,
  vector: readVector,
};

const BINARY: ReadonlySet<ColumnType> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'geometry',
]);

export function canalReaderOf(column: Column): ColumnReader {
  const simple = SIMPLE[column.type];
  if (simple !== undefined) return { read: simple };
  if (column.type === 'enum' || column.type === 'set') return { read: labelReader(column) };
  const isBinary = BINARY.has(column.type) || column.charset === undefined;
  return { read: isBinary ? readBinary(column) : readText };
}

function labelReader(column: Column): ReadValue {
  const labels = new LabelNumbers(column);
  return (visitor, index, bytes, start, end) => {
    const text = plainText(bytes, start, end);
    if (DIGITS.test(text)) readInteger(visitor, index, bytes, start, end);
    else if (column.type === 'enum') labels.visitEnum(visitor, index, text);
    else labels.visitSet(visitor, index, text === '' ? [] : text.split(','));
  };
}
