import { TailraceError } from '../../core/errors.ts';
import { OWN_STATE_COMMENT } from '../../core/own-ddl.ts';
import { readNumber, readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteName, quoteText } from '../../server/sql-text.ts';

/**
 * Tables of the state database. A target transaction that changes CHECKPOINT_TABLE or PARTITION_TABLE first is
 * one of ours: that is how another tailrace, reading the target's binlog, knows it.
 */
export const CHECKPOINT_TABLE = 'tailrace_checkpoint';
export const PARTITION_TABLE = 'tailrace_partition';
export const SCHEMA_TABLE = 'tailrace_schema';
export const PREPARED_XA_TABLE = 'tailrace_prepared_xa';
export const PENDING_DDL_TABLE = 'tailrace_pending_ddl';
export const AUDIT_TABLE = 'tailrace_audit';
export const REPLAY_TABLE = 'tailrace_replay';
export const DEAD_LETTER_TABLE = 'tailrace_dead_letter';
/** Holds rows of a task only while its first copy is unfinished. */
export const SNAPSHOT_TABLE = 'tailrace_snapshot';
/** How far polling is in each table. */
export const POLL_TABLE = 'tailrace_poll';
/** Tables that are added to a task while it runs. */
export const ADDED_TABLE = 'tailrace_added_table';
const VERSION_TABLE = 'tailrace_version';

/** Raise it with a migration whenever a definition below changes. */
const STATE_VERSION = 1;

const TASK = 'task VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL';

/**
 * checkpoint: `seq` and `epoch` are what each UPDATE is conditional on; `position` is NULL before the
 * first transaction. `touches` makes a row image differ where nothing else does yet.
 */
const TABLES: ReadonlyMap<string, string> = new Map([
  [
    CHECKPOINT_TABLE,
    `${TASK}, lane SMALLINT UNSIGNED NOT NULL, seq BIGINT UNSIGNED NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL, owner VARCHAR(190) NOT NULL, touches BIGINT UNSIGNED NOT NULL,
    position LONGTEXT NULL, updated_at DATETIME(6) NOT NULL, PRIMARY KEY (task, lane)`,
  ],
  [
    PARTITION_TABLE,
    `${TASK}, topic VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, part INT UNSIGNED NOT NULL,
    generation BIGINT UNSIGNED NOT NULL, owner VARCHAR(190) NOT NULL, next_offset BIGINT NOT NULL,
    sources LONGTEXT NOT NULL, touches BIGINT UNSIGNED NOT NULL, updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (task, topic, part)`,
  ],
  [
    SCHEMA_TABLE,
    `${TASK}, skey VARBINARY(600) NOT NULL, definition LONGTEXT NOT NULL,
    PRIMARY KEY (task, skey)`,
  ],
  [
    PREPARED_XA_TABLE,
    `${TASK}, xid VARBINARY(600) NOT NULL, piece INT UNSIGNED NOT NULL, chunk INT UNSIGNED NOT NULL,
    payload LONGBLOB NOT NULL, PRIMARY KEY (task, xid, piece, chunk)`,
  ],
  [
    PENDING_DDL_TABLE,
    `${TASK}, lane SMALLINT UNSIGNED NOT NULL, seq BIGINT UNSIGNED NOT NULL,
    change_index INT UNSIGNED NOT NULL, record LONGTEXT NOT NULL, created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (task, lane)`,
  ],
  [
    AUDIT_TABLE,
    `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, ${TASK}, action VARCHAR(40) NOT NULL,
    who VARCHAR(190) NOT NULL, place LONGTEXT NOT NULL, reason LONGTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL, PRIMARY KEY (id), KEY task (task)`,
  ],
  [
    REPLAY_TABLE,
    `${TASK}, position LONGTEXT NOT NULL, created_at DATETIME(6) NOT NULL, PRIMARY KEY (task)`,
  ],
  [
    DEAD_LETTER_TABLE,
    `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, ${TASK}, kind VARCHAR(20) NOT NULL,
    reason LONGTEXT NOT NULL, code VARCHAR(60) NULL, seq BIGINT UNSIGNED NULL, gtid VARCHAR(190) NULL,
    coordinates LONGTEXT NULL, table_name VARCHAR(190) NULL, payload LONGTEXT NULL,
    created_at DATETIME(6) NOT NULL, PRIMARY KEY (id), KEY task (task, id)`,
  ],
  [
    SNAPSHOT_TABLE,
    `${TASK}, skey VARBINARY(600) NOT NULL, record LONGTEXT NOT NULL, PRIMARY KEY (task, skey)`,
  ],
  [
    POLL_TABLE,
    `${TASK}, skey VARBINARY(600) NOT NULL, record LONGTEXT NOT NULL, PRIMARY KEY (task, skey)`,
  ],
  [
    ADDED_TABLE,
    `${TASK}, skey VARBINARY(600) NOT NULL, record LONGTEXT NOT NULL, PRIMARY KEY (task, skey)`,
  ],
]);

