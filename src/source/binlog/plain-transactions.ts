import type { EventDecoder } from '../../binlog/event-decoder.ts';
import { EVENT } from '../../binlog/event-types.ts';
import type { RowsEvent } from '../../binlog/event.ts';
import type { EventView } from '../../binlog/event-view.ts';
import { decodeGtid } from '../../binlog/events/gtid.ts';
import { decodeMariadbGtid } from '../../binlog/events/mariadb-gtid.ts';
import { NO_BEGIN, threadOfBegin } from '../../binlog/events/query.ts';
import { decodeRows, isRowsType, SHORT_POST_HEADER } from '../../binlog/events/rows.ts';
import { hasTableMapBody, tableMapIdOf } from '../../binlog/events/table-map.ts';
import { decodeXid } from '../../binlog/events/xid.ts';
import type { FrameBatch } from '../../replica/frame-batch.ts';
import { ARTIFICIAL, type BinlogCursor } from './binlog-cursor.ts';
import { beginOf } from './begin-of-group.ts';
import { OpenGroup } from './open-group.ts';
import { RowsLog } from './rows-log.ts';
import { isWhole } from './table-cache.ts';
import type { TransactionAssembler } from './transaction-assembler.ts';

/** A transaction of more events is not held up by what is done for each. */
const MOST_EVENTS = 64;
const FEWEST_EVENTS = 4;

/** What an event is to a plain transaction. */
const OTHER = 0;
const MYSQL_GTID = 1;
const MARIADB_GTID = 2;
const QUERY = 3;
const TABLE_MAP = 4;
const ROWS = 5;
const XID = 6;
const ROLES = Uint8Array.from({ length: 256 }, (_, type) => roleOf(type));

export interface PlainOptions {
  readonly assembler: TransactionAssembler;
  readonly decoder: EventDecoder;
  readonly cursor: BinlogCursor;
  /** Where the events are read; nobody else has it meanwhile. */
  readonly view: EventView;
  readonly partBytes: number;
  /** Changes are made when they are asked for: where they wait long, and are asked for once. */
  readonly isLate?: boolean;
}

/**
 * Nearly all transactions are alike: GTID, BEGIN (which MariaDB leaves out), table maps that are known, their rows, XID,
 * and all of them stand in the frames at hand. Such a one is read as a whole, with nothing made for an event that only says
 * what was known. Anything that is unlike in any way is left to the assembler, which knows all there is; a test holds both
 * ways beside each other.
 */
