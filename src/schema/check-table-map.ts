import { collationById, decodeText } from '../core/charset.ts';
import type { GtidFlavor } from '../core/gtid-set.ts';
import type { TableMap } from '../core/table-map.ts';
import type { Column, ColumnType, Table } from '../core/table.ts';
import { maxBytesPerCharacter } from './collation-names.ts';
import { labelBytes, readStringMeta, WIRE } from './wire-type.ts';

export interface Mismatch {
  /** undefined: the number of columns. */
  readonly column: string | undefined;
  readonly known: string;
  readonly event: string;
}

/** Wire types of a column of this type: the newer one first, for columns of old tables the old one. */
const WIRE_TYPES: Readonly<Record<ColumnType, readonly number[]>> = {
  tinyint: [WIRE.tiny],
  smallint: [WIRE.short],
  mediumint: [WIRE.int24],
  int: [WIRE.long],
  bigint: [WIRE.longlong],
  decimal: [WIRE.decimal, WIRE.oldDecimal],
  float: [WIRE.float],
  double: [WIRE.double],
  bit: [WIRE.bit],
  year: [WIRE.year],
  date: [WIRE.date, WIRE.newDate],
  time: [WIRE.time, WIRE.oldTime],
  datetime: [WIRE.datetime, WIRE.oldDatetime],
  timestamp: [WIRE.timestamp, WIRE.oldTimestamp],
  char: [WIRE.string],
  varchar: [WIRE.varchar, WIRE.varString],
  binary: [WIRE.string],
  varbinary: [WIRE.varchar, WIRE.varString],
  tinytext: [WIRE.blob],
  text: [WIRE.blob],
  mediumtext: [WIRE.blob],
  longtext: [WIRE.blob],
  tinyblob: [WIRE.blob],
  blob: [WIRE.blob],
  mediumblob: [WIRE.blob],
  longblob: [WIRE.blob],
  enum: [WIRE.enum],
  set: [WIRE.set],
  json: [WIRE.json],
  geometry: [WIRE.geometry],
  vector: [WIRE.vector, WIRE.varchar],
  uuid: [WIRE.string],
  inet4: [WIRE.string],
  inet6: [WIRE.string],
};

const BLOB_LENGTH_BYTES: Readonly<Partial<Record<ColumnType, number>>> = {
  tinytext: 1,
  tinyblob: 1,
  text: 2,
  blob: 2,
  mediumtext: 3,
  mediumblob: 3,
  longtext: 4,
  longblob: 4,
};

const FIXED_STRING_BYTES: Readonly<Partial<Record<ColumnType, number>>> = {
  uuid: 16,
  inet6: 16,
  inet4: 4,
};

const SIGNED_TYPES: ReadonlySet<ColumnType> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
]);

/**
 * Compares a definition with what a table map says of the rows: a definition of another time nearly
 * always shows here. undefined: they agree.
 */
export function findMismatch(
  table: Table,
  tableMap: TableMap,
  flavor: GtidFlavor,
): Mismatch | undefined {
  const { columns } = table;
  if (columns.length !== tableMap.columnCount) {
    return {
      column: undefined,
      known: `${columns.length} columns`,
      event: `${tableMap.columnCount} columns`,
    };
  }
  for (const [index, column] of columns.entries()) {
    const mismatch =
      checkName(column, index, tableMap) ??
      checkWire(column, index, tableMap) ??
      checkMetadata(column, index, { tableMap, flavor });
    if (mismatch !== undefined) return { column: column.name, ...mismatch };
  }
  return undefined;
}

type Difference = Omit<Mismatch, 'column'>;

function checkName(column: Column, index: number, tableMap: TableMap): Difference | undefined {
  const name = tableMap.metadata.columnNames?.[index];
  if (name === undefined || column.isHidden || name === column.name) return undefined;
  return { known: column.name, event: name };
}

function checkWire(column: Column, index: number, tableMap: TableMap): Difference | undefined {
  const meta = tableMap.columnMeta[index] ?? 0;
  let wire = tableMap.columnTypes[index] ?? -1;
  if (wire === WIRE.string) wire = readStringMeta(meta).type;
  const known = column.columnType;
  if (!wireTypesOf(column).includes(wire)) return { known, event: `wire type ${wire}` };
  const expected = EXPECTED_META[wire]?.(column, wire);
  const actual =
    wire === WIRE.string || wire === WIRE.enum || wire === WIRE.set
      ? readStringMeta(meta).length
      : meta;
  if (expected === undefined || expected === actual) return undefined;
  return { known, event: `wire type ${wire} with metadata ${actual} instead of ${expected}` };
}