/** The names of the state tables, quoted, with their database. */
export class StateTables {
  readonly database: string;
  readonly checkpoint: string;
  readonly partition: string;
  readonly schema: string;
  readonly preparedXa: string;
  readonly pendingDdl: string;
  readonly audit: string;
  readonly replay: string;
  readonly deadLetter: string;
  readonly snapshot: string;
  readonly poll: string;
  readonly addedTable: string;

  constructor(database: string) {
    const qualify = (table: string): string => `${quoteName(database)}.${quoteName(table)}`;
    this.database = database;
    this.checkpoint = qualify(CHECKPOINT_TABLE);
    this.partition = qualify(PARTITION_TABLE);
    this.schema = qualify(SCHEMA_TABLE);
    this.preparedXa = qualify(PREPARED_XA_TABLE);
    this.pendingDdl = qualify(PENDING_DDL_TABLE);
    this.audit = qualify(AUDIT_TABLE);
    this.replay = qualify(REPLAY_TABLE);
    this.deadLetter = qualify(DEAD_LETTER_TABLE);
    this.snapshot = qualify(SNAPSHOT_TABLE);
    this.poll = qualify(POLL_TABLE);
    this.addedTable = qualify(ADDED_TABLE);
  }
}

/**
 * Makes the database and its tables where they are missing. Nothing is made that is there, so a user
 * without CREATE can run a task whose state database an administrator made.
 */
export async function ensureStateDatabase(
  connection: ServerConnection,
  database: string,
): Promise<void> {
  const existing = await listTables(connection, database);
  if (existing === undefined) {
    await connection.run(
      `${OWN_STATE_COMMENT} CREATE DATABASE IF NOT EXISTS ${quoteName(database)} DEFAULT CHARACTER SET utf8mb4`,
    );
  }
  await ensureVersion(connection, database, existing?.has(VERSION_TABLE) ?? false);
  for (const [name, definition] of TABLES) {
    if (existing?.has(name) === true) continue;
    await createTable(connection, database, [name, definition]);
  }
}

/** Which of the tables are there; undefined: not even the database. */
export async function listTables(
  connection: ServerConnection,
  database: string,
): Promise<ReadonlySet<string> | undefined> {
  const schemas = await connection.query(
    `SELECT 1 AS found FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(database)}`,
  );
  if (schemas.length === 0) return undefined;
  const rows = await connection.query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${quoteText(database)}`,
  );
  return new Set(rows.map((row) => readText(row, 'name')));
}

async function createTable(
  connection: ServerConnection,
  database: string,
  [name, definition]: readonly [string, string],
): Promise<void> {
  await connection.run(
    `CREATE TABLE IF NOT EXISTS ${quoteName(database)}.${quoteName(name)} (${definition})
    ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  );
}

async function ensureVersion(
  connection: ServerConnection,
  database: string,
  exists: boolean,
): Promise<void> {
  const table = `${quoteName(database)}.${quoteName(VERSION_TABLE)}`;
  if (!exists) {
    const definition = 'id TINYINT NOT NULL, version INT NOT NULL, PRIMARY KEY (id)';
    await createTable(connection, database, [VERSION_TABLE, definition]);
  }
  let version = await readVersion(connection, table);
  if (version === undefined) {
    // Another task is making it at this moment, or its process died between the two statements.
    await connection.run(`INSERT IGNORE INTO ${table} VALUES (1, ${STATE_VERSION})`);
    version = await readVersion(connection, table);
  }
  if (version !== STATE_VERSION) throw unknownVersion(database, version ?? 0);
}

async function readVersion(
  connection: ServerConnection,
  table: string,
): Promise<number | undefined> {
  const [row] = await connection.query(`SELECT version FROM ${table} WHERE id = 1`);
  return row === undefined ? undefined : readNumber(row, 'version');
}

function unknownVersion(database: string, version: number): TailraceError {
  return new TailraceError(
    'STATE_UNUSABLE',
    `the state database ${database} on the target has version ${version}; this tailrace knows ${STATE_VERSION}`,
    { next: 'Run the tailrace version that made it, or set another task.target.state_database.' },
  );
}
