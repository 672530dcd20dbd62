import { TailraceError } from '../core/errors.ts';
import type { ServerConnection } from '../server/connect.ts';
import { readOptionalText } from '../server/row-reader.ts';
import { describeOldest, formatStart } from './explain-refusal.ts';
import type { ReplicaOptions } from './replica-session.ts';

/** COM_BINLOG_DUMP has 32 bits for the offset. */
const MAX_DUMP_OFFSET = 0xffff_ffff;

/**
 * What the server would not refuse, or not in all versions: our id being its own, an offset that the
 * request cannot hold, GTIDs that the server never wrote, GTIDs that it has purged.
 */
export async function checkStart(
  connection: ServerConnection,
  { start, serverId }: ReplicaOptions,
): Promise<void> {
  const { info } = connection;
  const place = { host: info.host };
  if (info.serverId === serverId) {
    throw new TailraceError(
      'SOURCE_SERVER_ID_TAKEN',
      `our server id ${serverId} is that of the source ${info.host} itself`,
      { place },
    );
  }
  if (start.kind === 'coordinates') {
    if (start.coordinates.offset <= MAX_DUMP_OFFSET) return;
    throw new TailraceError(
      'SOURCE_POSITION_UNKNOWN',
      `a replica cannot begin at ${formatStart(start)}: beyond 4 GiB only a GTID says where`,
      { place, next: 'Give the position as a GTID set.' },
    );
  }
  if (start.gtidSet.flavor !== info.flavor && !start.gtidSet.isEmpty) {
    throw new TailraceError(
      'SOURCE_POSITION_UNKNOWN',
      `${formatStart(start)} are not of the family of ${info.host}, ${info.version}`,
      { place },
    );
  }
  if (info.flavor === 'mysql') await checkMysqlGtids(connection, start.gtidSet.toString());
}

async function checkMysqlGtids(connection: ServerConnection, wanted: string): Promise<void> {
  const { info } = connection;
  const place = { host: info.host };
  const [row] = await connection.query(
    'SELECT @@GLOBAL.gtid_mode AS mode, GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS ahead,' +
      ' GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS missing',
    [wanted, wanted],
  );
  if (!(readOptionalText(row, 'mode') ?? '').startsWith('ON')) {
    throw new TailraceError(
      'SOURCE_POSITION_UNKNOWN',
      `the position is a GTID set, and gtid_mode of ${info.host} is not ON`,
      { place, next: 'Set gtid_mode=ON on the source, or give the position as file:offset.' },
    );
  }
  const ahead = (readOptionalText(row, 'ahead') ?? '').toLowerCase();
  if (info.serverUuid !== undefined && ahead.includes(info.serverUuid.toLowerCase())) {
    throw new TailraceError(
      'SOURCE_POSITION_UNKNOWN',
      `the position is ahead of the source, which never wrote ${ahead}: it was restored or replaced`,
      { place },
    );
  }
  const missing = readOptionalText(row, 'missing') ?? '';
  if (missing !== '') {
    throw new TailraceError(
      'SOURCE_POSITION_PURGED',
      `the source no longer has GTIDs ${missing}, which the position lacks` +
        (await describeOldest(connection)),
      { place },
    );
  }
}
