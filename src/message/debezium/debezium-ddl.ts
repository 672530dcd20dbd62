import type { DdlEffect, SchemaChange } from '../../core/change.ts';
import type { Column, ColumnType, Table, TableName } from '../../core/table.ts';
import { bitWidth } from '../column-values.ts';
import { jsonArray, jsonString, jsonStringOrNull } from '../json-text.ts';

/*
 * Schema changes: {"source":…,"ts_ms":…,"databaseName":…,"schemaName":null,"ddl":…,"tableChanges":[
 *   {"type":"CREATE"|"ALTER"|"DROP","id":"\"db\".\"t\"","table":{…}}]}
 *
 * What the definition here does not hold (autoIncremented) is false.
 */

const JDBC_TYPE: Record<ColumnType, number> = {
  tinyint: 5,
  smallint: 5,
  mediumint: 4,
  int: 4,
  bigint: -5,
  decimal: 3,
  float: 6,
  double: 8,
  bit: -7,
  year: 4,
  date: 91,
  time: 92,
  datetime: 93,
  timestamp: 2014,
  char: 1,
  varchar: 12,
  binary: -2,
  varbinary: -3,
  tinytext: 12,
  text: 12,
  mediumtext: 12,
  longtext: 12,
  tinyblob: 2004,
  blob: 2004,
  mediumblob: 2004,
  longblob: 2004,
  enum: 1,
  set: 1,
  json: 1111,
  geometry: 1111,
  vector: 1111,
  uuid: 1111,
  inet4: 1111,
  inet6: 1111,
};

export function tableChanges(change: SchemaChange, nameOf: (name: TableName) => TableName): string {
  return `[${change.effects.flatMap((effect) => tableChange(effect, change, nameOf) ?? []).join(',')}]`;
}

function tableChange(
  effect: DdlEffect,
  change: SchemaChange,
  nameOf: (name: TableName) => TableName,
): string | undefined {
  if ('database' in effect || effect.kind === 'truncate') return undefined;
  const name = effect.kind === 'rename' ? effect.to : effect.table;
  const target = nameOf(name);
  const type = effect.kind === 'create' ? 'CREATE' : effect.kind === 'drop' ? 'DROP' : 'ALTER';
  const table = change.after.find((t) => t.database === name.database && t.name === name.table);
  const isGone = effect.kind === 'drop' || table === undefined;
  return (
    `{"type":"${type}","id":${jsonString(`"${target.database}"."${target.table}"`)},` +
    `"table":${isGone ? 'null' : tableDefinition(table)}}`
  );
}

function tableDefinition(table: Table): string {
  const key = table.primaryKey.flatMap((i) => table.columns[i]?.name ?? []);
  const columns = table.columns
    .filter((column) => !column.isHidden)
    .map((column, i) => columnDefinition(column, i + 1));
  return (
    `{"defaultCharsetName":${jsonStringOrNull(table.charset)},"primaryKeyColumnNames":${jsonArray(key)},` +
    `"columns":[${columns.join(',')}],"comment":null}`
  );
}

function columnDefinition(column: Column, position: number): string {
  const type = typeNameOf(column);
  return (
    `{"name":${jsonString(column.name)},"jdbcType":${JDBC_TYPE[column.type]},"nativeType":null,` +
    `"typeName":${jsonString(type)},"typeExpression":${jsonString(type)},` +
    `"charsetName":${jsonStringOrNull(column.charset)},"length":${lengthOf(column) ?? 'null'},` +
    `"scale":${scaleOf(column) ?? 'null'},"position":${position},"optional":${column.isNullable},` +
    `"autoIncremented":false,"generated":${column.generated !== undefined},"comment":null,` +
    `"defaultValueExpression":null,"enumValues":${labelsOf(column)}}`
  );
}

/** The type without length and attributes, but with UNSIGNED. */
function typeNameOf(column: Column): string {
  const base = column.type === 'geometry' ? column.columnType : column.type;
  return `${base.toUpperCase()}${column.isUnsigned ? ' UNSIGNED' : ''}`;
}

function lengthOf(column: Column): number | undefined {
  const { type, labels = [] } = column;
  if (type === 'decimal') return column.precision;
  if (type === 'bit') return bitWidth(column);
  if (type === 'enum') return 1;
  // As many as fit, and the commas between them.
  if (type === 'set') return 2 * labels.length - 1;
  // A length that was not given is none.
  return floatDigits(column)?.[0] ?? column.length ?? (column.scale || undefined);
}

function scaleOf(column: Column): number | undefined {
  return column.type === 'decimal' ? (column.scale ?? 0) : floatDigits(column)?.[1];
}

/** Of FLOAT(7,3) and DOUBLE(10,4). */
function floatDigits({ type, columnType }: Column): readonly [number, number] | undefined {
  if (type !== 'float' && type !== 'double') return undefined;
  const [, length, scale] = /\((\d+),(\d+)\)/.exec(columnType) ?? [];
  return length === undefined ? undefined : [Number(length), Number(scale)];
}

/** In quotes, as the statement has them. */
function labelsOf({ type, labels = [] }: Column): string {
  if (type !== 'enum' && type !== 'set') return 'null';
  return jsonArray(labels.map((label) => `'${label.replaceAll("'", "''")}'`));
}
