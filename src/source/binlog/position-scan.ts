import { TailraceError } from '../../core/errors.ts';
import {
  compareCoordinates,
  formatCoordinates,
  type BinlogCoordinates,
  type Position,
} from '../../core/position.ts';
import { openReplicaSession } from '../../replica/open-session.ts';
import type { DumpStart, ReplicaSession } from '../../replica/replica-session.ts';
import type { ServerConnection } from '../../server/connect.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { BoundaryScan, type Boundary } from './boundary-scan.ts';
import { randomServerId } from './ddl-scan.ts';

export interface ScanContext {
  readonly connection: ServerConnection;
  readonly server: ServerOptions;
  readonly signal: AbortSignal;
  /** What the source's positions are made of. */
  readonly withGtids: boolean;
  /** Nothing is looked for behind it. */
  readonly head: Position;
}

/** Behind the magic number of a binlog file. */
export const FIRST_OFFSET = 4;
/** For the end of a file that ends in a heartbeat: soon. */
const HEARTBEAT_SECONDS = 1;
const QUEUED_BYTES = 8 << 20;
const HEADER_TIMESTAMP_AT = 0;
const FORMAT_DESCRIPTION = 15;

/** A replica of the same host for a moment, under an id that nobody has. */
export function openScan(start: DumpStart, context: ScanContext): Promise<ReplicaSession> {
  return openReplicaSession({
    server: { ...context.server, hosts: [context.connection.info.host] },
    serverId: randomServerId(),
    heartbeatSeconds: HEARTBEAT_SECONDS,
    queuedBytesHigh: QUEUED_BYTES,
    start,
    signal: context.signal,
  });
}

/**
 * Reads from the start of `file` until `isWanted` says so of a boundary, or to the head. undefined:
 * the head came first.
 */
export async function findBoundary(
  file: string,
  isWanted: (boundary: Boundary) => boolean,
  context: ScanContext,
): Promise<Position | undefined> {
  const from: BinlogCoordinates = { file, offset: FIRST_OFFSET };
  const scan = new BoundaryScan(from, context.connection.info, context.withGtids);
  const session = await openScan({ kind: 'coordinates', coordinates: from }, context);
  try {
    for await (const frames of session) {
      for (const frame of frames) {
        const boundary = scan.read(frame);
        if (boundary !== undefined && isWanted(boundary)) return toPosition(boundary, context);
      }
      if (compareCoordinates(scan.coordinates, context.head.coordinates) >= 0) break;
    }
  } finally {
    await session.close();
  }
  const end: Boundary = { coordinates: scan.coordinates, gtidSet: scan.gtidSet, timestamp: 0 };
  return isWanted(end) ? toPosition(end, context) : undefined;
}

/** Seconds since 1970 when the file was begun. */
export async function readFileTime(file: string, context: ScanContext): Promise<number> {
  const coordinates = { file, offset: FIRST_OFFSET };
  const session = await openScan({ kind: 'coordinates', coordinates }, context);
  try {
    for await (const frames of session) {
      for (const { bytes, start } of frames) {
        if (bytes[start + 4] === FORMAT_DESCRIPTION) {
          return bytes.readUInt32LE(start + HEADER_TIMESTAMP_AT);
        }
      }
    }
  } finally {
    await session.close();
  }
  throw new TailraceError('SOURCE_CONNECTION_LOST', `${file} has no format description`);
}

/** Throws unless a boundary is at these coordinates; they are read from there on. */
export async function probeBoundary(
  coordinates: BinlogCoordinates,
  context: ScanContext,
): Promise<void> {
  const scan = new BoundaryScan(coordinates, context.connection.info, context.withGtids);
  const session = await openScan({ kind: 'coordinates', coordinates }, context);
  try {
    for await (const frames of session) {
      for (const frame of frames) {
        const boundary = scan.read(frame);
        if (boundary !== undefined) {
          if (compareCoordinates(boundary.coordinates, coordinates) === 0) return;
          throw notBoundary(coordinates, boundary.coordinates);
        }
      }
      // Nothing more may come for long.
      if (compareCoordinates(scan.coordinates, context.head.coordinates) >= 0) break;
    }
  } finally {
    await session.close();
  }
  throw notBoundary(coordinates);
}

export function notBoundary(wanted: BinlogCoordinates, next?: BinlogCoordinates): TailraceError {
  const hint = next === undefined ? '' : `; the next one begins at ${formatCoordinates(next)}`;
  return new TailraceError(
    'SOURCE_POSITION_UNKNOWN',
    `no transaction begins at ${formatCoordinates(wanted)}${hint}`,
    {
      place: { coordinates: formatCoordinates(wanted) },
      next: 'Give the offset where a transaction begins: SHOW BINLOG EVENTS IN … shows them.',
    },
  );
}

function toPosition({ coordinates, gtidSet }: Boundary, { withGtids }: ScanContext): Position {
  return withGtids ? { kind: 'gtid', gtidSet, coordinates } : { kind: 'coordinates', coordinates };
}
