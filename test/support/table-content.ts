import type { Sql } from './sql.ts';

interface ColumnRow {
  readonly TABLE_NAME: string;
  readonly COLUMN_NAME: string;
  readonly DATA_TYPE: string;
  readonly CHARACTER_SET_NAME: string | null;
}

interface ContentOptions {
  /** Text as UTF-8 instead of its bytes: for columns of another character set on the other side. */
  readonly asUtf8?: ReadonlySet<string>;
  /** JSON columns of a side that prints the double 1.0 as 1 (MySQL 5.7), and their counterparts. */
  readonly oldJson?: ReadonlySet<string>;
  /** One side is a MariaDB: since the updates of 2026 it stores 0 for -0, whatever the statement says. */
  readonly hasOneZero?: boolean;
}

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** Long values by length and digest, so that a difference stays readable. */
const bytes = (value: string): string =>
  `IF(LENGTH(${value}) > 600, CONCAT(LENGTH(${value}), ':', SHA2(${value}, 256)), HEX(${value}))`;

const NUMBERS = 'tinyint smallint mediumint int bigint decimal year date time datetime timestamp';
const PLAIN = new Set(`${NUMBERS} uuid inet4 inet6`.split(' '));
const TEXTS = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']);

function withoutZeroFractions(column: string): string {
  const text = `CONCAT(CAST(${column} AS CHAR CHARACTER SET utf8mb4), ' ')`;
  return [',', ']', '}', ' '].reduce((sql, end) => `REPLACE(${sql}, '.0${end}', '${end}')`, text);
}

/** An expression that shows a column's value exactly, the same on every server that holds the same. */
function exactText(row: ColumnRow, options: ContentOptions): string {
  const column = quote(row.COLUMN_NAME);
  const type = row.DATA_TYPE.toLowerCase();
  if (options.oldJson?.has(row.COLUMN_NAME) === true) return bytes(withoutZeroFractions(column));
  if (PLAIN.has(type)) return `CAST(${column} AS CHAR)`;
  if (TEXTS.has(type)) {
    const isUtf8 = options.asUtf8?.has(row.COLUMN_NAME) === true;
    return bytes(isUtf8 ? `CONVERT(${column} USING utf8mb4)` : `CAST(${column} AS BINARY)`);
  }
  switch (type) {
    case 'enum':
    case 'set':
      return `CONCAT(CAST(${column} AS UNSIGNED), ':', HEX(CONVERT(${column} USING utf8mb4)))`;
    case 'float':
      // As a double, because a float's own text has but six digits; -0 differs from 0.
      return withOneZero(column, `CAST(${column} * 1e0 AS CHAR)`, options);
    case 'double':
      // The bare column: MySQL 8 cuts the text of an expression to 22 characters.
      return withOneZero(column, `CONCAT(${column})`, options);
    case 'bit':
      return `CAST(${column} + 0 AS CHAR)`;
    case 'json':
      return bytes(`CAST(${column} AS CHAR CHARACTER SET utf8mb4)`);
    default:
      // Binary strings, geometry with its SRID, vectors.
      return bytes(column);
  }
}

const withOneZero = (column: string, text: string, { hasOneZero }: ContentOptions): string =>
  hasOneZero === true ? `IF(${column} = 0, '0', ${text})` : text;

/** Columns of a database's tables by table name. */
async function columnsOf(
  sql: Sql,
  database: string,
  table?: string,
): Promise<Map<string, ColumnRow[]>> {
  const where = table === undefined ? '' : ` AND TABLE_NAME = ${sql.connection.escape(table)}`;
  const rows = (await sql.rows(
    `SELECT TABLE_NAME AS TABLE_NAME, COLUMN_NAME AS COLUMN_NAME, DATA_TYPE AS DATA_TYPE,
       CHARACTER_SET_NAME AS CHARACTER_SET_NAME
     FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ${sql.connection.escape(database)}${where} ORDER BY TABLE_NAME, COLUMN_NAME`,
  )) as unknown as ColumnRow[];
  const tables = new Map<string, ColumnRow[]>();
  for (const row of rows) {
    const columns = tables.get(row.TABLE_NAME);
    if (columns === undefined) tables.set(row.TABLE_NAME, [row]);
    else columns.push(row);
  }
  return tables;
}

/** Every row of a table as text, sorted: equal lists, equal tables (rows that are there twice, too). */
export async function tableContent(
  sql: Sql,
  database: string,
  table: string,
  columns?: readonly string[],
  asUtf8?: ReadonlySet<string>,
): Promise<string[]> {
  const all = (await columnsOf(sql, database, table)).get(table) ?? [];
  const wanted = all.filter((c) => columns === undefined || columns.includes(c.COLUMN_NAME));
  return inPlainSession(sql, () =>
    readRows(sql, { database, table, columns: wanted, ...(asUtf8 && { asUtf8 }) }),
  );
}

interface TableRead extends ContentOptions {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ColumnRow[];
}

