import type { EventDecoder } from '../../binlog/event-decoder.ts';
import { EVENT } from '../../binlog/event-types.ts';
import type { EventView } from '../../binlog/event-view.ts';
import { decodeGtid } from '../../binlog/events/gtid.ts';
import { decodeMariadbGtid } from '../../binlog/events/mariadb-gtid.ts';
import { NO_BEGIN, threadOfBegin } from '../../binlog/events/query.ts';
import { decodeRows, isRowsType } from '../../binlog/events/rows.ts';
import { hasTableMapBody, tableMapIdOf } from '../../binlog/events/table-map.ts';
import { decodeXid } from '../../binlog/events/xid.ts';
import type { FrameBatch } from '../../replica/frame-batch.ts';
import { ARTIFICIAL, type BinlogCursor } from './binlog-cursor.ts';
import { beginOf } from './begin-of-group.ts';
import { OpenGroup } from './open-group.ts';
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
}

/**
 * Nearly all transactions are alike: GTID, BEGIN (which MariaDB leaves out), table maps that are known, their rows, XID,
 * and all of them stand in the frames at hand. Such a one is read as a whole, with nothing made for an event that only says
 * what was known. Anything that is unlike in any way is left to the assembler, which knows all there is; a test holds both
 * ways beside each other.
 */
export class PlainTransactions {
  readonly #options: PlainOptions;

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  /** How many frames were a transaction, which is in the outbox now; 0: what stands there is not plain. */
  take(frames: FrameBatch, from: number): number {
    const { assembler, cursor } = this.#options;
    const count = countEvents(frames, from);
    if (count === 0 || !assembler.takesPlain) return 0;
    const { offset, startOffset } = cursor;
    if (this.#tryToRead(frames, from, from + count)) return count;
    cursor.goBack(offset, startOffset);
    return 0;
  }

  #tryToRead(frames: FrameBatch, from: number, end: number): boolean {
    try {
      return this.#read(frames, from, end);
    } catch {
      // Read again event by event it fails again, with its place.
      return false;
    }
  }

  #read(frames: FrameBatch, from: number, end: number): boolean {
    const { assembler, view } = this.#options;
    if (!this.#load(frames, from, false)) return false;
    const group = this.#begin();
    if (group === undefined) return false;
    for (let at = from + 1; at < end; at++) {
      if (!this.#load(frames, at, true)) return false;
      const role = ROLES[view.typeCode];
      if (role === ROWS ? !this.#rows(group) : role !== XID && !this.#passes(group)) return false;
    }
    assembler.endPlain(group, decodeXid(view, view).xid);
    return true;
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

  #rows(group: OpenGroup): boolean {
    const { view, decoder, cursor, assembler, partBytes } = this.#options;
    const event = decodeRows(view, view, decoder);
    const { tables } = assembler;
    if (event.start >= event.end || tables.dropReasonOf(event) !== undefined) return false;
    const place = { coordinates: cursor.eventStart, rowsQuery: undefined };
    let bytes = event.end - event.start;
    for (const change of tables.changesOf(event, place)) {
      group.add(change, bytes);
      bytes = 0;
    }
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
