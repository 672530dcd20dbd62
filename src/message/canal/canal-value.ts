import type { Column, ColumnType } from '../../core/table.ts';
import type { ColumnValue } from '../../core/row.ts';
import { bytesOf, integerText, vectorOf, withoutTrailingZeros } from '../column-values.ts';
import { javaDouble, javaFloat } from '../java-number.ts';

/*
 * How canal writes values (alibaba/canal, parse/.../dbsync/LogEventConvert.java, RowsLogBuffer.java):
 * every value is a string or null. ENUM is its 1-based index, SET its bit mask, bytes are ISO-8859-1.
 * TIMESTAMP is in UTC here (canal: the zone that its JVM runs in).
 */

export interface CanalColumn {
  /** Text of a value that is not NULL. */
  readonly text: (value: ColumnValue) => string;
  /** java.sql.Types number; integers' depends on the value. */
  readonly sqlType: (value: ColumnValue | undefined) => number;
}

const SQL_TYPE: Record<ColumnType, number> = {
  tinyint: -6,
  smallint: 5,
  mediumint: 4,
  int: 4,
  bigint: -5,
  decimal: 3,
  float: 7,
  double: 8,
  bit: -7,
  year: 12,
  date: 91,
  time: 92,
  datetime: 93,
  timestamp: 93,
  char: 1,
  varchar: 12,
  binary: 2004,
  varbinary: 2004,
  tinytext: 2005,
  text: 2005,
  mediumtext: 2005,
  longtext: 2005,
  tinyblob: 2004,
  blob: 2004,
  mediumblob: 2004,
  longblob: 2004,
  enum: 4,
  set: -7,
  json: 12,
  geometry: 2004,
  vector: 12,
  uuid: 12,
  inet4: 12,
  inet6: 12,
};

/** Unsigned values from here on need the next larger type, which canal then names. */
const UNSIGNED_STEP: Partial<Record<ColumnType, { readonly from: bigint; readonly type: number }>> =
  {
    tinyint: { from: 1n << 7n, type: 5 },
    smallint: { from: 1n << 15n, type: 4 },
    mediumint: { from: 1n << 23n, type: 4 },
    int: { from: 1n << 31n, type: -5 },
    bigint: { from: 1n << 63n, type: 3 },
  };

export function canalColumnOf(column: Column): CanalColumn {
  return { text: textEncoderOf(column), sqlType: sqlTypeOf(column) };
}

/** ENUM and SET by their labels, which canal's users ask for most; then they are texts. */
export function canalColumnWithLabels(column: Column): CanalColumn {
  if (column.type !== 'enum' && column.type !== 'set') return canalColumnOf(column);
  return { text: plainText, sqlType: () => SQL_TYPE.varchar };
}

function sqlTypeOf(column: Column): CanalColumn['sqlType'] {
  const base = SQL_TYPE[column.type];
  const step = column.isUnsigned ? UNSIGNED_STEP[column.type] : undefined;
  if (step === undefined) return () => base;
  return (value) =>
    (typeof value === 'number' || typeof value === 'bigint') && value >= step.from
      ? step.type
      : base;
}

const TEXT: Partial<Record<ColumnType, CanalColumn['text']>> = {
  float: (value) => javaFloat(Number(value)),
  double: (value) => javaDouble(Number(value)),
  bit: integerText,
  binary: (value) => withoutTrailingZeros(bytesOf(value)).toString('latin1'),
  year: (value) => String(value).padStart(4, '0'),
  vector: (value) => `[${vectorOf(value).map(javaFloat).join(',')}]`,
};

function textEncoderOf(column: Column): CanalColumn['text'] {
  if (column.type === 'enum') return enumIndex(column.labels ?? []);
  if (column.type === 'set') return setMask(column.labels ?? []);
  return TEXT[column.type] ?? plainText;
}

function plainText(value: ColumnValue): string {
  return value instanceof Uint8Array ? bytesOf(value).toString('latin1') : String(value);
}

function enumIndex(labels: readonly string[]): CanalColumn['text'] {
  const indexes = new Map(labels.map((label, i) => [label, String(i + 1)]));
  return (value) => indexes.get(String(value)) ?? '0';
}

function setMask(labels: readonly string[]): CanalColumn['text'] {
  const bits = new Map(labels.map((label, i) => [label, 1n << BigInt(i)]));
  return (value) =>
    String(value)
      .split(',')
      .reduce((mask, label) => mask | (bits.get(label) ?? 0n), 0n)
      .toString();
}
