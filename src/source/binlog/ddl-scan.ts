import { EventDecoder } from '../../binlog/event-decoder.ts';
import { isReached } from '../../core/position-order.ts';
import type { BinlogEvent } from '../../binlog/event.ts';
import type { Frame } from '../../core/frame.ts';
import type { Gtid, GtidFlavor } from '../../core/gtid-set.ts';
import { compareCoordinates, type Position } from '../../core/position.ts';
import { openReplicaSession } from '../../replica/open-session.ts';
import type { DumpStart } from '../../replica/replica-session.ts';
import { classifyStatement } from '../../schema/classify-statement.ts';
import type { ScannedDdl } from '../../schema/schema-history.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { BinlogCursor } from './binlog-cursor.ts';

const GTID_TYPES: ReadonlySet<number> = new Set([33, 42, 162]);
/** Event types that can hold or lead to a statement; the rest is passed over unread. */
const WANTED_TYPES: ReadonlySet<number> = new Set([2, 4, 15, 40, 165]);
const HEARTBEATS: ReadonlySet<number> = new Set([27, 41]);
const QUEUED_BYTES = 8 << 20;

export interface DdlScanOptions {
  readonly server: ServerOptions;
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
  readonly heartbeatSeconds: number;
  readonly signal: AbortSignal;
}

/** A DDL that is still to come, and the GTID that it has. */
export interface FoundDdl extends ScannedDdl {
  readonly gtid: Gtid | undefined;
}

/** A server id for a connection that lives only for a moment. */
export function randomServerId(): number {
  return 0x4000_0000 + Math.floor(Math.random() * 0x3fff_ffff);
}

export function dumpStart(position: Position): DumpStart {
  return position.kind === 'gtid'
    ? { kind: 'gtid', gtidSet: position.gtidSet }
    : { kind: 'coordinates', coordinates: position.coordinates };
}

/** The DDL statements between two positions of the same server, in binlog order. */
export async function scanDdl(
  from: Position,
  to: Position,
  options: DdlScanOptions,
): Promise<FoundDdl[]> {
  if (isReached(from, to)) return [];
  const found: FoundDdl[] = [];
  const session = await openReplicaSession({
    server: options.server,
    serverId: randomServerId(),
    heartbeatSeconds: options.heartbeatSeconds,
    queuedBytesHigh: QUEUED_BYTES,
    start: dumpStart(from),
    signal: options.signal,
  });
  try {
    const cursor = new BinlogCursor(from.coordinates);
    const decoder = new EventDecoder();
    const reading: Reading = { decoder, cursor, options, found, gtidFrame: undefined };
    for await (const frames of session) {
      for (const frame of frames) readFrame(frame, reading);
      if (compareCoordinates(cursor.coordinates, to.coordinates) >= 0) return found;
    }
  } finally {
    await session.close();
  }
  return found;
}

interface Reading {
  readonly decoder: EventDecoder;
  readonly cursor: BinlogCursor;
  readonly options: DdlScanOptions;
  readonly found: FoundDdl[];
  /** Of the group under way; read only when there is a DDL in it. */
  gtidFrame: Frame | undefined;
}

function readFrame(frame: Frame, reading: Reading): void {
  const { decoder, cursor } = reading;
  const type = typeOf(frame);
  if (HEARTBEATS.has(type)) {
    followHeartbeat(decoder.decode(frame), cursor);
    return;
  }
  cursor.advance(decoder.header(frame), frame, true);
  if (GTID_TYPES.has(type)) reading.gtidFrame = frame;
  if (!WANTED_TYPES.has(type)) return;
  const event = decoder.decode(frame);
  if (event.kind === 'rotate') cursor.rotate(event);
  else if (event.kind !== 'transaction-payload') collect(event, reading);
  else {
    for (const inner of event.frames()) {
      if (WANTED_TYPES.has(typeOf(inner))) collect(decoder.decode(inner), reading);
    }
  }
}

/** Its position is where the server stands: nothing more comes before it. */
function followHeartbeat(event: BinlogEvent, cursor: BinlogCursor): void {
  if (event.kind !== 'heartbeat' || event.file === '') return;
  const at = { file: event.file, offset: event.offset };
  if (compareCoordinates(at, cursor.coordinates) > 0) cursor.jump(at);
}

function typeOf(frame: Frame): number {
  return frame.bytes[frame.start + 4] ?? 0;
}

function collect(event: BinlogEvent, reading: Reading): void {
  if (event.kind !== 'query') return;
  const { cursor, options, found } = reading;
  const { statement, database, context } = event;
  const { kind } = classifyStatement(statement, {
    flavor: options.flavor,
    versionNumber: options.versionNumber,
    sqlModeNames: context.sqlModeNames,
    defaultDatabase: database,
  });
  if (kind !== 'ddl') return;
  const gtid = gtidOf(reading);
  found.push({ coordinates: cursor.eventStart, statement, database, context, gtid });
}

function gtidOf({ decoder, gtidFrame }: Reading): Gtid | undefined {
  const event = gtidFrame === undefined ? undefined : decoder.decode(gtidFrame);
  return event?.kind === 'gtid' ? event.gtid : undefined;
}
