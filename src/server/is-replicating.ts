import type { ServerConnection } from './connect.ts';
import { isServerErrno } from './error-from-server.ts';
import { readFirstText, type Row } from './row-reader.ts';

const ACCESS_DENIED = [1045, 1142, 1227];

/** Whether the server applies what another one sent it, so that what it lacks may still come. */
export async function isReplicating(connection: ServerConnection): Promise<boolean> {
  const rows = await readReplicaStatus(connection);
  return rows.some(
    (row) => readFirstText(row, ['Replica_SQL_Running', 'Slave_SQL_Running']) === 'Yes',
  );
}

/** How far the server is behind the one that it replicates; undefined: it is no replica, or may not say. */
export async function readReplicaLag(connection: ServerConnection): Promise<number | undefined> {
  const lags = (await readReplicaStatus(connection))
    .map((row) => readFirstText(row, ['Seconds_Behind_Source', 'Seconds_Behind_Master']))
    .filter((text) => text !== undefined && text !== '')
    .map(Number);
  return lags.length === 0 ? undefined : Math.max(...lags);
}

/** One row for each channel. */
async function readReplicaStatus(connection: ServerConnection): Promise<readonly Row[]> {
  const { flavor, versionNumber } = connection.info;
  const isRenamed = flavor === 'mysql' && versionNumber >= 80022;
  try {
    return await connection.query(
      flavor === 'mariadb'
        ? 'SHOW ALL SLAVES STATUS'
        : isRenamed
          ? 'SHOW REPLICA STATUS'
          : 'SHOW SLAVE STATUS',
    );
  } catch (thrown) {
    // MariaDB asks for a right that a replica's account need not have.
    if (isServerErrno(thrown, ...ACCESS_DENIED)) return [];
    throw thrown;
  }
}