function wireTypesOf(column: Column): readonly number[] {
  if (!column.isCompressed) return WIRE_TYPES[column.type];
  return [WIRE.blobCompressed, WIRE.varcharCompressed];
}

type ExpectMeta = (column: Column, wire: number) => number | undefined;

const expectDecimal: ExpectMeta = ({ precision = 10, scale = 0 }) => precision | (scale << 8);
const expectBit: ExpectMeta = ({ precision = 1 }) => (precision % 8) | ((precision >> 3) << 8);
const expectFraction: ExpectMeta = ({ scale = 0 }) => scale;
const expectLabels: ExpectMeta = ({ labels = [] }, wire) =>
  labelBytes(wire === WIRE.enum ? 'enum' : 'set', labels.length);
const expectBlob: ExpectMeta = ({ type }) => BLOB_LENGTH_BYTES[type];
const expectString: ExpectMeta = (column) => FIXED_STRING_BYTES[column.type] ?? byteLength(column);

/** The metadata that a column of this definition has; undefined: it tells nothing. */
const EXPECTED_META: Readonly<Record<number, ExpectMeta>> = {
  [WIRE.decimal]: expectDecimal,
  [WIRE.bit]: expectBit,
  [WIRE.time]: expectFraction,
  [WIRE.datetime]: expectFraction,
  [WIRE.timestamp]: expectFraction,
  [WIRE.varchar]: varyingBytes,
  [WIRE.varString]: varyingBytes,
  [WIRE.varcharCompressed]: varyingBytes,
  [WIRE.string]: expectString,
  [WIRE.enum]: expectLabels,
  [WIRE.set]: expectLabels,
  [WIRE.blob]: expectBlob,
  [WIRE.blobCompressed]: expectBlob,
};

/** MariaDB's compressed columns have a byte of header more; its vectors are bytes. */
function varyingBytes(column: Column, wire: number): number | undefined {
  if (column.type === 'vector') return (column.precision ?? 0) * 4;
  const length = byteLength(column);
  return length === undefined ? undefined : length + (wire === WIRE.varcharCompressed ? 1 : 0);
}

function byteLength({ length, charset }: Column): number | undefined {
  if (length === undefined) return undefined;
  return charset === undefined ? length : length * maxBytesPerCharacter(charset);
}

interface CheckContext {
  readonly tableMap: TableMap;
  readonly flavor: GtidFlavor;
}

function checkMetadata(
  column: Column,
  index: number,
  { tableMap, flavor }: CheckContext,
): Difference | undefined {
  return (
    checkSign(column, index, tableMap) ??
    checkCharset(column, tableMap.metadata.collationIds?.get(index), flavor) ??
    checkNullable(column, index, tableMap) ??
    checkLabels(column, index, tableMap)
  );
}

function checkSign(column: Column, index: number, tableMap: TableMap): Difference | undefined {
  const isUnsigned = tableMap.metadata.isUnsigned?.[index];
  if (isUnsigned === undefined || isUnsigned === column.isUnsigned) return undefined;
  if (!SIGNED_TYPES.has(column.type) || column.isHidden) return undefined;
  return { known: column.columnType, event: isUnsigned ? 'unsigned' : 'signed' };
}

function checkCharset(
  column: Column,
  id: number | undefined,
  flavor: GtidFlavor,
): Difference | undefined {
  const charset = id === undefined ? undefined : collationById(id, flavor)?.charset;
  if (charset === undefined || column.charset === undefined) return undefined;
  if (charset === column.charset) return undefined;
  return { known: `character set ${column.charset}`, event: `character set ${charset}` };
}

/** Whether a TIMESTAMP can be NULL depends on a setting that is not always logged: the event knows. */
function checkNullable(column: Column, index: number, tableMap: TableMap): Difference | undefined {
  const isNullable = tableMap.nullable[index];
  if (isNullable === undefined || column.type === 'timestamp' || column.isHidden) return undefined;
  if (isNullable === column.isNullable) return undefined;
  return {
    known: column.isNullable ? 'NULL' : 'NOT NULL',
    event: isNullable ? 'NULL' : 'NOT NULL',
  };
}

function checkLabels(column: Column, index: number, tableMap: TableMap): Difference | undefined {
  const raw = tableMap.metadata.labels?.get(index);
  if (raw === undefined) return undefined;
  const labels = raw.map((label) =>
    decodeText(column.charset ?? 'binary', label, 0, label.byteLength),
  );
  const isSame =
    labels.length === column.labels?.length &&
    labels.every((label, at) => label === column.labels?.[at]);
  return isSame
    ? undefined
    : { known: column.columnType, event: `the labels ${labels.join(', ')}` };
}
