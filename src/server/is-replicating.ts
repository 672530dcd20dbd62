import type { ServerConnection } from './connect.ts';
import { isServerErrno } from './error-from-server.ts';
import { readFirstText } from './row-reader.ts';

const ACCESS_DENIED = [1045, 1142, 1227];

/** Whether the server applies what another one sent it, so that what it lacks may still come. */
export async function isReplicating(connection: ServerConnection): Promise<boolean> {
  const { flavor, versionNumber } = connection.info;
  const isRenamed = flavor === 'mysql' && versionNumber >= 80022;
  try {
    const rows = await connection.query(
      flavor === 'mariadb'
        ? 'SHOW ALL SLAVES STATUS'
        : isRenamed
          ? 'SHOW REPLICA STATUS'
          : 'SHOW SLAVE STATUS',
    );
    return rows.some(
      (row) => readFirstText(row, ['Replica_SQL_Running', 'Slave_SQL_Running']) === 'Yes',
    );
  } catch (thrown) {
    // MariaDB asks for a right that a replica's account need not have.
    if (isServerErrno(thrown, ...ACCESS_DENIED)) return false;
    throw thrown;
  }
}
