import { TailraceError } from '../../core/errors.ts';
import { parseGtidSet } from '../../core/gtid-set-parse.ts';
import type { GtidSet } from '../../core/gtid-set.ts';
import { compareCoordinates, formatCoordinates } from '../../core/position.ts';
import type { BinlogCoordinates, Position, PositionRequest } from '../../core/position.ts';
import { readBinlogFiles, readPurgedGtids } from '../../replica/oldest-position.ts';
import type { ServerConnection } from '../../server/connect.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { readNumber, readOptionalText } from '../../server/row-reader.ts';
import {
  findBoundary,
  FIRST_OFFSET,
  notBoundary,
  openScan,
  probeBoundary,
  readFileTime,
  type ScanContext,
} from './position-scan.ts';
import { hasGtids, readHead } from './read-head.ts';

export { readHead } from './read-head.ts';

export interface ResolveOptions {
  readonly connection: ServerConnection;
  /** The same server: some answers are found by reading its binlog as a replica. */
  readonly server: ServerOptions;
  readonly signal: AbortSignal;
}

/**
 * What an operator's position means on this source: a commit boundary, by GTIDs where the source has
 * them. A position that the source does not have is refused here and not later.
 */
export async function resolvePosition(
  request: PositionRequest,
  options: ResolveOptions,
): Promise<Position> {
  const { connection } = options;
  const head = await readHead(connection);
  if (request.kind === 'now') return head;
  const withGtids = await hasGtids(connection);
  const context: ScanContext = { ...options, withGtids, head };
  switch (request.kind) {
    case 'earliest':
      return resolveEarliest(context);
    case 'gtid':
      return resolveGtid(request.gtidSet, context);
    case 'coordinates':
      return resolveCoordinates(request.coordinates, context);
    case 'time':
      return resolveTime(request.at, context);
  }
}

async function resolveEarliest({ connection, withGtids, head }: ScanContext): Promise<Position> {
  const [oldest] = await readBinlogFiles(connection);
  if (oldest === undefined) return head;
  const coordinates = { file: oldest.name, offset: FIRST_OFFSET };
  if (!withGtids) return { kind: 'coordinates', coordinates };
  const purged = await readPurgedGtids(connection, oldest);
  return { kind: 'gtid', gtidSet: parseGtidSet(purged, connection.info.flavor), coordinates };
}

async function resolveGtid(gtidSet: GtidSet, context: ScanContext): Promise<Position> {
  const { host, flavor, version } = context.connection.info;
  if (gtidSet.flavor !== flavor) {
    throw new TailraceError(
      'POSITION_INVALID',
      `"${gtidSet.toString()}" is not a GTID set as ${host} (${version}) has them`,
      { place: { host } },
    );
  }
  const session = await openScan({ kind: 'gtid', gtidSet }, context);
  await session.close();
  // Where in the files that is shows when the stream begins.
  return { kind: 'gtid', gtidSet, coordinates: { file: '', offset: FIRST_OFFSET } };
}

async function resolveCoordinates(
  request: BinlogCoordinates,
  context: ScanContext,
): Promise<Position> {
  const wanted = await passFileEnd(request, context);
  if (compareCoordinates(wanted, context.head.coordinates) === 0) {
    if (wanted.file === context.head.coordinates.file) return context.head;
  }
  if (!context.withGtids) {
    await probeBoundary(wanted, context);
    return { kind: 'coordinates', coordinates: wanted };
  }
  if (context.connection.info.flavor === 'mariadb') {
    await probeBoundary(wanted, context);
    const position = await askMariadb(wanted, context);
    if (position !== undefined) return position;
  }
  return scanCoordinates(wanted, context);
}

/** The end of a file that was closed and the start of the next are one place. */
async function passFileEnd(
  wanted: BinlogCoordinates,
  { connection }: ScanContext,
): Promise<BinlogCoordinates> {
  const files = await readBinlogFiles(connection);
  const index = files.findIndex(({ name }) => name === wanted.file);
  const next = files[index + 1];
  const isEnd = index !== -1 && files[index]?.bytes === wanted.offset;
  return isEnd && next !== undefined ? { file: next.name, offset: FIRST_OFFSET } : wanted;
}

/** The server looks it up itself; undefined where it can't. */
async function askMariadb(
  coordinates: BinlogCoordinates,
  { connection }: ScanContext,
): Promise<Position | undefined> {
  const { file, offset } = coordinates;
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [file, offset]);
  const gtids = readOptionalText(row, 'gtids');
  if (gtids === undefined) return undefined;
  return { kind: 'gtid', gtidSet: parseGtidSet(gtids, 'mariadb'), coordinates };
}

async function scanCoordinates(wanted: BinlogCoordinates, context: ScanContext): Promise<Position> {
  const found = await findBoundary(
    wanted.file,
    ({ coordinates }) => compareCoordinates(coordinates, wanted) >= 0,
    context,
  );
  if (found === undefined) throw notBoundary(wanted);
  if (found.coordinates.file === wanted.file && found.coordinates.offset === wanted.offset) {
    return found;
  }
  throw notBoundary(wanted, found.coordinates);
}

/** Whole seconds are all that event headers have: a transaction counts by the second it names. */
async function resolveTime(at: Date, context: ScanContext): Promise<Position> {
  const { connection, head } = context;
  const { host } = connection.info;
  const [row] = await connection.query('SELECT UNIX_TIMESTAMP(NOW(6)) AS now');
  if (at.getTime() > readNumber(row, 'now') * 1000) {
    throw new TailraceError('POSITION_INVALID', `${at.toISOString()} is in the future of ${host}`, {
      place: { host },
    });
  }
  const file = await findFileOfTime(at, context);
  const found = await findBoundary(
    file,
    ({ timestamp }) => timestamp !== undefined && timestamp * 1000 >= at.getTime(),
    context,
  );
  return found ?? head;
}

/**
 * The newest file that was begun before the time: later ones hold only what came after. From the
 * newest back, because clocks that were set back make file times a poor order to search in.
 */
async function findFileOfTime(at: Date, context: ScanContext): Promise<string> {
  const files = await readBinlogFiles(context.connection);
  for (const { name } of [...files].reverse()) {
    const begunMs = (await readFileTime(name, context)) * 1000;
    const isOldest = name === files[0]?.name;
    if (begunMs < at.getTime() || (isOldest && begunMs === at.getTime())) return name;
  }
  const { host } = context.connection.info;
  const oldest = files[0];
  const available =
    oldest === undefined
      ? 'nothing is available'
      : `the oldest that is available is ${formatCoordinates({ file: oldest.name, offset: FIRST_OFFSET })}`;
  throw new TailraceError(
    'SOURCE_POSITION_PURGED',
    `${host} no longer has its binlog of ${at.toISOString()}; ${available}`,
    { place: { host } },
  );
}
