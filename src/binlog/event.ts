import type { StatementContext } from '../core/change.ts';
import type { Frame } from '../core/frame.ts';
import type { Gtid, GtidFlavor, GtidSet } from '../core/gtid-set.ts';
import type { TableMap } from '../core/table-map.ts';

/**
 * Every binlog event as a value, by `kind`. What the stream's consumer must act on has a kind of its
 * own; what it may pass over is 'ignorable' with its type code; the rest is 'unknown'.
 */

/** The 19 bytes every event starts with. */
export interface EventHeader {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly typeCode: number;
  readonly serverId: number;
  /** Of the whole event, checksum included. */
  readonly eventSize: number;
  /** Low 32 bits of the end position; 0 in artificial events and inside MariaDB transactions. */
  readonly endLogPos: number;
  readonly flags: number;
}

interface EventBase {
  readonly header: EventHeader;
}

export interface FormatDescriptionEvent extends EventBase {
  readonly kind: 'format-description';
  readonly serverVersion: string;
  readonly flavor: GtidFlavor;
  readonly checksumAlgorithm: 'none' | 'crc32';
  /** By type code - 1. */
  readonly postHeaderLengths: Uint8Array;
}

/** `isArtificial`: the server made it up for this connection; it is in no file. */
export interface RotateEvent extends EventBase {
  readonly kind: 'rotate';
  readonly file: string;
  readonly offset: number;
  readonly isArtificial: boolean;
}

/** MySQL GTID (33), tagged GTID (42), anonymous GTID (34, `gtid` undefined), MariaDB GTID (162). */
export interface GtidEvent extends EventBase {
  readonly kind: 'gtid';
  readonly gtid: Gtid | undefined;
  /** MySQL: microseconds since 1970 of the commit where the source made it; undefined elsewhere. */
  readonly originalCommitMicros: number | undefined;
  readonly immediateCommitMicros: number | undefined;
  readonly lastCommitted: number | undefined;
  readonly sequenceNumber: number | undefined;
  /** MariaDB only. */
  readonly mariadb:
    | {
        /** FL_STANDALONE: the group is this one event (a DDL), without COMMIT or XID. */
        readonly isStandalone: boolean;
        readonly isTransactional: boolean;
        readonly isDdl: boolean;
        readonly commitId: bigint | undefined;
        /** FL_PREPARED_XA: the group is an XA PREPARE of this xid. */
        readonly preparedXid: string | undefined;
        /** FL_COMPLETED_XA: this group ends (commits or rolls back) that xid. */
        readonly completedXid: string | undefined;
        /**
         * binlog_alter_two_phase: the same ALTER is logged as START and later as COMMIT or ROLLBACK.
         * It takes effect with the COMMIT; START and ROLLBACK change nothing.
         */
        readonly alterPhase: 'start' | 'commit' | 'rollback' | undefined;
        /** The session's connection id; MariaDB 11.5 and later. */
        readonly threadId: number | undefined;
      }
    | undefined;
}

export interface QueryEvent extends EventBase {
  readonly kind: 'query';
  readonly threadId: number;
  readonly errorCode: number;
  readonly database: string;
  /** Decoded by the session's character_set_client. */
  readonly statement: string;
  readonly context: StatementContext;
  /** Q_DDL_LOGGED_WITH_XID (MySQL 8): the statement is an atomic DDL. */
  readonly ddlXid: bigint | undefined;
}

export interface XidEvent extends EventBase {
  readonly kind: 'xid';
  readonly xid: bigint;
}

/** Type 38. `isOnePhase`: XA COMMIT … ONE PHASE, so the group is committed here. */
export interface XaPrepareEvent extends EventBase {
  readonly kind: 'xa-prepare';
  /** `X'gtrid',X'bqual',formatID`, as in the text of XA COMMIT. */
  readonly xid: string;
  readonly isOnePhase: boolean;
}

/** Table map: names the columns' wire types for the rows events that follow with the same id. */
export interface TableMapEvent extends EventBase, TableMap {
  readonly kind: 'table-map';
}

/** Write, update, delete rows: v1, v2, MariaDB compressed (already inflated), partial JSON update. */
export interface RowsEvent extends EventBase {
  readonly kind: 'rows';
  readonly action: 'insert' | 'update' | 'delete';
  /** PARTIAL_UPDATE_ROWS (39): the after image may hold JSON diffs. */
  readonly isPartial: boolean;
  readonly tableId: number;
  /** 0x01 end of statement, 0x02 no FK checks, 0x04 relaxed unique checks, 0x08 complete rows, 0x10 USE_SQL_FOREIGN_KEY. */
  readonly flags: number;
  readonly columnCount: number;
  /** Columns in the image: insert → after, delete → before, update → before. As on the wire. */
  readonly presentFirst: Buffer;
  /** Update: columns in the after image. */
  readonly presentSecond: Buffer | undefined;
  /** `bytes[start..end)` are the rows. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Text of the statement behind the next rows events (MySQL rows-query, MariaDB annotate rows). */
export interface RowsQueryEvent extends EventBase {
  readonly kind: 'rows-query';
  readonly statement: string;
}

/** A compressed (or plain) transaction: whole events inside, without checksums. */
export interface TransactionPayloadEvent extends EventBase {
  readonly kind: 'transaction-payload';
  readonly uncompressedBytes: number;
  /** The events inside, one after the other; large payloads are inflated piece by piece. */
  frames(): Iterable<Frame>;
}

export interface PreviousGtidsEvent extends EventBase {
  readonly kind: 'previous-gtids';
  readonly gtidSet: GtidSet;
}

/** MariaDB: the position at the start of the file. */
export interface GtidListEvent extends EventBase {
  readonly kind: 'gtid-list';
  readonly gtidSet: GtidSet;
}

/** v1 (27) and v2 (41, for offsets beyond 4 GiB). */
export interface HeartbeatEvent extends EventBase {
  readonly kind: 'heartbeat';
  readonly file: string;
  /** 64 bit; in v1 the header's 32 bits. */
  readonly offset: number;
}

export interface IncidentEvent extends EventBase {
  readonly kind: 'incident';
  readonly incident: number;
  readonly message: string;
}

/** STOP, IGNORABLE flag 0x80, checkpoints of MariaDB, and other kinds that change nothing. */
export interface IgnorableEvent extends EventBase {
  readonly kind: 'ignorable';
}

/** Statement-format helpers: INTVAR, RAND, USER_VAR, pieces of a file to load. They come only before a statement that changes data. */
export interface StatementPartEvent extends EventBase {
  readonly kind: 'statement-part';
  readonly name: string;
}

/** MariaDB START_ENCRYPTION is ignorable to replicas; anything here has no known meaning and must not be passed over. */
export interface UnknownEvent extends EventBase {
  readonly kind: 'unknown';
}

export type BinlogEvent =
  | FormatDescriptionEvent
  | RotateEvent
  | GtidEvent
  | QueryEvent
  | XidEvent
  | XaPrepareEvent
  | TableMapEvent
  | RowsEvent
  | RowsQueryEvent
  | TransactionPayloadEvent
  | PreviousGtidsEvent
  | GtidListEvent
  | HeartbeatEvent
  | IncidentEvent
  | IgnorableEvent
  | StatementPartEvent
  | UnknownEvent;
