import { TailraceError } from '../../core/errors.ts';
import { parseGtidSet } from '../../core/gtid-set-parse.ts';
import type { BinlogCoordinates, Position } from '../../core/position.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { readNumber, readOptionalText, readText, type Row } from '../../server/row-reader.ts';

/** How often the parts of a head are read again while the source moves between them. */
const ATTEMPTS = 5;

/**
 * Where the source's binlog ends now, as GTIDs where it has them. File and GTIDs come from different
 * locks of the server, so both are read until they stand still together; on a source that never
 * does, the GTIDs are a little older than the coordinates, never newer, and GTIDs are what counts.
 */
export async function readHead(connection: ServerConnection): Promise<Position> {
  const withGtids = await hasGtids(connection);
  let head = await readHeadOnce(connection, withGtids);
  for (let attempt = 1; attempt < ATTEMPTS && withGtids; attempt += 1) {
    const again = await readHeadOnce(connection, withGtids);
    if (isSame(head, again)) return again;
    head = again;
  }
  return head;
}

/** MySQL with gtid_mode=ON; MariaDB always. */
export async function hasGtids(connection: ServerConnection): Promise<boolean> {
  if (connection.info.flavor === 'mariadb') return true;
  const [row] = await connection.query('SELECT @@GLOBAL.gtid_mode AS mode');
  return readOptionalText(row, 'mode') === 'ON';
}

/** The same at one look: the GTIDs may be a little older than the coordinates. */
export async function readHeadOnce(
  connection: ServerConnection,
  withGtids: boolean,
): Promise<Position> {
  const { flavor } = connection.info;
  // Before the coordinates: see above.
  const binlogPos = flavor === 'mariadb' ? await readBinlogPos(connection) : '';
  const status = await readStatus(connection);
  const coordinates: BinlogCoordinates = {
    file: readText(status, 'File'),
    offset: readNumber(status, 'Position'),
  };
  if (!withGtids) return { kind: 'coordinates', coordinates };
  const gtids =
    flavor === 'mariadb' ? binlogPos : (readOptionalText(status, 'Executed_Gtid_Set') ?? '');
  return { kind: 'gtid', gtidSet: parseGtidSet(gtids, flavor), coordinates };
}

async function readStatus(connection: ServerConnection): Promise<Row> {
  const { flavor, versionNumber, host } = connection.info;
  const isRenamed = flavor === 'mysql' && versionNumber >= 80200;
  const rows = await connection.query(isRenamed ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  const [status] = rows;
  if (status === undefined) {
    throw new TailraceError('SOURCE_BINLOG_OFF', `${host} writes no binlog`, { place: { host } });
  }
  return status;
}

/** What is in the binlog; gtid_current_pos also has what a replica applied without logging it. */
async function readBinlogPos(connection: ServerConnection): Promise<string> {
  const [row] = await connection.query('SELECT @@GLOBAL.gtid_binlog_pos AS gtids');
  return readOptionalText(row, 'gtids') ?? '';
}

function isSame(a: Position, b: Position): boolean {
  return (
    a.coordinates.file === b.coordinates.file &&
    a.coordinates.offset === b.coordinates.offset &&
    a.kind === 'gtid' &&
    b.kind === 'gtid' &&
    a.gtidSet.toString() === b.gtidSet.toString()
  );
}
