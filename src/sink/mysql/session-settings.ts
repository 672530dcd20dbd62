import { TailraceError } from '../../core/errors.ts';
import { isServerErrno } from '../../server/error-from-server.ts';
import { readOptionalText, readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';

export interface SessionSettings {
  /** False: what we write does not go to the target's own binlog. */
  readonly sqlLogBin: boolean;
}

/**
 * Everything that would change, refuse or add to what we write, by name and wanted value. Only
 * those that the server has and that differ are set.
 *
 * sql_mode: strict modes refuse what the source holds (zero dates, values of older rules); instead
 * each warning is looked at. ALLOW_INVALID_DATES: the source may hold 2020-02-31.
 * NO_AUTO_VALUE_ON_ZERO: a 0 in an AUTO_INCREMENT column stays 0.
 * Lock waits: a server goes on with the statement of a client that died, and with it goes the task's lock,
 * for which the next start tries ten seconds.
 * wait_timeout: the connection carries the task's lock and is kept alive by us, so a machine that
 * vanished frees the lock soon.
 */
const NEEDED: readonly Setting[] = [
  ['sql_mode', "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'"],
  ['time_zone', "'+00:00'"],
  ['foreign_key_checks', '1'],
  ['sql_notes', '1'],
];

/** Wanted too, where the user has the right: a server's defaults are mostly the same. */
const WISHED: readonly Setting[] = [
  ['unique_checks', '1'],
  ['sql_auto_is_null', '0'],
  ['sql_safe_updates', '0'],
  ['sql_big_selects', '1'],
  ['max_error_count', '65535'],
  ['completion_type', "'NO_CHAIN'"],
  ['innodb_lock_wait_timeout', '8'],
  ['lock_wait_timeout', '8'],
  ['net_read_timeout', '600'],
  ['net_write_timeout', '600'],
  ['wait_timeout', '90'],
  ['max_execution_time', '0'],
  ['max_statement_time', '0'],
  ['idle_transaction_timeout', '0'],
  ['idle_write_transaction_timeout', '0'],
  ['idle_readonly_transaction_timeout', '0'],
  ['use_secondary_engine', "'OFF'"],
  ['sql_require_primary_key', '0'],
  ['sql_generate_invisible_primary_key', '0'],
  ['binlog_format', "'ROW'"],
  // The target's binlog would hold the text of a statement once for each of its tables: BINLOG's has many.
  ['binlog_annotate_row_events', '0'],
  ['binlog_rows_query_log_events', '0'],
];

type Setting = readonly [name: string, value: string];

const NO_RIGHT = [1227, 1193, 1231, 1232, 1238, 3706] as const;

/** Makes a fresh connection fit for writing rows exactly as the source has them. */
export async function applySessionSettings(
  connection: ServerConnection,
  settings: SessionSettings,
): Promise<void> {
  const current = await readVariables(connection);
  const isMissing = ([name, value]: Setting): boolean =>
    current.has(name) && !isSame(current.get(name), value);
  await assign(connection, NEEDED.filter(isMissing));
  const wished = WISHED.filter(isMissing);
  try {
    await assign(connection, wished);
  } catch (thrown) {
    if (!isServerErrno(thrown, ...NO_RIGHT)) throw thrown;
    for (const [name, value] of wished) {
      await runIfAllowed(connection, `SET SESSION ${name} = ${value}`);
    }
  }
  await setIsolation(connection, current);
  if (!settings.sqlLogBin) await stopLogging(connection);
}

async function assign(connection: ServerConnection, settings: readonly Setting[]): Promise<void> {
  if (settings.length === 0) return;
  const assignments = settings.map(([name, value]) => `SESSION ${name} = ${value}`);
  await connection.run(`SET ${assignments.join(', ')}`);
}

async function readVariables(connection: ServerConnection): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.query('SHOW SESSION VARIABLES');
  return new Map(
    rows.map((row) => [readText(row, 'Variable_name').toLowerCase(), readText(row, 'Value')]),
  );
}

function isSame(current: string | undefined, wanted: string): boolean {
  const plain = wanted.replaceAll("'", '');
  if (current === plain || Number(current) === Number(plain)) return true;
  return (plain === '0' && current === 'OFF') || (plain === '1' && current === 'ON');
}

async function runIfAllowed(connection: ServerConnection, sql: string): Promise<boolean> {
  try {
    await connection.run(sql);
    return true;
  } catch (thrown) {
    if (isServerErrno(thrown, ...NO_RIGHT)) return false;
    throw thrown;
  }
}

/**
 * READ COMMITTED takes no gap locks, so readers' locks and ours meet less often. A server that logs
 * statements refuses it, and we may lack the right to change the format.
 */
async function setIsolation(
  connection: ServerConnection,
  current: ReadonlyMap<string, string>,
): Promise<void> {
  const isLogged = current.get('log_bin') === 'ON';
  const [format] = await connection.query("SHOW SESSION VARIABLES LIKE 'binlog_format'");
  const logsStatements = isLogged && readOptionalText(format, 'Value') === 'STATEMENT';
  const level = logsStatements ? 'REPEATABLE READ' : 'READ COMMITTED';
  await connection.run(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
  // A read-only default (transaction_read_only) would refuse our writes.
  await connection.run('SET SESSION TRANSACTION READ WRITE');
}

async function stopLogging(connection: ServerConnection): Promise<void> {
  if (await runIfAllowed(connection, 'SET SESSION sql_log_bin = 0')) return;
  throw new TailraceError('TARGET_ACCESS_DENIED', 'the user may not set sql_log_bin', {
    place: { host: connection.info.host },
    next: 'GRANT the right (SUPER, SESSION_VARIABLES_ADMIN or BINLOG ADMIN), or set task.target.sql_log_bin = true.',
  });
}
