import type { Sql } from './sql.ts';

interface ColumnRow {
  readonly COLUMN_NAME: string;
  readonly DATA_TYPE: string;
}

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** An expression that shows a column's value exactly, the same on every server that holds the same. */
function exactText({ COLUMN_NAME, DATA_TYPE }: ColumnRow): string {
  const column = quote(COLUMN_NAME);
  switch (DATA_TYPE.toLowerCase()) {
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return `HEX(CONVERT(${column} USING utf8mb4))`;
    case 'enum':
    case 'set':
      return `CONCAT(${column} + 0, ':', HEX(CONVERT(${column} USING utf8mb4)))`;
    case 'float':
      return `CAST(${column} * 1e0 AS CHAR)`;
    case 'bit':
      return `CAST(${column} + 0 AS CHAR)`;
    case 'json':
      return `CAST(${column} AS CHAR)`;
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'double':
    case 'year':
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return `CAST(${column} AS CHAR)`;
    default:
      return `HEX(${column})`;
  }
}

/** Every row of a table as text, sorted: equal lists, equal tables (rows that are there twice, too). */
export async function tableContent(
  sql: Sql,
  database: string,
  table: string,
  columns?: readonly string[],
): Promise<string[]> {
  await sql.run("SET SESSION time_zone = '+00:00'");
  const all = (await sql.rows(
    `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${sql.connection.escape(database)} AND TABLE_NAME = ${sql.connection.escape(table)} ORDER BY COLUMN_NAME`,
  )) as unknown as ColumnRow[];
  const wanted = all.filter((c) => columns === undefined || columns.includes(c.COLUMN_NAME));
  const list = wanted.map((c) => `COALESCE(${exactText(c)}, 'NULL')`).join(", '|', ");
  const rows = await sql.rows(
    `SELECT CONCAT(${list}) AS line FROM ${quote(database)}.${quote(table)}`,
  );
  return rows.map((row) => String(row['line'])).sort();
}

export async function tableNames(sql: Sql, database: string): Promise<string[]> {
  const rows = await sql.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${sql.connection.escape(database)} AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1`,
  );
  return rows.map((row) => String(row['name']));
}

/** What differs between two databases: '' when they are equal. Names a few rows of the first difference. */
export async function compareDatabases(
  source: Sql,
  target: Sql,
  database: string,
): Promise<string> {
  const [left, right] = [await tableNames(source, database), await tableNames(target, database)];
  if (left.join() !== right.join()) return `tables: ${left.join()} / ${right.join()}`;
  for (const table of left) {
    const [a, b] = [
      await tableContent(source, database, table),
      await tableContent(target, database, table),
    ];
    if (a.join('\n') === b.join('\n')) continue;
    const missing = a.filter((line) => !b.includes(line)).slice(0, 3);
    const extra = b.filter((line) => !a.includes(line)).slice(0, 3);
    return `${table}: ${a.length} / ${b.length} rows; missing ${JSON.stringify(missing)}; extra ${JSON.stringify(extra)}`;
  }
  return '';
}
