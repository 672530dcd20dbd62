import type { TableName } from '../../../core/table.ts';
import type { ServerInfo } from '../../../server/server-info.ts';

/*
 * Binlog events as a client may hand them to a server in BINLOG '<base64>': header and body, without
 * checksums (the format description says so). All numbers little endian.
 *
 * Header, 19 bytes: u32 time · u8 type · u32 server id · u32 length · u32 end position · u16 flags
 *
 * Format description (15)   u16 4 · 50 server version · u32 0 · u8 19 · one length of post header for each
 *                           type from 1 on · u8 0: no checksum algorithm · u32 0: its own checksum
 * Table map (19)            u48 table id · u16 flags · 1 + n + 0 database · 1 + n + 0 table ·
 *                           lenenc columns · their types · lenenc metadata · NULL bits  [· more, left out here]
 * Rows, v1 (23, 24, 25)     u48 table id · u16 flags · lenenc columns · bitmap [· a second one: update] · images
 *       v2 (30, 31, 32)     with u16 2 (no extra data) behind the flags
 *
 * Source: MySQL `Format_description_event`, `Table_map_event`, `Rows_event`; MariaDB sql/log_event.h. v2 is
 * what MySQL writes since 5.6, v1 what MariaDB writes.
 */
const HEADER = 19;
const TYPE = {
  formatDescription: 15,
  tableMap: 19,
  rowsV1: 23,
  rowsV2: 30,
} as const;
const ROWS_OFFSET = { insert: 0, update: 1, delete: 2 } as const;

export type RowsAction = keyof typeof ROWS_OFFSET;

/** Rows-event flags. */
export const ROWS_FLAG = {
  statementEnd: 0x01,
  noForeignKeyChecks: 0x02,
} as const;

/** What the target's own events look like. */
export interface EventDialect {
  readonly flavor: ServerInfo['flavor'];
  readonly serverId: number;
}

/** Lengths of the post headers of the types 1 to 38; a format description has its own, which is not looked at. */
const POST_HEADERS = Buffer.from([
  56, 13, 0, 8, 0, 18, 0, 4, 4, 4, 4, 18, 0, 0, 84, 0, 4, 26, 8, 0, 0, 0, 8, 8, 8, 2, 0, 0, 0, 10,
  10, 10, 42, 42, 0, 18, 52, 0,
]);
const VERSION_BYTES = 50;

/** Says how the events that follow in this session are written. */
export function formatDescriptionEvent(info: ServerInfo): Buffer {
  const body = Buffer.alloc(2 + VERSION_BYTES + 4 + 1 + POST_HEADERS.length + 1 + 4);
  body.writeUInt16LE(4, 0);
  body.write(info.version.slice(0, VERSION_BYTES - 1), 2, 'latin1');
  body[2 + VERSION_BYTES + 4] = HEADER;
  POST_HEADERS.copy(body, 2 + VERSION_BYTES + 5);
  return Buffer.concat([eventHeader(TYPE.formatDescription, body.length, info), body]);
}

/** The source's table map (`body`, from its names on) under the target's name and an id of our own. */
export function tableMapEvent(
  dialect: EventDialect,
  { name, tableId, body }: { name: TableName; tableId: number; body: Buffer },
): Buffer {
  const post = Buffer.alloc(8);
  post.writeUIntLE(tableId, 0, 6);
  post.writeUInt16LE(1, 6);
  const parts = [post, countedName(name.database), countedName(name.table), columnsOf(body)];
  const content = Buffer.concat(parts);
  return Buffer.concat([eventHeader(TYPE.tableMap, content.length, dialect), content]);
}

/** Everything of a rows event before its images; its length is set by `setEventLength`. */
export function rowsEventHead(
  dialect: EventDialect,
  { action, tableId, flags, columnCount, keyCount }: RowsHead,
): Buffer {
  const isV2 = dialect.flavor === 'mysql';
  const type = (isV2 ? TYPE.rowsV2 : TYPE.rowsV1) + ROWS_OFFSET[action];
  const post = Buffer.alloc(isV2 ? 10 : 8);
  post.writeUIntLE(tableId, 0, 6);
  post.writeUInt16LE(flags, 6);
  if (isV2) post.writeUInt16LE(2, 8);
  const all = bitmapOf(columnCount, columnCount);
  const first = bitmapOf(columnCount, keyCount ?? columnCount);
  const bitmaps = action === 'update' ? [first, all] : [first];
  const head = Buffer.concat([post, lengthEncoded(columnCount), ...bitmaps]);
  return Buffer.concat([eventHeader(type, head.length, dialect), head]);
}

export interface RowsHead {
  readonly action: RowsAction;
  readonly tableId: number;
  readonly flags: number;
  readonly columnCount: number;
  /** So many of the first columns are in the images before; undefined: all. */
  readonly keyCount: number | undefined;
}

/** Of the first `count` columns; bits behind the last column are set, as a server does. */
function bitmapOf(columnCount: number, count: number): Buffer {
  const bitmap = Buffer.alloc((columnCount + 7) >> 3, 0xff);
  for (let column = count; column < columnCount; column++) {
    bitmap[column >> 3] = (bitmap[column >> 3] ?? 0) & ~(1 << (column & 7));
  }
  return bitmap;
}

export function setEventLength(bytes: Buffer, at: number, length: number): void {
  bytes.writeUInt32LE(length, at + 9);
}

function eventHeader(type: number, bodyLength: number, { serverId }: EventDialect): Buffer {
  const header = Buffer.alloc(HEADER);
  header[4] = type;
  header.writeUInt32LE(serverId, 5);
  header.writeUInt32LE(HEADER + bodyLength, 9);
  return header;
}

function countedName(name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  return Buffer.concat([Buffer.of(bytes.length), bytes, Buffer.of(0)]);
}

/** From the number of columns to the NULL bits: what is behind (names, character sets) the target knows better. */
function columnsOf(body: Buffer): Buffer {
  const afterDatabase = (body[0] ?? 0) + 2;
  const start = afterDatabase + (body[afterDatabase] ?? 0) + 2;
  const columns = readLengthEncoded(body, start);
  const metadata = readLengthEncoded(body, columns.end + columns.value);
  return body.subarray(start, metadata.end + metadata.value + ((columns.value + 7) >> 3));
}

/** Of numbers below 65,536: a table has at most 4,096 columns. */
function readLengthEncoded(bytes: Buffer, at: number): { value: number; end: number } {
  const first = bytes[at] ?? 0;
  if (first < 0xfb) return { value: first, end: at + 1 };
  return { value: bytes.readUInt16LE(at + 1), end: at + 3 };
}

function lengthEncoded(value: number): Buffer {
  if (value < 0xfb) return Buffer.of(value);
  const bytes = Buffer.of(0xfc, 0, 0);
  bytes.writeUInt16LE(value, 1);
  return bytes;
}
