import type { Frame } from '../../core/frame.ts';
import type { EventHeader, RowsEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { EVENT } from '../event-types.ts';
import { inflateRest } from './mariadb-compression.ts';

/*
 * Rows of one table:
 *
 *   0  6  table id (4 bytes where the post header is 6 long: before MySQL 5.1)
 *   6  2  flags
 *  [8  2  v2 only: length of extra data with these two bytes, extra data]
 *      …  length-encoded number of columns, c
 *      …  (c + 7) / 8: columns in the image, lowest bit first; updates have it twice, before and after
 *      …  row images to the end; MariaDB's compressed events: compressed, the rest is not
 *
 * Kind by type code: 23, 24, 25 write, update, delete v1 · 30, 31, 32 v2 · 39 partial update (v2) ·
 * MariaDB 166, 167, 168 compressed v1 · 169, 170, 171 compressed v2.
 * Source: MySQL `Rows_event` (rows_event.h), MariaDB `Rows_log_event`.
 */

interface RowsKind {
  readonly action: RowsEvent['action'];
  readonly hasExtraData: boolean;
  readonly isCompressed: boolean;
}

const ACTIONS = ['insert', 'update', 'delete'] as const;
const FIRST_CODES = [
  { code: EVENT.WRITE_ROWS_V1, hasExtraData: false, isCompressed: false },
  { code: EVENT.WRITE_ROWS, hasExtraData: true, isCompressed: false },
  { code: EVENT.WRITE_ROWS_COMPRESSED_V1, hasExtraData: false, isCompressed: true },
  { code: EVENT.WRITE_ROWS_COMPRESSED, hasExtraData: true, isCompressed: true },
];

const KINDS: readonly (RowsKind | undefined)[] = makeKinds();
const MAX_COLUMNS = 4096;
/** v1 events of servers before 5.1.4 had table ids of 4 bytes. */
export const SHORT_POST_HEADER = 6;

/** What a rows event is read with besides its bytes. */
export interface RowsContext {
  /** By type code; undefined: the format description does not name it. */
  postHeaderLength(typeCode: number): number | undefined;
  readonly bitmaps: BitmapCache;
}

/**
 * The columns of an image are nearly always the same as those before: equal bitmaps are one object, which
 * saves a view for each and lets those who come after tell by identity.
 */
export class BitmapCache {
  readonly #byLength: (Buffer | undefined)[] = [];

  read(reader: EventReader, length: number): Buffer {
    const known = this.#byLength[length];
    if (known !== undefined && reader.skipIfEqual(known)) return known;
    // Copied: it outlives the socket chunk that it came in.
    const bitmap = Buffer.from(reader.view(length));
    this.#byLength[length] = bitmap;
    return bitmap;
  }
}

export function isRowsType(typeCode: number): boolean {
  return KINDS[typeCode] !== undefined;
}

/** Of a type that has rows. */
export function actionOfType(typeCode: number): RowsEvent['action'] {
  return (KINDS[typeCode] as RowsKind).action;
}

export function decodeRows(frame: Frame, header: EventHeader, context: RowsContext): RowsEvent {
  const reader = EventReader.passing(frame, 'rows');
  const kind = KINDS[header.typeCode];
  if (kind === undefined) throw reader.invalid(`type ${header.typeCode} has no rows`);
  const isShort = context.postHeaderLength(header.typeCode) === SHORT_POST_HEADER;
  const tableId = isShort ? reader.u32() : reader.u48();
  const flags = reader.u16();
  if (kind.hasExtraData) skipExtraData(reader);
  const columnCount = reader.lengthEncoded();
  if (columnCount > MAX_COLUMNS) throw reader.invalid(`it has ${columnCount} columns`);
  const bitmapLength = (columnCount + 7) >> 3;
  const { bitmaps } = context;
  const presentFirst = bitmaps.read(reader, bitmapLength);
  const presentSecond = kind.action === 'update' ? bitmaps.read(reader, bitmapLength) : undefined;
  const images = kind.isCompressed ? inflateRest(reader) : undefined;
  return {
    kind: 'rows',
    header,
    action: kind.action,
    isPartial: header.typeCode === EVENT.PARTIAL_UPDATE_ROWS,
    tableId,
    flags,
    columnCount,
    presentFirst,
    presentSecond,
    bytes: images ?? reader.bytes,
    start: images === undefined ? reader.offset : 0,
    end: images === undefined ? reader.end : images.length,
  };
}

function skipExtraData(reader: EventReader): void {
  const length = reader.u16();
  if (length < 2) throw reader.invalid('its extra data has no length');
  reader.skip(length - 2);
}

function makeKinds(): (RowsKind | undefined)[] {
  const kinds: (RowsKind | undefined)[] = new Array<undefined>(256).fill(undefined);
  for (const { code, hasExtraData, isCompressed } of FIRST_CODES) {
    ACTIONS.forEach((action, i) => {
      kinds[code + i] = { action, hasExtraData, isCompressed };
    });
  }
  kinds[EVENT.PARTIAL_UPDATE_ROWS] = { action: 'update', hasExtraData: true, isCompressed: false };
  return kinds;
}
