import { readGrants } from '../../server/read-grants.ts';
import { readOptionalText, readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { parseTargetGrants, type TargetPrivileges } from './target-privileges.ts';

/** What matters for writing to a target, as it is set now. */
export interface TargetSettings {
  readonly info: ServerInfo;
  /** `user@host` as the target takes us, for GRANT. */
  readonly account: string;
  readonly privileges: TargetPrivileges;
  /** Global variables by name, lower case; those that the server has. */
  readonly variables: ReadonlyMap<string, string>;
  /** Of our session, where the server has it: what stays on although we asked for the opposite. */
  readonly requiresPrimaryKey: boolean;
  /** Enabled events of the task's databases, as `database.event`. */
  readonly enabledEvents: readonly EventName[];
  /** Why GET_LOCK is refused; undefined: it works. */
  readonly lockRefusal: string | undefined;
}

export interface EventName {
  readonly database: string;
  readonly event: string;
}

const VARIABLES = [
  'read_only',
  'super_read_only',
  'innodb_read_only',
  'event_scheduler',
  'innodb_strict_mode',
  'secure_timestamp',
  'log_bin',
  'binlog_format',
  'local_infile',
] as const;

/** `connection` has the session settings of the sink. */
export async function readTargetSettings(
  connection: ServerConnection,
  databases: readonly string[],
): Promise<TargetSettings> {
  const rows = await connection.query(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${VARIABLES.map(() => '?').join(', ')})`,
    VARIABLES,
  );
  const [me] = await connection.query('SELECT CURRENT_USER() AS account');
  const [key] = await connection.query(
    "SHOW SESSION VARIABLES WHERE Variable_name = 'sql_require_primary_key'",
  );
  return {
    info: connection.info,
    account: readText(me, 'account'),
    privileges: parseTargetGrants(await readGrants(connection)),
    variables: new Map(
      rows.map((row) => [readText(row, 'Variable_name').toLowerCase(), readText(row, 'Value')]),
    ),
    requiresPrimaryKey: readOptionalText(key, 'Value') === 'ON',
    enabledEvents: await readEnabledEvents(connection, databases),
    lockRefusal: await tryLock(connection),
  };
}

async function readEnabledEvents(
  connection: ServerConnection,
  databases: readonly string[],
): Promise<readonly EventName[]> {
  if (databases.length === 0) return [];
  const rows = await connection.query(
    `SELECT EVENT_SCHEMA AS db, EVENT_NAME AS name FROM information_schema.EVENTS
     WHERE STATUS = 'ENABLED' AND EVENT_SCHEMA IN (${databases.map(() => '?').join(', ')})`,
    databases,
  );
  return rows.map((row) => ({ database: readText(row, 'db'), event: readText(row, 'name') }));
}

/** Some cluster set-ups refuse user locks, by which one process alone runs a task. */
async function tryLock(connection: ServerConnection): Promise<string | undefined> {
  const name = `tailrace:check:${connection.threadId}`;
  try {
    await connection.query('SELECT GET_LOCK(?, 0) AS got', [name]);
    await connection.query('SELECT RELEASE_LOCK(?) AS done', [name]);
    return undefined;
  } catch (error) {
    if (!connection.isAlive || !(error instanceof Error)) throw error;
    return error.message;
  }
}
