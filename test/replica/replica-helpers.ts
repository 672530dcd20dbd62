import type { Frame } from '../../src/core/frame.ts';
import { parseGtidSet } from '../../src/core/gtid-set-parse.ts';
import { openReplicaSession } from '../../src/replica/open-session.ts';
import type {
  DumpStart,
  ReplicaOptions,
  ReplicaSession,
} from '../../src/replica/replica-session.ts';
import { connectServer, type ServerConnection } from '../../src/server/connect.ts';
import type { ServerOptions } from '../../src/server/connect-options.ts';
import { readText } from '../../src/server/row-reader.ts';

let nextServerId = 3_000_000 + (process.pid % 100_000) * 100;

export function replicaOptions(
  server: ServerOptions,
  start: DumpStart,
  more: Partial<ReplicaOptions> = {},
): ReplicaOptions {
  nextServerId += 1;
  return {
    server,
    serverId: nextServerId,
    heartbeatSeconds: 5,
    queuedBytesHigh: 8 << 20,
    start,
    signal: new AbortController().signal,
    ...more,
  };
}

export const TYPE = {
  query: 2,
  stop: 3,
  rotate: 4,
  formatDescription: 15,
  xid: 16,
  tableMap: 19,
  heartbeat: 27,
  rowsQuery: 29,
  writeRows: 30,
  gtid: 33,
  heartbeatV2: 41,
  annotateRows: 160,
  mariadbGtid: 162,
} as const;

export function typeOf({ bytes, start }: Frame): number {
  return bytes[start + 4] ?? 0;
}

export function isFormatDescription(frame: Frame): boolean {
  return typeOf(frame) === TYPE.formatDescription;
}

/** Whether the event holds this text, wherever. */
export function has(frame: Frame, text: string): boolean {
  return frame.bytes.subarray(frame.start, frame.end).includes(text);
}

/** Reads until an event has `text`; every event up to it. Closes the session. */
export async function readUntil(session: ReplicaSession, text: string): Promise<Frame[]> {
  const found: Frame[] = [];
  for await (const frames of session) {
    for (const frame of frames) {
      found.push(frame);
      if (has(frame, text)) return found;
    }
  }
  return found;
}

export async function headOf(connection: ServerConnection): Promise<DumpStart> {
  const rows = await connection.query('SHOW BINARY LOGS');
  const last = rows.at(-1);
  return {
    kind: 'coordinates',
    coordinates: { file: readText(last, 'Log_name'), offset: Number(readText(last, 'File_size')) },
  };
}

export async function gtidHeadOf(connection: ServerConnection): Promise<DumpStart> {
  const { flavor } = connection.info;
  const variable = flavor === 'mysql' ? 'gtid_executed' : 'gtid_binlog_pos';
  const [row] = await connection.query(`SELECT @@GLOBAL.${variable} AS gtids`);
  return { kind: 'gtid', gtidSet: parseGtidSet(readText(row, 'gtids'), flavor) };
}

export async function withRoot<T>(
  server: ServerOptions,
  use: (connection: ServerConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectServer(server, 'source');
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}

export async function open(options: ReplicaOptions): Promise<ReplicaSession> {
  return openReplicaSession(options);
}
