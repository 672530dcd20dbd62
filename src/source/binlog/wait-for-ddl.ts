import type { TableName } from '../../core/table.ts';
import type { ServerConnection } from '../../server/connect.ts';

const LOCK_WAIT_SECONDS = 10;

/**
 * MySQL 8 sends a DDL to replicas before information_schema shows it; its metadata lock lasts until it
 * does. Older servers and MariaDB wait for that lock in information_schema itself.
 */
export async function waitForDdl(
  connection: ServerConnection,
  names: readonly TableName[],
): Promise<void> {
  const { flavor, versionNumber } = connection.info;
  if (flavor !== 'mysql' || versionNumber < 80_000) return;
  await connection.run(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_SECONDS}`);
  for (const { database, table } of names) {
    // Whether it can be read does not matter: that it can be looked at means that the DDL is over.
    await connection.query('SELECT 1 FROM ??.?? LIMIT 0', [database, table]).catch(() => undefined);
  }
}