export class PlainTransactions {
  readonly #options: PlainOptions;
  /** Of the transactions in the outbox. */
  #log: RowsLog;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#log = new RowsLog(options.decoder.bitmaps);
  }

  /** How many frames were a transaction, which is in the outbox now; 0: what stands there is not plain. */
  take(frames: FrameBatch, from: number): number {
    const { assembler, isLate } = this.#options;
    const count = countEvents(frames, from);
    if (count === 0 || !assembler.takesPlain) return 0;
    if (isLate === true && this.#tryToRead(frames, from, from + count, this.#beginLog()))
      return count;
    return this.#tryToRead(frames, from, from + count, undefined) ? count : 0;
  }

  /** `log`: where to keep the rows; undefined: changes are made of them at once. */
  #tryToRead(frames: FrameBatch, from: number, end: number, log: RowsLog | undefined): boolean {
    const { cursor } = this.#options;
    const { offset, startOffset } = cursor;
    const length = log?.length ?? 0;
    try {
      if (this.#read(frames, from, end, log)) return true;
    } catch {
      // Read again event by event it fails again, with its place.
    }
    log?.truncate(length);
    cursor.goBack(offset, startOffset);
    return false;
  }

  /** What was handed on keeps its log, with the bytes of all in it; what comes now must not. */
  #beginLog(): RowsLog {
    const { assembler, decoder } = this.#options;
    if (this.#log.length > 0 && assembler.outbox.isEmpty) this.#log = new RowsLog(decoder.bitmaps);
    return this.#log;
  }

  #read(frames: FrameBatch, from: number, end: number, log: RowsLog | undefined): boolean {
    const { view } = this.#options;
    if (!this.#load(frames, from, false)) return false;
    const group = this.#begin();
    if (group === undefined) return false;
    const first = log?.length ?? 0;
    for (let at = from + 1; at < end; at++) {
      if (!this.#load(frames, at, true)) return false;
      const role = ROLES[view.typeCode];
      if (role === ROWS ? !this.#rows(group, log) : role !== XID && !this.#passes(group)) {
        return false;
      }
    }
    this.#end(group, log, first);
    return true;
  }

  #end(group: OpenGroup, log: RowsLog | undefined, from: number): void {
    const { assembler, view, cursor } = this.#options;
    const { xid } = decodeXid(view, view);
    if (log === undefined) assembler.endPlain(group, xid);
    else {
      const to = log.length;
      let rowCount = 0;
      for (let at = from; at < to; at++) rowCount += log.rowsAt(at);
      const rows = { log, from, to, rowCount };
      assembler.outbox.finishLate(group, rows, { xid, coordinates: cursor.coordinates });
    }
  }

  #load(frames: FrameBatch, at: number, isInGroup: boolean): boolean {
    const { view, cursor } = this.#options;
    frames.load(at, view);
    view.readHeader();
    cursor.advance(view, view, isInGroup);
    return (view.flags & ARTIFICIAL) === 0 && (isInGroup || view.endLogPos !== 0);
  }

  #begin(): OpenGroup | undefined {
    const { view, decoder, cursor } = this.#options;
    const isMariadb = ROLES[view.typeCode] === MARIADB_GTID;
    const event = isMariadb ? decodeMariadbGtid(view, view) : decodeGtid(view, view, decoder);
    if (event.mariadb !== undefined && !isPlainGroup(event.mariadb)) return undefined;
    return new OpenGroup(beginOf(event, cursor.eventStart));
  }

  /** BEGIN, or a table map of which there is nothing new to know. */
  #passes(group: OpenGroup): boolean {
    const { view } = this.#options;
    if (ROLES[view.typeCode] === TABLE_MAP) return this.#isKnownTable();
    const threadId = threadOfBegin(view);
    group.threadId = threadId;
    return threadId !== NO_BEGIN;
  }

  #isKnownTable(): boolean {
    const { view, assembler } = this.#options;
    const binding = assembler.tables.lookUp(tableMapIdOf(view));
    return (
      binding?.reader !== undefined &&
      binding.dropReason === undefined &&
      !binding.isCheckpoint &&
      hasTableMapBody(view, binding.tableMap.body)
    );
  }

  #rows(group: OpenGroup, log: RowsLog | undefined): boolean {
    const { view, decoder, cursor, assembler, partBytes } = this.#options;
    const event = decodeRows(view, view, decoder);
    const { tables } = assembler;
    if (event.start >= event.end || tables.dropReasonOf(event) !== undefined) return false;
    if (log !== undefined) return this.#keepRows(group, event, log);
    const place = { coordinates: cursor.eventStart, rowsQuery: undefined };
    let bytes = event.end - event.start;
    for (const change of tables.changesOf(event, place)) {
      group.add(change, bytes);
      bytes = 0;
    }
    return group.bytes < partBytes;
  }

  /** Decoded once, to be sure that they can be. */
  #keepRows(group: OpenGroup, event: RowsEvent, log: RowsLog): boolean {
    const { view, decoder, cursor, assembler, partBytes } = this.#options;
    if (decoder.postHeaderLength(view.typeCode) === SHORT_POST_HEADER) return false;
    const reader = assembler.tables.readerOf(event.tableId);
    if (!isWhole(event, view, reader)) return false;
    const distance = cursor.startOffset - group.coordinates.offset;
    log.add(view, reader, distance, reader.rows.count(event));
    group.bytes += event.end - event.start;
    return group.bytes < partBytes;
  }
}

/** Of a transaction as it should be, by the types of its events alone; 0: it is another one, or its end is not here. */
function countEvents(frames: FrameBatch, from: number): number {
  const end = Math.min(frames.length, from + MOST_EVENTS);
  if (end - from < FEWEST_EVENTS) return 0;
  const first = ROLES[frames.typeAt(from)];
  if (first !== MYSQL_GTID && first !== MARIADB_GTID) return 0;
  let at = from + 1;
  if (ROLES[frames.typeAt(at)] === QUERY) at++;
  else if (first === MYSQL_GTID) return 0;
  let last = QUERY;
  for (; at < end; at++) {
    const role = ROLES[frames.typeAt(at)] as number;
    if (role === XID) return last === ROWS ? at + 1 - from : 0;
    if (role !== TABLE_MAP && (role !== ROWS || last === QUERY)) return 0;
    last = role;
  }
  return 0;
}

function isPlainGroup(mariadb: NonNullable<ReturnType<typeof decodeMariadbGtid>['mariadb']>) {
  return (
    !mariadb.isStandalone &&
    !mariadb.isDdl &&
    mariadb.preparedXid === undefined &&
    mariadb.completedXid === undefined &&
    mariadb.alterPhase === undefined
  );
}

function roleOf(type: number): number {
  switch (type) {
    case EVENT.GTID:
    case EVENT.ANONYMOUS_GTID:
      return MYSQL_GTID;
    case EVENT.MARIADB_GTID:
      return MARIADB_GTID;
    case EVENT.QUERY:
      return QUERY;
    case EVENT.TABLE_MAP:
      return TABLE_MAP;
    case EVENT.XID:
      return XID;
    default:
      return isRowsType(type) ? ROWS : OTHER;
  }
}
