import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnReader, ReadValue } from '../decode/json-rows.ts';
import { arrayElements, isNested, isString, stringAt } from '../decode/json-scan.ts';
import { LabelNumbers } from '../decode/labels.ts';
import { parseGeometry } from '../decode/parse-geometry.ts';
import {
  base64At,
  padded,
  readAscii,
  readDecimal,
  readDouble,
  readFloat,
  readInteger,
  readText,
  readVector,
  requireText,
  visitBytes,
  visitText,
} from '../decode/read-values.ts';
import { spacedJson } from '../json-text.ts';

/*
 * Values as Maxwell writes them (see maxwell-value.ts) for columns of the target's types.
 *
 * What the format does not say: the empty error value of an ENUM is null (taken for index 0 where the column can't be
 * NULL), a JSON document `null` looks like SQL NULL (likewise), a geometry comes without its SRID.
 */

const readBinary =
  (column: Column): ReadValue =>
  (visitor, index, bytes, start, end) => {
    visitBytes(visitor, index, padded(column, base64At(bytes, start, end)));
  };

/** The document as it stands in the message, numbers, order and all, with the server's own spaces. */
const readJson: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.json(column, spacedJson(bytes.utf8Slice(start, end)));
};

/** MySQL's JSON in a MariaDB target, where it is a text: as MySQL itself would have written it. */
const readTextOrJson: ReadValue = (visitor, column, bytes, start, end) => {
  if (isNested(bytes, start)) visitText(visitor, column, spacedJson(bytes.utf8Slice(start, end)));
  else readText(visitor, column, bytes, start, end);
};

const readGeometry: ReadValue = (visitor, column, bytes, start, end) => {
  const text = requireText(bytes, start, end);
  visitBytes(visitor, column, parseGeometry(text) ?? base64At(bytes, start, end));
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
  geometry: readGeometry,
  vector: readVector,
};

const BINARY: ReadonlySet<ColumnType> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
]);

export function maxwellReaderOf(column: Column): ColumnReader {
  const simple = SIMPLE[column.type];
  if (simple !== undefined) return { read: simple };
  if (column.type === 'enum') return enumReader(column);
  if (column.type === 'set') return setReader(column);
  if (column.type === 'json') return jsonReader(column);
  // CHAR and its like with the binary character set come as bytes.
  const isBinary = BINARY.has(column.type) || column.charset === undefined;
  return { read: isBinary ? readBinary(column) : readTextOrJson };
}

function enumReader(column: Column): ColumnReader {
  const labels = new LabelNumbers(column);
  const read: ReadValue = (visitor, index, bytes, start, end) => {
    labels.visitEnum(visitor, index, requireText(bytes, start, end));
  };
  if (column.isNullable) return { read };
  return {
    read,
    readNull: (visitor, index) => {
      visitor.integer(index, 0);
    },
  };
}

/** An array of labels; older ones a text with commas. */
function setReader(column: Column): ColumnReader {
  const labels = new LabelNumbers(column);
  return {
    read: (visitor, index, bytes, start, end) => {
      const list = isString(bytes, start)
        ? requireText(bytes, start, end).split(',')
        : labelsAt(bytes, start);
      labels.visitSet(
        visitor,
        index,
        list.filter((label) => label !== ''),
      );
    },
  };
}

function labelsAt(bytes: Buffer, start: number): string[] {
  const elements = arrayElements(bytes, start);
  const labels: string[] = [];
  for (let i = 0; i < elements.length; i += 2) {
    labels.push(stringAt(bytes, elements[i] as number, elements[i + 1] as number) ?? '');
  }
  return labels;
}

function jsonReader(column: Column): ColumnReader {
  if (column.isNullable) return { read: readJson };
  return {
    read: readJson,
    readNull: (visitor, index) => {
      visitor.json(index, 'null');
    },
  };
}
