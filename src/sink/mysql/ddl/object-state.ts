import { createHash } from 'node:crypto';
import type { DdlEffect } from '../../../core/change.ts';
import { formatTableName, type TableName } from '../../../core/table.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { readFirstText } from '../../../server/row-reader.ts';
import { databasesOf, tablesOf } from './plan.ts';
import { quoteTable } from './table-sql.ts';
import { readTableIds, type TableIds } from './table-ids.ts';

/** One table as it is at a moment. */
export interface TableState {
  /** Of the definition, without the table's own name and AUTO_INCREMENT; undefined: there is no such table. */
  readonly digest: string | undefined;
  /** InnoDB's ids, one for each partition; undefined: not to be had. */
  readonly ids: readonly string[] | undefined;
}

/** What a DDL names, as it is on the target. Serialised into the pending record. */
export interface ObjectStates {
  /** By `database.table`. */
  readonly tables: Readonly<Record<string, TableState>>;
  /** Does it exist? */
  readonly databases: Readonly<Record<string, boolean>>;
  /** Digests of different versions are not compared: each spells definitions its own way. */
  readonly serverVersion: string;
}

const NO_SUCH_TABLE = [1049, 1146] as const;

/** Reads the state of everything that these effects name. */
export async function readObjectStates(
  connection: ServerConnection,
  effects: readonly DdlEffect[],
): Promise<ObjectStates> {
  const names = tablesOf(effects);
  const ids = await readTableIds(connection, names);
  const tables: Record<string, TableState> = {};
  for (const name of names) {
    tables[formatTableName(name)] = await readTableState(connection, name, ids);
  }
  const databases: Record<string, boolean> = {};
  for (const name of databasesOf(effects)) databases[name] = await hasDatabase(connection, name);
  return { tables, databases, serverVersion: connection.info.version };
}

async function readTableState(
  connection: ServerConnection,
  name: TableName,
  ids: TableIds | undefined,
): Promise<TableState> {
  const definition = await readDefinition(connection, name);
  if (definition === undefined) return { digest: undefined, ids: [] };
  return { digest: digestOf(definition, name.table), ids: ids?.get(formatTableName(name)) };
}

/** undefined: there is no such table. A broken one has its error as definition. */
async function readDefinition(
  connection: ServerConnection,
  name: TableName,
): Promise<string | undefined> {
  try {
    const [row] = await connection.query(`SHOW CREATE TABLE ${quoteTable(name)}`);
    return readFirstText(row, ['Create Table', 'Create View', 'Table']) ?? '';
  } catch (thrown) {
    if (isServerErrno(thrown, ...NO_SUCH_TABLE)) return undefined;
    if (isServerErrno(thrown, 1356, 1030, 1033, 1016, 1017)) return 'unreadable';
    throw thrown;
  }
}

/**
 * The counter moves without a DDL; the table's name, and the constraint names that servers make from
 * it, move with a rename.
 */
export function digestOf(definition: string, table: string): string {
  const ownNames = new RegExp(`CONSTRAINT \`${escapePattern(table)}_(ibfk|chk)_(\\d+)\``, 'g');
  const text = definition
    .replace(/^CREATE (TABLE|SEQUENCE) `(?:[^`]|``)*`/, 'CREATE $1')
    .replace(/^(\) .*?) AUTO_INCREMENT=\d+/m, '$1')
    .replaceAll(ownNames, 'CONSTRAINT $1 $2');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function escapePattern(text: string): string {
  return text.replaceAll('`', '``').replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

async function hasDatabase(connection: ServerConnection, database: string): Promise<boolean> {
  const rows = await connection.query(
    'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [database],
  );
  return rows.length > 0;
}

/** For messages: which of the objects are there, and their ids. */
export function describeStates({ tables, databases }: ObjectStates): string {
  const ofTables = Object.entries(tables).map(([name, state]) => {
    if (state.digest === undefined) return `${name} absent`;
    const ids = state.ids?.join('+') ?? 'unknown';
    return `${name} definition ${state.digest.slice(0, 8)} table id ${ids === '' ? 'none' : ids}`;
  });
  const ofDatabases = Object.entries(databases).map(
    ([name, exists]) => `${name} ${exists ? 'exists' : 'absent'}`,
  );
  return [...ofTables, ...ofDatabases].join(', ');
}
