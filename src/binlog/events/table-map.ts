import type { Frame } from '../../core/frame.ts';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { EventHeader, TableMapEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { HEADER_LENGTH } from '../event-types.ts';
import { METADATA_LENGTH, WIRE_TYPE } from '../wire-types.ts';
import { decodeRowMetadata } from './table-map-metadata.ts';

/*
 * Table map (19):
 *
 *   0  6  table id (4 bytes where the post header is 6 long: before MySQL 5.1)
 *   6  2  flags
 *   8     body:
 *         1 + n + zero byte   database · 1 + n + zero byte   table
 *         length-encoded      number of columns, c
 *         c                   wire type of each
 *         length-encoded + m  metadata of the types that have some, 1 or 2 bytes each
 *         (c + 7) / 8         bit set: can be NULL, lowest bit first
 *         …                   optional metadata (table-map-metadata.ts)
 *
 * Source: MySQL `Table_map_event` (rows_event.h).
 */

const MAX_COLUMNS = 4096;
const POST_HEADER_LENGTH = 8;
const COMPARE_LIMIT = 256;

/** Table id and body, without decoding the body: equal bytes, equal table map. */
export function tableMapIdentity(frame: Frame): {
  readonly tableId: number;
  readonly body: Buffer;
} {
  const reader = EventReader.ofBody(frame, 'table map');
  const tableId = reader.u48();
  reader.skip(2);
  return { tableId, body: reader.view(reader.remaining) };
}

export function tableMapIdOf(frame: Frame): number {
  return EventReader.passing(frame, 'table map').u48();
}

/** As comparing `tableMapIdentity(frame).body` with `body`, without a view; bodies are too short for a native call to pay. */
export function hasTableMapBody(frame: Frame, body: Buffer): boolean {
  const start = frame.start + HEADER_LENGTH + POST_HEADER_LENGTH;
  const { length } = body;
  if (frame.end - start !== length) return false;
  if (length > COMPARE_LIMIT) {
    return frame.bytes.compare(body, 0, length, start, frame.end) === 0;
  }
  for (let i = 0; i < length; i++) if (frame.bytes[start + i] !== body[i]) return false;
  return true;
}

export function decodeTableMap(
  frame: Frame,
  header: EventHeader,
  flavor: GtidFlavor,
): TableMapEvent {
  const { tableId, body: view } = tableMapIdentity(frame);
  // A table map outlives the socket chunk that it came in by far.
  const body = Buffer.from(view);
  const reader = new EventReader(body, { start: 0, end: body.length }, 'table map');
  const database = reader.countedNulString();
  const table = reader.countedNulString();
  const columnCount = reader.lengthEncoded();
  if (columnCount > MAX_COLUMNS) throw reader.invalid(`it has ${columnCount} columns`);
  const columnTypes = Uint8Array.from(reader.view(columnCount));
  const columnMeta = readTypeMetadata(reader.sub(reader.lengthEncoded()), columnTypes);
  const nullable = readNullable(reader.view((columnCount + 7) >> 3), columnCount);
  const metadata = decodeRowMetadata(reader, { columnTypes, columnMeta, flavor });
  return {
    kind: 'table-map',
    header,
    tableId,
    database,
    table,
    columnCount,
    columnTypes,
    columnMeta,
    nullable,
    metadata,
    body,
  };
}

function readTypeMetadata(reader: EventReader, columnTypes: Uint8Array): Uint16Array {
  const columnMeta = new Uint16Array(columnTypes.length);
  columnTypes.forEach((type, i) => {
    const length = METADATA_LENGTH[type] ?? 0;
    if (length === 2) columnMeta[i] = reader.u16();
    else if (length === 1) columnMeta[i] = reader.u8();
    else if (type === WIRE_TYPE.TYPED_ARRAY) throw reader.invalid('it has a typed array column');
  });
  // A type whose metadata is not known would shift all that follows.
  if (reader.remaining > 0) throw reader.invalid('the metadata does not fit the column types');
  return columnMeta;
}

function readNullable(bits: Buffer, columnCount: number): boolean[] {
  return Array.from(
    { length: columnCount },
    (_, i) => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1,
  );
}
