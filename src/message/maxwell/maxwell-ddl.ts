import type { DdlEffect, SchemaChange } from '../../core/change.ts';
import type { Router } from '../../core/route.ts';
import type { Column, ColumnType, Table, TableName } from '../../core/table.ts';
import { jsonArray, jsonString, jsonStringOrNull } from '../json-text.ts';

/*
 * DDL messages (schema/ddl/DDLMap.java, Resolved*.java, schema/columndef/ColumnDefSerializer.java), one
 * for each table or database that a statement touches:
 *
 *   {"type":"table-alter","database":…,"table":…,"old":DEF,"def":DEF,"ts":ms,"sql":…}
 *   DEF: {"database":…,"charset":…,"table":…,"columns":[{"type":…,"name":…, …}],"primary-key":[…]}
 *
 * A rename is an alter whose `def` has the new name. TRUNCATE has no message.
 */

export interface DdlMessageBody {
  readonly database: string;
  readonly table: string;
  /** Members from `type` to `def`, without braces. */
  readonly members: string;
}

export function maxwellDdl(change: SchemaChange, router: Router | undefined): DdlMessageBody[] {
  const names = new DdlNames(change, router);
  return change.effects.flatMap((effect) => bodyOf(effect, names) ?? []);
}

function bodyOf(effect: DdlEffect, names: DdlNames): DdlMessageBody | undefined {
  switch (effect.kind) {
    case 'create':
      return names.table('table-create', effect.table, [`"def":${names.after(effect.table)}`]);
    case 'alter':
      return names.table('table-alter', effect.table, [
        `"old":${names.before(effect.table)}`,
        `"def":${names.after(effect.table)}`,
      ]);
    case 'rename':
      return names.table('table-alter', effect.table, [
        `"old":${names.before(effect.table)}`,
        `"def":${names.after(effect.to)}`,
      ]);
    case 'drop':
      return names.table('table-drop', effect.table, []);
    case 'create-database':
      return names.database('database-create', effect.database, effect.charset);
    case 'alter-database':
      return names.database('database-alter', effect.database, effect.charset);
    case 'drop-database':
      return names.database('database-drop', effect.database);
    case 'truncate':
      return undefined;
  }
}

/** Definitions and names of one statement, as they are called at the target. */
class DdlNames {
  readonly #change: SchemaChange;
  readonly #router: Router | undefined;

  constructor(change: SchemaChange, router: Router | undefined) {
    this.#change = change;
    this.#router = router;
  }

  before(name: TableName): string {
    return this.#definition(this.#change.before, name);
  }

  after(name: TableName): string {
    return this.#definition(this.#change.after, name);
  }

  table(type: string, name: TableName, rest: readonly string[]): DdlMessageBody {
    const target = this.#target(name);
    const members = [
      `"type":${jsonString(type)}`,
      `"database":${jsonString(target.database)}`,
      `"table":${jsonString(target.table)}`,
      ...rest,
    ].join(',');
    return { ...target, members };
  }

  database(type: string, name: string, charset?: string): DdlMessageBody {
    const database = this.#router?.targetDatabase(name) ?? name;
    const members = [
      `"type":${jsonString(type)}`,
      `"database":${jsonString(database)}`,
      ...(charset === undefined ? [] : [`"charset":${jsonString(charset)}`]),
    ].join(',');
    return { database, table: '', members };
  }

  #target(name: TableName): TableName {
    return this.#router?.targetName(name) ?? name;
  }

  #definition(tables: readonly Table[], name: TableName): string {
    const table = tables.find((t) => t.database === name.database && t.name === name.table);
    if (table === undefined) return 'null';
    const target = this.#target(name);
    const columns = table.columns
      .filter((column) => !column.isHidden)
      .flatMap((column) => {
        const columnName = this.#columnName(name, column.name);
        return columnName === undefined ? [] : [columnDefinition(column, columnName)];
      });
    const key = table.primaryKey.flatMap((i) => {
      const column = table.columns[i];
      return column === undefined ? [] : (this.#columnName(name, column.name) ?? []);
    });
    return (
      `{"database":${jsonString(target.database)},"charset":${jsonStringOrNull(table.charset)},` +
      `"table":${jsonString(target.table)},"columns":[${columns.join(',')}],"primary-key":${jsonArray(key)}}`
    );
  }

  #columnName(name: TableName, column: string): string | undefined {
    return this.#router === undefined ? column : this.#router.targetColumn(name, column);
  }
}

function columnDefinition(column: Column, name: string): string {
  const type = column.type === 'geometry' ? column.columnType : column.type;
  return `{"type":${jsonString(type)},"name":${jsonString(name)}${DETAIL[column.type]?.(column) ?? ''}}`;
}

type DescribeColumn = (column: Column) => string;

const signed: DescribeColumn = (column) => `,"signed":${!column.isUnsigned}`;
const labels: DescribeColumn = (column) => `,"enum-values":${jsonArray(column.labels ?? [])}`;
const length: DescribeColumn = (column) => `,"column-length":${column.scale ?? 0}`;
const charset: DescribeColumn = (column) => `,"charset":${jsonString(column.charset ?? 'binary')}`;

const DETAIL: Partial<Record<ColumnType, DescribeColumn>> = {
  tinyint: signed,
  smallint: signed,
  mediumint: signed,
  int: signed,
  bigint: signed,
  enum: labels,
  set: labels,
  datetime: length,
  timestamp: length,
  time: length,
  char: charset,
  varchar: charset,
  tinytext: charset,
  text: charset,
  mediumtext: charset,
  longtext: charset,
  binary: charset,
  varbinary: charset,
  tinyblob: charset,
  blob: charset,
  mediumblob: charset,
  longblob: charset,
};
