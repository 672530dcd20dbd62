import { EventDecoder } from '../../binlog/event-decoder.ts';
import { EVENT } from '../../binlog/event-types.ts';
import type { EventHeader } from '../../binlog/event.ts';
import type { Frame } from '../../core/frame.ts';
import { emptyGtidSet } from '../../core/gtid-set-parse.ts';
import type { Gtid, GtidSet } from '../../core/gtid-set.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { BinlogCursor } from './binlog-cursor.ts';

/** A place between two groups of events, where reading may begin. */
export interface Boundary {
  readonly coordinates: BinlogCoordinates;
  /** Everything before it, if the scan began at a file's start. */
  readonly gtidSet: GtidSet;
  /** Header time of the group that begins here; undefined: no group but something about the file. */
  readonly timestamp: number | undefined;
}

const FILE_EVENTS: ReadonlySet<number> = new Set([
  EVENT.STOP,
  EVENT.ROTATE,
  EVENT.FORMAT_DESCRIPTION,
  EVENT.PREVIOUS_GTIDS,
  EVENT.BINLOG_CHECKPOINT,
  EVENT.GTID_LIST,
  EVENT.START_ENCRYPTION,
]);
const GTID_EVENTS: ReadonlySet<number> = new Set([
  EVENT.GTID,
  EVENT.ANONYMOUS_GTID,
  EVENT.TAGGED_GTID,
  EVENT.MARIADB_GTID,
]);
const HEARTBEATS: ReadonlySet<number> = new Set([EVENT.HEARTBEAT, EVENT.HEARTBEAT_V2]);
const ARTIFICIAL = 0x20;

/**
 * Finds the boundaries in a stream of frames with as little decoding as there can be: groups begin
 * with a GTID event, on MySQL 5.6 without GTIDs with the BEGIN (or the DDL) itself.
 */
export class BoundaryScan {
  readonly #decoder = new EventDecoder();
  readonly #cursor: BinlogCursor;
  readonly #hasGtidEvents: boolean;
  #gtidSet: GtidSet;
  /** Of the group under way: it counts from the next boundary on. */
  #gtid: Gtid | undefined;
  #isInGroup = false;

  constructor(from: BinlogCoordinates, info: ServerInfo, withGtids: boolean) {
    this.#cursor = new BinlogCursor(from);
    this.#gtidSet = emptyGtidSet(info.flavor);
    this.#hasGtidEvents = withGtids || info.flavor === 'mariadb' || info.versionNumber >= 50700;
  }

  /** End of the last event. */
  get coordinates(): BinlogCoordinates {
    return this.#cursor.coordinates;
  }

  /** The set up to the end of the last event, if that is a boundary. */
  get gtidSet(): GtidSet {
    return this.#gtid === undefined ? this.#gtidSet : this.#gtidSet.with(this.#gtid);
  }

  /** The boundary before this frame, if there is one. */
  read(frame: Frame): Boundary | undefined {
    const header = this.#decoder.header(frame);
    const isReal = (header.flags & ARTIFICIAL) === 0 && !HEARTBEATS.has(header.typeCode);
    this.#cursor.advance(header, frame, this.#isInGroup);
    const isBoundary = isReal && this.#isBoundary(frame, header);
    const boundary = isBoundary ? this.#passBoundary(header) : undefined;
    this.#follow(frame, header);
    return boundary;
  }

  #isBoundary(frame: Frame, { typeCode, endLogPos }: EventHeader): boolean {
    if (FILE_EVENTS.has(typeCode)) return endLogPos !== 0;
    if (GTID_EVENTS.has(typeCode)) return true;
    if (this.#hasGtidEvents || this.#isInGroup || typeCode !== EVENT.QUERY) return false;
    return !isEndOfGroup(this.#statement(frame));
  }

  #passBoundary({ typeCode, timestamp }: EventHeader): Boundary {
    this.#gtidSet = this.gtidSet;
    this.#gtid = undefined;
    return {
      coordinates: this.#cursor.eventStart,
      gtidSet: this.#gtidSet,
      timestamp: FILE_EVENTS.has(typeCode) ? undefined : timestamp,
    };
  }

  #follow(frame: Frame, { typeCode }: EventHeader): void {
    if (GTID_EVENTS.has(typeCode)) {
      const event = this.#decoder.decode(frame);
      this.#gtid = event.kind === 'gtid' ? event.gtid : undefined;
      this.#isInGroup = true;
    } else if (FILE_EVENTS.has(typeCode)) {
      this.#isInGroup = false;
      this.#followFile(frame);
    } else if (!this.#hasGtidEvents) {
      this.#followGroup(frame, typeCode);
    }
  }

  #followFile(frame: Frame): void {
    const event = this.#decoder.decode(frame);
    if (event.kind === 'rotate') this.#cursor.rotate(event);
    else if (event.kind === 'format-description') this.#decoder.setFormat(event);
    else if (event.kind === 'previous-gtids' || event.kind === 'gtid-list') {
      this.#gtidSet = event.gtidSet;
    }
  }

  #followGroup(frame: Frame, typeCode: number): void {
    if (typeCode === EVENT.XID) this.#isInGroup = false;
    if (typeCode !== EVENT.QUERY) return;
    const statement = this.#statement(frame);
    if (statement === 'BEGIN') this.#isInGroup = true;
    else if (isEndOfGroup(statement)) this.#isInGroup = false;
  }

  #statement(frame: Frame): string {
    const event = this.#decoder.decode(frame);
    return event.kind === 'query' ? event.statement : '';
  }
}

function isEndOfGroup(statement: string): boolean {
  return statement === 'COMMIT' || statement === 'ROLLBACK';
}
