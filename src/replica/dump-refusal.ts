import { readDriverError } from '../server/error-from-server.ts';

/** What a source means when it refuses or breaks off a dump. */
export const DUMP_REFUSALS = [
  /** The wanted place was there and is gone. */
  'purged',
  /** No such file: gone or never there. */
  'no-such-file',
  /** Not a place in this server's history. */
  'unknown',
  'duplicate-server-id',
  'binlog-off',
  /** What the file holds there cannot be read: damaged, or not the start of an event. */
  'unreadable',
  'other',
] as const;
export type DumpRefusal = (typeof DUMP_REFUSALS)[number];

/** ER_MASTER_FATAL_ERROR_READING_BINLOG: the reason is only in its text. */
const FATAL_READING_BINLOG = 1236;
/** ER_GTID_POSITION_NOT_FOUND_IN_BINLOG and its two relatives of MariaDB. */
const MARIADB_GTID_NUMBERS = [1945, 1951, 1955];
/** ER_SLAVE_SAME_ID of MariaDB. */
const MARIADB_SAME_ID = 4052;

/**
 * Texts as the servers write them (MySQL sql/rpl_binlog_sender.cc, MariaDB sql/sql_repl.cc and their
 * error lists); 8.4 says source and replica where older ones say master and slave. First match counts.
 */
const TEXTS: readonly (readonly [RegExp, DumpRefusal])[] = [
  [/purged (?:the )?(?:required )?binary logs|have been purged|too old and required/i, 'purged'],
  [/could not find first log file name/i, 'no-such-file'],
  [/could not find next log|could not open log file|failed to open log file/i, 'no-such-file'],
  [/same server_uuid|same server_id|same server_uuid\/server_id/i, 'duplicate-server-id'],
  [/binary log is not open|server_id was not set|not configured as (?:a )?master/i, 'binlog-off'],
  [/more GTIDs than|not in the (?:master|source)'s binlog|GTID strict mode/i, 'unknown'],
  [/impossible position|position > file size|GTID_MODE/i, 'unknown'],
  [
    /bogus data|did not pass crc|crc check|event truncated|truncated in the middle|log event entry exceeded|corrupt|read error|unknown error reading|memory allocation failed reading/i,
    'unreadable',
  ],
];

/** undefined: not an answer about the dump but of another kind (access, lost connection). */
export function dumpRefusalOf(thrown: unknown): DumpRefusal | undefined {
  const { errno, message } = readDriverError(thrown);
  if (errno === 1381) return 'binlog-off';
  if (errno !== undefined && MARIADB_GTID_NUMBERS.includes(errno)) return 'unknown';
  if (errno === MARIADB_SAME_ID) return 'duplicate-server-id';
  if (errno !== FATAL_READING_BINLOG) return undefined;
  return TEXTS.find(([text]) => text.test(message))?.[1] ?? 'other';
}