async function readRows(sql: Sql, read: TableRead): Promise<string[]> {
  const { database, table, columns } = read;
  const list = columns.map((c) => `COALESCE(${exactText(c, read)}, 'NULL')`).join(", '|', ");
  const rows = await sql.rows(
    `SELECT CONCAT(${list}) AS line FROM ${quote(database)}.${quote(table)}`,
  );
  return rows.map((row) => String(row['line'])).sort();
}

/** The caller's own settings neither change what is read nor are changed by it. */
async function inPlainSession<T>(sql: Sql, read: () => Promise<T>): Promise<T> {
  await sql.run(
    'SET @content_zone = @@SESSION.time_zone, @content_mode = @@SESSION.sql_mode',
    "SET SESSION time_zone = '+00:00', sql_mode = ''",
  );
  try {
    return await read();
  } finally {
    await sql.run('SET SESSION time_zone = @content_zone, sql_mode = @content_mode');
  }
}

export async function tableNames(sql: Sql, database: string): Promise<string[]> {
  const rows = await sql.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${sql.connection.escape(database)} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`,
  );
  return rows.map((row) => String(row['name'])).sort();
}

/** Columns that are not of the same character set on both sides. */
function differingCharsets(
  left: readonly ColumnRow[],
  right: readonly ColumnRow[],
): ReadonlySet<string> {
  const plain = (name: string | null) => (name === 'utf8' ? 'utf8mb3' : name);
  const charsets = new Map(right.map((c) => [c.COLUMN_NAME, plain(c.CHARACTER_SET_NAME)]));
  return new Set(
    left
      .filter((c) => charsets.get(c.COLUMN_NAME) !== plain(c.CHARACTER_SET_NAME))
      .map((c) => c.COLUMN_NAME),
  );
}

const shorten = (line: string): string => (line.length > 1500 ? `${line.slice(0, 1500)}…` : line);

export interface CompareOptions {
  /** Tables that only the source is meant to have. */
  readonly leftOut?: (table: string) => boolean;
  /** Columns whose values are each server's own. */
  readonly ownColumns?: ReadonlySet<string>;
}

/** What differs between two databases: '' when they are equal. Names a few rows of the first difference. */
export async function compareDatabases(
  source: Sql,
  target: Sql,
  database: string,
  options: CompareOptions = {},
): Promise<string> {
  return inPlainSession(source, () =>
    inPlainSession(target, () => compare([source, target], database, options)),
  );
}

async function compare(
  [source, target]: readonly [Sql, Sql],
  database: string,
  { leftOut, ownColumns }: CompareOptions,
): Promise<string> {
  const left = (await tableNames(source, database)).filter((name) => leftOut?.(name) !== true);
  const right = await tableNames(target, database);
  if (left.join() !== right.join()) return `tables: ${left.join()} / ${right.join()}`;
  const versions = [await source.value('SELECT VERSION()'), await target.value('SELECT VERSION()')];
  const isOldJson = isOnlyOne(versions, (version) => version.startsWith('5.7.'));
  const hasOneZero = isOnlyOne(versions, (version) => version.includes('MariaDB'));
  const [ours, theirs] = [await columnsOf(source, database), await columnsOf(target, database)];
  for (const table of left) {
    const [own, other] = [ours.get(table) ?? [], theirs.get(table) ?? []];
    const [a, b] = await readBoth([source, target], {
      database,
      table,
      columns: own.filter(({ COLUMN_NAME: name }) => ownColumns?.has(name) !== true),
      others: other.filter(({ COLUMN_NAME: name }) => ownColumns?.has(name) !== true),
      asUtf8: differingCharsets(own, other),
      ...(isOldJson && { oldJson: jsonColumns(own) }),
      hasOneZero,
    });
    if (a.join('\n') === b.join('\n')) continue;
    const [inA, inB] = [new Set(a), new Set(b)];
    const missing = a.filter((line) => !inB.has(line)).slice(0, 3);
    const extra = b.filter((line) => !inA.has(line)).slice(0, 3);
    return `${table}: ${a.length} / ${b.length} rows; missing ${JSON.stringify(missing.map(shorten))}; extra ${JSON.stringify(extra.map(shorten))}`;
  }
  return '';
}

function isOnlyOne(
  versions: readonly (string | null)[],
  isIt: (version: string) => boolean,
): boolean {
  return versions.filter((version) => isIt(version ?? '')).length === 1;
}

function jsonColumns(columns: readonly ColumnRow[]): ReadonlySet<string> {
  return new Set(columns.filter((c) => c.DATA_TYPE === 'json').map((c) => c.COLUMN_NAME));
}

/** Each side by its own types, so that a column of another type shows. */
async function readBoth(
  [source, target]: readonly [Sql, Sql],
  read: TableRead & { readonly others: readonly ColumnRow[] },
): Promise<readonly [string[], string[]]> {
  return Promise.all([readRows(source, read), readRows(target, { ...read, columns: read.others })]);
}
