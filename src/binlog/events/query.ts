import { BARE_CONTEXT, type StatementContext } from '../../core/change.ts';
import { collationById, decodeText } from '../../core/charset.ts';
import type { Frame } from '../../core/frame.ts';
import type { EventHeader, QueryEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { EVENT, HEADER_LENGTH } from '../event-types.ts';
import type { LastText } from '../last-text.ts';
import { inflateRest } from './mariadb-compression.ts';
import { readQueryStatus, type QueryStatus } from './query-status.ts';
import { sqlModeNames, type SqlModeDialect } from '../../core/sql-mode.ts';
import { u16At, u32At } from '../../lib/little-endian.ts';

/*
 * Query (2), MariaDB compressed query (165, the text alone is compressed), and LOAD DATA as a statement (18), whose
 * file came in the events before it:
 *
 *   0  4  thread id
 *   4  4  execution time, seconds
 *   8  1  length of the database's name, d
 *   9  2  error code
 *  11  2  length of the status variables, s
 *    [13  4 file id · 4 + 4 where the file's name stands in the statement · 1 duplicates         in 18]
 *      s  status variables (query-status.ts)
 *      d  database, UTF-8, and a zero byte
 *      …  statement to the end, in character_set_client
 *
 * Source: MySQL `Query_event`, `Execute_load_query_event` (statement_events.h, load_data_events.h).
 */

/** Bits of flags2 (MySQL sql/query_options.h, MariaDB sql/sql_priv.h). */
const OPTION = {
  AUTO_IS_NULL: 1 << 14,
  /** MariaDB; MySQL has a status variable for it. */
  EXPLICIT_DEFAULTS_FOR_TIMESTAMP: 1 << 24,
  NO_FOREIGN_KEY_CHECKS: 1 << 26,
  RELAXED_UNIQUE_CHECKS: 1 << 27,
} as const;

const FIXED_LENGTH = 13;
const BEGIN = Buffer.from('BEGIN');
const LOAD_HEADER_LENGTH = 13;

const TRANSACTION_WORDS = ['BEGIN', 'COMMIT', 'ROLLBACK'].map((word) => ({
  word,
  bytes: Buffer.from(word),
}));
/** utf8mb4: what a client speaks that the event does not name. */
const DEFAULT_CHARSET = 'utf8mb4';

/** What a query event is read with besides its bytes. */
export interface QueryContext {
  readonly dialect: SqlModeDialect;
  readonly databases: LastText;
}

export function decodeQuery(
  frame: Frame,
  header: EventHeader,
  { dialect, databases }: QueryContext,
): QueryEvent {
  const reader = EventReader.passing(frame, 'query');
  const threadId = reader.u32();
  reader.skip(4);
  const databaseLength = reader.u8();
  const errorCode = reader.u16();
  const statusLength = reader.u16();
  if (header.typeCode === EVENT.EXECUTE_LOAD_QUERY) reader.skip(LOAD_HEADER_LENGTH);
  const statusAt = reader.offset;
  reader.skip(statusLength);
  const database = databases.read(reader, databaseLength);
  reader.skip(1);
  const isCompressed = header.typeCode === EVENT.QUERY_COMPRESSED;
  const word = isCompressed ? undefined : transactionWord(reader);
  // One literal each: to spread what they have in common made an object of 1,400 bytes in the old generation.
  if (word !== undefined) {
    return {
      kind: 'query',
      header,
      threadId,
      errorCode,
      database,
      statement: word,
      context: BARE_CONTEXT,
      ddlXid: undefined,
    };
  }
  const status = readQueryStatus(reader.again(statusAt, statusLength));
  const text = isCompressed ? inflateRest(reader) : reader.view(reader.remaining);
  return {
    kind: 'query',
    header,
    threadId,
    errorCode,
    database,
    statement: decodeStatement(text, status.characterSetClient, dialect),
    context: contextOf(header, status, dialect),
    ddlXid: status.ddlXid,
  };
}

export const NO_BEGIN = -1;

/** The session that says BEGIN; NO_BEGIN: it says something else, or in a form that needs a closer look. */
export function threadOfBegin({ bytes, start, end }: Frame): number {
  const at = start + HEADER_LENGTH;
  const statement = end - BEGIN.length;
  if (statement < at + FIXED_LENGTH) return NO_BEGIN;
  for (let i = 0; i < BEGIN.length; i++) if (bytes[statement + i] !== BEGIN[i]) return NO_BEGIN;
  const before = FIXED_LENGTH + u16At(bytes, at + 11) + (bytes[at + 8] as number) + 1;
  return at + before === statement ? u32At(bytes, at) : NO_BEGIN;
}

/** Nearly all query events are BEGIN or COMMIT, to which the session's settings are nothing. */
function transactionWord(reader: EventReader): string | undefined {
  for (const { word, bytes } of TRANSACTION_WORDS) if (reader.restEquals(bytes)) return word;
  return undefined;
}

function decodeStatement(
  text: Buffer,
  characterSetClient: number | undefined,
  dialect: SqlModeDialect,
): string {
  const charset =
    characterSetClient === undefined
      ? undefined
      : collationById(characterSetClient, dialect.flavor)?.charset;
  return decodeText(charset ?? DEFAULT_CHARSET, text, 0, text.length);
}

function contextOf(
  header: EventHeader,
  status: QueryStatus,
  dialect: SqlModeDialect,
): StatementContext {
  const flags = status.flags2 ?? 0;
  return {
    timestamp: header.timestamp,
    timestampMicros: status.micros,
    sqlMode: status.sqlMode,
    sqlModeNames: status.sqlMode === undefined ? undefined : sqlModeNames(status.sqlMode, dialect),
    autoIncrementIncrement: status.autoIncrementIncrement,
    autoIncrementOffset: status.autoIncrementOffset,
    characterSetClient: status.characterSetClient,
    collationConnection: status.collationConnection,
    collationServer: status.collationServer,
    collationDatabase: status.collationDatabase,
    timeZone: status.timeZone,
    lcTimeNames: status.lcTimeNames,
    noForeignKeyChecks: (flags & OPTION.NO_FOREIGN_KEY_CHECKS) !== 0,
    noUniqueChecks: (flags & OPTION.RELAXED_UNIQUE_CHECKS) !== 0,
    sqlAutoIsNull: (flags & OPTION.AUTO_IS_NULL) !== 0,
    explicitDefaultsForTimestamp: explicitDefaultsOf(status, dialect),
    defaultCollationForUtf8mb4: status.defaultCollationForUtf8mb4,
    sqlRequirePrimaryKey: status.sqlRequirePrimaryKey,
    defaultTableEncryption: status.defaultTableEncryption,
  };
}

function explicitDefaultsOf(status: QueryStatus, dialect: SqlModeDialect): boolean | undefined {
  if (dialect.flavor === 'mysql' || status.flags2 === undefined) {
    return status.explicitDefaultsForTimestamp;
  }
  return (status.flags2 & OPTION.EXPLICIT_DEFAULTS_FOR_TIMESTAMP) !== 0;
}
