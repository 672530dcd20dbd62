/**
 * Type codes of binlog events: byte 4 of the header.
 *
 * Sources: MySQL `libs/mysql/binlog/event/binlog_event.h` (Log_event_type), MariaDB `sql/log_event.h`
 * (from 160 on). Both families agree on what is below 33; 33 and above (below 160) are MySQL's alone,
 * but for XA_PREPARE.
 */
export const EVENT = {
  STOP: 3,
  ROTATE: 4,
  QUERY: 2,
  FORMAT_DESCRIPTION: 15,
  XID: 16,
  EXECUTE_LOAD_QUERY: 18,
  TABLE_MAP: 19,
  WRITE_ROWS_V1: 23,
  UPDATE_ROWS_V1: 24,
  DELETE_ROWS_V1: 25,
  INCIDENT: 26,
  HEARTBEAT: 27,
  IGNORABLE: 28,
  ROWS_QUERY: 29,
  WRITE_ROWS: 30,
  UPDATE_ROWS: 31,
  DELETE_ROWS: 32,
  GTID: 33,
  ANONYMOUS_GTID: 34,
  PREVIOUS_GTIDS: 35,
  TRANSACTION_CONTEXT: 36,
  VIEW_CHANGE: 37,
  XA_PREPARE: 38,
  PARTIAL_UPDATE_ROWS: 39,
  TRANSACTION_PAYLOAD: 40,
  HEARTBEAT_V2: 41,
  TAGGED_GTID: 42,
  ANNOTATE_ROWS: 160,
  BINLOG_CHECKPOINT: 161,
  MARIADB_GTID: 162,
  GTID_LIST: 163,
  START_ENCRYPTION: 164,
  QUERY_COMPRESSED: 165,
  WRITE_ROWS_COMPRESSED_V1: 166,
  UPDATE_ROWS_COMPRESSED_V1: 167,
  DELETE_ROWS_COMPRESSED_V1: 168,
  WRITE_ROWS_COMPRESSED: 169,
  UPDATE_ROWS_COMPRESSED: 170,
  DELETE_ROWS_COMPRESSED: 171,
} as const;

/**
 * Helpers of statements in statement format. They change nothing themselves: the statement does, which comes
 * behind them. (6, 8, 10 and 12, which loaded files before MySQL 5.0, did; they are unknown here.)
 */
export const STATEMENT_PART_NAMES: ReadonlyMap<number, string> = new Map([
  [5, 'INTVAR'],
  [9, 'APPEND_BLOCK'],
  [11, 'DELETE_FILE'],
  [13, 'RAND'],
  [14, 'USER_VAR'],
  [17, 'BEGIN_LOAD_QUERY'],
]);

/**
 * Kinds that change nothing for a reader and may lack the ignorable flag: group replication's notes
 * (36, 37), MariaDB's recovery checkpoint (161) and the note that the file is encrypted on disk (164:
 * the server decrypts what it sends).
 */
export const HARMLESS_TYPES: ReadonlySet<number> = new Set([
  EVENT.STOP,
  EVENT.IGNORABLE,
  EVENT.TRANSACTION_CONTEXT,
  EVENT.VIEW_CHANGE,
  EVENT.BINLOG_CHECKPOINT,
  EVENT.START_ENCRYPTION,
]);

/** Header flags. ARTIFICIAL: made for this connection, in no file. IGNORABLE: replicas may pass it over. */
export const HEADER_FLAG = { ARTIFICIAL: 0x20, IGNORABLE: 0x80 } as const;

export const HEADER_LENGTH = 19;
