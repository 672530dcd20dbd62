import type { TableName } from '../core/table.ts';
import {
  readFlag,
  readNumber,
  readOptionalText,
  readText,
  type Row,
} from '../server/row-reader.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { normalizeCollation } from './collation-names.ts';
import type {
  ColumnDefinition,
  KeyDefinition,
  KeyPart,
  TableDefinition,
} from './table-definition.ts';

/** What the server says now. Which position it holds for is the caller's knowledge: see SchemaHistory.learn. */
export interface CapturedSchema {
  readonly databases: readonly CapturedDatabase[];
  readonly tables: readonly TableDefinition[];
  /** The server's explicit_defaults_for_timestamp, which few servers log with a statement. */
  readonly hasExplicitTimestamps: boolean;
}

export interface CapturedDatabase {
  readonly name: string;
  readonly collation: string;
}

export interface CaptureOptions {
  readonly includeTable: (name: TableName) => boolean;
}

const SYSTEM_DATABASES = "('information_schema','performance_schema','mysql','sys')";

/**
 * Definitions of all included tables in four queries on information_schema, which take a second or
 * so for thousands of tables; one query a table would take minutes.
 */
export async function captureSchema(
  connection: ServerConnection,
  options: CaptureOptions,
): Promise<CapturedSchema> {
  const where = `TABLE_SCHEMA NOT IN ${SYSTEM_DATABASES}`;
  return {
    hasExplicitTimestamps: await captureTimestamps(connection),
    databases: await captureDatabases(connection),
    tables: (await captureWhere(connection, where)).filter((table) =>
      options.includeTable({ database: table.database, table: table.name }),
    ),
  };
}

/** The same for a few tables; those that do not exist are left out. */
export async function captureTables(
  connection: ServerConnection,
  names: readonly TableName[],
): Promise<CapturedSchema> {
  const tables: TableDefinition[] = [];
  for (const name of names) {
    const where = 'TABLE_SCHEMA = ? AND TABLE_NAME = ?';
    tables.push(...(await captureWhere(connection, where, [name.database, name.table])));
  }
  return {
    hasExplicitTimestamps: await captureTimestamps(connection),
    databases: await captureDatabases(connection),
    tables,
  };
}

async function captureTimestamps(connection: ServerConnection): Promise<boolean> {
  const [row] = await connection.query(
    "SHOW GLOBAL VARIABLES LIKE 'explicit_defaults_for_timestamp'",
  );
  return readFlag(row, 'Value');
}

async function captureDatabases(connection: ServerConnection): Promise<CapturedDatabase[]> {
  const rows = await connection.query(
    `SELECT SCHEMA_NAME AS name, DEFAULT_COLLATION_NAME AS collation
     FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ${SYSTEM_DATABASES}`,
  );
  return rows.map((row) => ({
    name: readText(row, 'name'),
    collation: normalizeCollation(readText(row, 'collation')),
  }));
}

async function captureWhere(
  connection: ServerConnection,
  where: string,
  values: readonly string[] = [],
): Promise<TableDefinition[]> {
  const isMariadb = connection.info.flavor === 'mariadb';
  await showGeneratedKeys(connection);
  const tables = await connection.query(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl, TABLE_TYPE AS kind, ENGINE AS engine,
       TABLE_COLLATION AS collation
     FROM information_schema.TABLES
     WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') AND ${where}`,
    values,
  );
  const expression = isMariadb && connection.info.versionNumber >= 100_205;
  const columns = await connection.query(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl, COLUMN_NAME AS name, ORDINAL_POSITION AS pos,
       COLUMN_TYPE AS type, COLLATION_NAME AS collation, IS_NULLABLE AS nullable, EXTRA AS extra,
       ${expression ? 'GENERATION_EXPRESSION' : 'NULL'} AS expression
     FROM information_schema.COLUMNS WHERE ${where}`,
    values,
  );
  const keys = await connection.query(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl, INDEX_NAME AS name, NON_UNIQUE AS nonUnique,
       SEQ_IN_INDEX AS pos, COLUMN_NAME AS col, SUB_PART AS part, INDEX_TYPE AS kind
     FROM information_schema.STATISTICS WHERE ${where}`,
    values,
  );
  return assemble({ tables, columns, keys, isMariadb });
}

