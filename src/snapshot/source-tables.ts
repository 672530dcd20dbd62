import { schemaKey } from '../core/schema-state.ts';
import type { CopyTable } from '../core/copy.ts';
import type { Router } from '../core/route.ts';
import type { TableName } from '../core/table.ts';
import { buildTable } from '../schema/build-table.ts';
import type { CapturedSchema } from '../schema/capture.ts';
import { isServerErrno } from '../server/error-from-server.ts';
import { readNumber, readOptionalText, readText, type Row } from '../server/row-reader.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { quoteName, quoteText } from '../server/sql-text.ts';

/** A table of the source that is to be copied. */
export interface SourceTable extends CopyTable {
  /** Its key in the copy's record. */
  readonly key: string;
  readonly name: TableName;
  /** Lower case. */
  readonly engine: string;
  /** Its rows are in a consistent view. */
  readonly hasViews: boolean;
  readonly isSequence: boolean;
  /** SHOW CREATE TABLE. */
  readonly createText: string;
  /** The server's guess. */
  readonly estimatedRows: number;
  readonly estimatedBytes: number;
  /** Keys of the tables that foreign keys tie to it, its own among them; undefined: none. */
  readonly family: readonly string[] | undefined;
}

export interface OtherObject {
  readonly kind: 'view' | 'trigger' | 'routine' | 'event';
  readonly name: TableName;
}

const NO_SUCH_TABLE = 1146;
/** Engines of the servers whose rows belong to a transaction's view. */
const WITH_VIEWS: ReadonlySet<string> = new Set(['innodb', 'rocksdb', 'tokudb', 'ndbcluster']);

export const keyOf = ({ database, table }: TableName): string => schemaKey(database, table);

/** Tables that were dropped between the capture and this are left out. */
export async function readSourceTables(
  connection: ServerConnection,
  captured: CapturedSchema,
  router: Router,
): Promise<readonly SourceTable[]> {
  const sizes = await readSizes(connection);
  const families = await readFamilies(connection);
  const tables: SourceTable[] = [];
  for (const definition of captured.tables) {
    const name = { database: definition.database, table: definition.name };
    const createText = await readCreateText(connection, name);
    if (createText === undefined) continue;
    const table = buildTable(definition);
    const size = sizes.get(keyOf(name));
    tables.push({
      key: keyOf(name),
      name,
      table,
      route: router.route(table),
      engine: definition.engine,
      hasViews: WITH_VIEWS.has(definition.engine),
      isSequence: definition.isSequence,
      createText,
      estimatedRows: size?.rows ?? 0,
      estimatedBytes: size?.bytes ?? 0,
      family: families.get(keyOf(name)),
    });
  }
  return tables;
}

export async function readCreateText(
  connection: ServerConnection,
  { database, table }: TableName,
): Promise<string | undefined> {
  try {
    const sql = `SHOW CREATE TABLE ${quoteName(database)}.${quoteName(table)}`;
    const [row] = await connection.query(sql);
    return readOptionalText(row, 'Create Table');
  } catch (thrown) {
    if (isServerErrno(thrown, NO_SUCH_TABLE)) return undefined;
    throw thrown;
  }
}

async function readSizes(
  connection: ServerConnection,
): Promise<ReadonlyMap<string, { rows: number; bytes: number }>> {
  const rows = await connection.query(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl, COALESCE(TABLE_ROWS, 0) AS rowCount,
       COALESCE(DATA_LENGTH, 0) AS bytes FROM information_schema.TABLES
     WHERE TABLE_TYPE NOT LIKE '%VIEW'`,
  );
  return new Map(
    rows.map((row) => [
      nameKey(row),
      { rows: readNumber(row, 'rowCount'), bytes: readNumber(row, 'bytes') },
    ]),
  );
}

const nameKey = (row: Row): string => schemaKey(readText(row, 'db'), readText(row, 'tbl'));

/** Tables tied by foreign keys, each with the keys of its whole family. */
async function readFamilies(
  connection: ServerConnection,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await connection.query(
    `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl, REFERENCED_TABLE_SCHEMA AS refDb,
       REFERENCED_TABLE_NAME AS refTbl FROM information_schema.KEY_COLUMN_USAGE
     WHERE REFERENCED_TABLE_NAME IS NOT NULL`,
  );
  const families = new Map<string, Set<string>>();
  for (const row of rows) {
    const keys = [nameKey(row), schemaKey(readText(row, 'refDb'), readText(row, 'refTbl'))];
    const family = new Set(keys.flatMap((key) => [...(families.get(key) ?? [key])]));
    for (const key of family) families.set(key, family);
  }
  return new Map([...families].map(([key, family]) => [key, [...family]]));
}

/** What is no table: views in the order of their names, and what is never copied. */
export async function readOtherObjects(
  connection: ServerConnection,
  databases: readonly string[],
): Promise<readonly OtherObject[]> {
  if (databases.length === 0) return [];
  const within = `(${databases.map(quoteText).join(',')})`;
  const ask = async (kind: OtherObject['kind'], sql: string): Promise<OtherObject[]> =>
    (await connection.query(sql)).map((row) => ({
      kind,
      name: { database: readText(row, 'db'), table: readText(row, 'tbl') },
    }));
  return [
    ...(await ask(
      'view',
      `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tbl FROM information_schema.VIEWS
       WHERE TABLE_SCHEMA IN ${within} ORDER BY 1, 2`,
    )),
    ...(await ask(
      'trigger',
      `SELECT TRIGGER_SCHEMA AS db, TRIGGER_NAME AS tbl FROM information_schema.TRIGGERS
       WHERE TRIGGER_SCHEMA IN ${within}`,
    )),
    ...(await ask(
      'routine',
      `SELECT ROUTINE_SCHEMA AS db, ROUTINE_NAME AS tbl FROM information_schema.ROUTINES
       WHERE ROUTINE_SCHEMA IN ${within}`,
    )),
    ...(await ask(
      'event',
      `SELECT EVENT_SCHEMA AS db, EVENT_NAME AS tbl FROM information_schema.EVENTS
       WHERE EVENT_SCHEMA IN ${within}`,
    )),
  ];
}

export async function readCreateView(
  connection: ServerConnection,
  { database, table }: TableName,
): Promise<string | undefined> {
  const [row] = await connection.query(
    `SHOW CREATE VIEW ${quoteName(database)}.${quoteName(table)}`,
  );
  return readOptionalText(row, 'Create View');
}
