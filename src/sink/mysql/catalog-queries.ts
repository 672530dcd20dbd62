import type { TableName } from '../../core/table.ts';
import { readOptionalText, readText, type Row } from '../../server/row-reader.ts';
import { quoteText } from '../../server/sql-text.ts';

/** One table's rows of information_schema. */
export interface CatalogRows {
  readonly name: TableName;
  readonly engine: string;
  /** TABLE_TYPE. */
  readonly kind: string;
  readonly columns: readonly Row[];
  readonly keyParts: readonly Row[];
  readonly triggers: readonly string[];
}

interface Queryable {
  query(sql: string): Promise<readonly Row[]>;
}

/**
 * Every table of a database, or those named, in four queries. Columns are named one by one under
 * names of our own, because servers spell the headings differently.
 */
export async function readCatalog(
  connection: Queryable,
  database: string,
  tables: readonly string[] | undefined,
): Promise<readonly CatalogRows[]> {
  const where = (schema: string, table: string) =>
    `WHERE ${schema} = ${quoteText(database)}` +
    (tables === undefined ? '' : ` AND ${isOneOf(table, tables)}`);
  const own = where('TABLE_SCHEMA', 'TABLE_NAME');
  const [names, columns, keyParts, triggers] = [
    await connection.query(TABLES + own),
    await connection.query(`${COLUMNS}${own} ORDER BY TABLE_NAME, ORDINAL_POSITION`),
    await connection.query(`${KEY_PARTS}${own}`),
    await connection.query(TRIGGERS + where('EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')),
  ];
  const columnsOf = groupByTable(columns);
  const keyPartsOf = groupByTable(keyParts);
  const triggersOf = groupByTable(triggers);
  return names.filter(isTable).map((row) => {
    const name = readName(row);
    return {
      name,
      engine: readOptionalText(row, 'engine') ?? '',
      kind: readText(row, 'kind').toUpperCase(),
      columns: columnsOf.get(name.table) ?? [],
      keyParts: keyPartsOf.get(name.table) ?? [],
      triggers: (triggersOf.get(name.table) ?? []).map((trigger) => readText(trigger, 'name')),
    };
  });
}

/** MySQL 5.x opens only the table meant for `=`, but every table of the database for IN. */
function isOneOf(column: string, tables: readonly string[]): string {
  const [first] = tables;
  return tables.length === 1 && first !== undefined
    ? `${column} = ${quoteText(first)}`
    : `${column} IN (${tables.map(quoteText).join(',')})`;
}

const TABLES = `SELECT TABLE_SCHEMA AS database_name, TABLE_NAME AS table_name, ENGINE AS engine,
  TABLE_TYPE AS kind FROM information_schema.TABLES `;

const COLUMNS = `SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, DATA_TYPE AS data_type,
  COLUMN_TYPE AS column_type, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
  IS_NULLABLE AS nullable, COLUMN_DEFAULT IS NOT NULL AS has_default, EXTRA AS extra
  FROM information_schema.COLUMNS `;

/** Not CARDINALITY, for which MySQL 8+ would ask the storage engine. An expression has no COLUMN_NAME. */
const KEY_PARTS = `SELECT TABLE_NAME AS table_name, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME,
  SUB_PART, INDEX_TYPE FROM information_schema.STATISTICS `;

const TRIGGERS = `SELECT EVENT_OBJECT_TABLE AS table_name, TRIGGER_NAME AS name
  FROM information_schema.TRIGGERS `;

function isTable(row: Row): boolean {
  return !readText(row, 'kind').toUpperCase().includes('VIEW');
}

function readName(row: Row): TableName {
  return { database: readText(row, 'database_name'), table: readText(row, 'table_name') };
}

function groupByTable(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const table = readText(row, 'table_name');
    const group = groups.get(table);
    if (group === undefined) groups.set(table, [row]);
    else group.push(row);
  }
  return groups;
}