/** Primary keys that the server made up may be hidden from information_schema, not from the binlog. */
async function showGeneratedKeys(connection: ServerConnection): Promise<void> {
  const { flavor, versionNumber } = connection.info;
  if (flavor !== 'mysql' || versionNumber < 80_030) return;
  await connection.run('SET SESSION show_gipk_in_create_table_and_information_schema = ON');
}

interface CapturedRows {
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
  readonly keys: readonly Row[];
  readonly isMariadb: boolean;
}

function assemble({ tables, columns, keys, isMariadb }: CapturedRows): TableDefinition[] {
  const columnsOf = groupByTable(columns);
  const keysOf = groupByTable(keys);
  const definitions: TableDefinition[] = [];
  for (const row of tables) {
    const key = tableKey(row);
    const own = columnsOf.get(key);
    // Dropped between two queries, or not ours to see.
    if (own === undefined) continue;
    const engine = (readOptionalText(row, 'engine') ?? '').toLowerCase();
    const collation = readOptionalText(row, 'collation');
    definitions.push({
      database: readText(row, 'db'),
      name: readText(row, 'tbl'),
      collation: collation === undefined ? undefined : normalizeCollation(collation),
      engine,
      columns: own.map(readColumn),
      keys: readKeys(keysOf.get(key) ?? [], isMariadb && engine !== 'memory'),
      versioning: versioningOf(readText(row, 'kind'), own),
      isSequence: readText(row, 'kind') === 'SEQUENCE',
    });
  }
  return definitions;
}

const tableKey = (row: Row): string => `${readText(row, 'db')}\0${readText(row, 'tbl')}`;

/** Rows by table, each group in the order of `pos`. */
function groupByTable(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = tableKey(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  for (const group of groups.values()) {
    group.sort((a, b) => readNumber(a, 'pos') - readNumber(b, 'pos'));
  }
  return groups;
}

function versioningOf(kind: string, columns: readonly Row[]): 'implicit' | 'explicit' | undefined {
  if (kind !== 'SYSTEM VERSIONED') return undefined;
  const isExplicit = columns.some((row) => readOptionalText(row, 'expression') === 'ROW START');
  return isExplicit ? 'explicit' : 'implicit';
}

function readColumn(row: Row): ColumnDefinition {
  const extra = readOptionalText(row, 'extra') ?? '';
  const collation = readOptionalText(row, 'collation');
  return {
    name: readText(row, 'name'),
    columnType: readText(row, 'type'),
    collation:
      collation === undefined || collation === 'binary' ? undefined : normalizeCollation(collation),
    isNullable: readText(row, 'nullable') === 'YES',
    generated: generatedOf(extra),
    isInvisible: /\bINVISIBLE\b/.test(extra),
  };
}

/** `DEFAULT_GENERATED` is a default, not a generated column. */
function generatedOf(extra: string): 'virtual' | 'stored' | undefined {
  if (/(^|\W)(STORED GENERATED|PERSISTENT)/.test(extra)) return 'stored';
  return /(^|\W)VIRTUAL/.test(extra) ? 'virtual' : undefined;
}

/** `hasLongUnique`: a hash index on this table is MariaDB's way to keep a long key unique. */
function readKeys(rows: readonly Row[], hasLongUnique: boolean): KeyDefinition[] {
  const keys = new Map<string, KeyDefinition & { parts: KeyPart[] }>();
  for (const row of rows) {
    const name = readText(row, 'name');
    let key = keys.get(name);
    if (key === undefined) {
      const isUnique = readNumber(row, 'nonUnique') === 0;
      const isHash = readOptionalText(row, 'kind') === 'HASH';
      key = { name, isUnique, isLongUnique: isUnique && isHash && hasLongUnique, parts: [] };
      keys.set(name, key);
    }
    key.parts.push(readPart(row));
  }
  return [...keys.values()];
}

function readPart(row: Row): KeyPart {
  const part = readOptionalText(row, 'part');
  return {
    column: readOptionalText(row, 'col'),
    prefixLength: part === undefined ? undefined : Number(part),
  };
}
