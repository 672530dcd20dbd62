/** What is fixed about an error code. `next` is the operator's manual in one line. */
export interface ErrorCodeInfo {
  /** The process's exit code when this ends it (1 internal, 2 usage, 4 source, 5 target, 6 Kafka, 7 locked). */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7;
  readonly transient?: boolean;
  /** What the operator does next, unless the thrower knows better. */
  readonly next: string;
}

const info = (
  exit: ErrorCodeInfo['exit'],
  next: string,
  transient: boolean = false,
): ErrorCodeInfo => (transient ? { exit, next, transient } : { exit, next });

/**
 * The closed list of error codes. The README's table of errors is generated from it.
 * Prefix: which end or part refuses. Keep it sorted by prefix.
 */
export const ERROR_CODES = {
  // Faults of our own.
  INTERNAL_FAULT: info(1, 'This is a fault in tailrace: please report it with the log.'),
  TASK_CRASHED: info(
    1,
    'The process of one task ended without a word (out of memory, killed); it is started anew by itself.',
    true,
  ),
  STATE_UNUSABLE: info(
    1,
    'See that state_dir is writable and has free space; a damaged file may be moved away when the target holds the checkpoint.',
  ),

  // Usage and configuration.
  USAGE: info(2, 'See tailrace --help.'),
  CONFIG_INVALID: info(2, 'Mend the configuration file; nothing was connected.'),
  START_REQUIRED: info(
    2,
    'Set task.source.start (for example "now"), or make the first copy with tailrace snapshot.',
  ),
  POSITION_INVALID: info(
    2,
    'Give now, earliest, file:offset, a GTID set, or an ISO time with zone.',
  ),

  CHECK_FOUND: info(3, 'Run the statements that tailrace check --fix-sql prints.'),

  // The source may come back.
  SOURCE_UNREACHABLE: info(
    4,
    'See that the source runs; what streams tries again by itself.',
    true,
  ),
  SOURCE_CONNECTION_LOST: info(4, 'tailrace reconnects by itself.', true),
  SOURCE_SILENT: info(4, 'No event and no heartbeat came; tailrace reconnects by itself.', true),
  SOURCE_BEHIND: info(
    4,
    'A host of the cluster has not applied yet what was read already; tailrace tries again by itself.',
    true,
  ),
  SOURCE_FAILOVER: info(4, 'tailrace goes on at the host that took over.', true),
  SOURCE_CORRUPT_EVENT: info(
    4,
    'An event came with a wrong length or checksum. It is read again; if it stays, the binlog file on the source is damaged.',
    true,
  ),
  SOURCE_REREAD: info(
    4,
    'A large transaction took back rows after part of it was handed on; it is read again without them.',
    true,
  ),
  // The source refuses for good.
  SOURCE_ACCESS_DENIED: info(
    4,
    'See user and password of task.source; it needs GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.*.',
  ),
  SOURCE_AUTH_UNAVAILABLE: info(
    4,
    'Use an account with an authentication plugin that tailrace speaks.',
  ),
  SOURCE_TLS: info(4, 'See task.source.tls and tls_ca.'),
  SOURCE_SSH: info(
    4,
    'See [task.source.ssh]: host key, user, key. A changed host key is trusted only when you write it there.',
  ),
  SOURCE_BINLOG_OFF: info(4, 'Start the source with log_bin, binlog_format=ROW and a server_id.'),
  SOURCE_POSITION_PURGED: info(
    4,
    'The binlog at this position is gone. Take a new copy (tailrace snapshot) or go on from a later position (tailrace position set).',
  ),
  SOURCE_POSITION_UNKNOWN: info(
    4,
    'The source has no such position: is it another server? Set one with tailrace position set.',
  ),
  SOURCE_MISSES_TRANSACTIONS: info(
    4,
    'A host of the cluster lacks transactions that the target has already: they were lost in the failover. Compare and mend (tailrace inspect --repair), then tailrace position set GTIDS goes on there.',
  ),
  SOURCE_ERRANT_TRANSACTIONS: info(
    4,
    'A host of the cluster has transactions that its primary never had. Compare and mend (tailrace inspect --repair), then tailrace position set GTIDS goes on there.',
  ),
  SOURCE_REFUSED: info(4, 'The source refuses with an error of its own: mend there what it names.'),
  SOURCE_SERVER_ID_TAKEN: info(4, 'Set another task.source.server_id.'),
  SOURCE_NOT_ROW_FORMAT: info(
    4,
    'Set binlog_format=ROW on the source (sessions too), then tailrace position skip --reason TEXT.',
  ),
  SOURCE_INCIDENT: info(
    4,
    'The source says that its binlog may lack changes. Compare the tables, then tailrace position skip --reason TEXT.',
  ),
  SOURCE_BINLOG_DAMAGED: info(
    4,
    'The binlog file of the source is damaged at this place; nothing behind it in the file can be read. Go on at the next file (SHOW BINARY LOGS on the source): tailrace position set FILE:4, then tailrace inspect --repair for what lay between.',
  ),
  SOURCE_EVENT_UNKNOWN: info(
    4,
    'This binlog event is not known and must not be ignored. tailrace position skip --reason TEXT goes past its transaction.',
  ),
  SOURCE_EVENT_UNDECODABLE: info(
    4,
    'Report it with the event; tailrace position skip --reason TEXT goes past its transaction.',
  ),
  SOURCE_SCHEMA_UNKNOWN: info(
    4,
    'The definition that this table had at this position cannot be known. Set binlog_row_metadata=FULL on the source, exclude the table, or start later.',
  ),
  SOURCE_SCHEMA_MISMATCH: info(
    4,
    'The rows do not fit the definition known for this position. Start anew from a later position, or exclude the table.',
  ),
  SOURCE_XA_UNKNOWN: info(
    4,
    'An XA transaction that was prepared before the start position is committed here, and its rows are not known. Copy its tables anew, then tailrace position skip --reason TEXT.',
  ),
  FILTER_RENAME: info(
    4,
    'A RENAME moves a table into or out of the filter. Change the filter or copy the table, then tailrace position skip --reason TEXT.',
  ),

  // The target may come back.
  TARGET_UNREACHABLE: info(
    5,
    'See that the target runs; what streams tries again by itself.',
    true,
  ),
  TARGET_CONNECTION_LOST: info(5, 'tailrace reconnects by itself.', true),
  TARGET_BUSY: info(
    5,
    'Deadlock or lock wait on the target; tailrace tries again by itself.',
    true,
  ),
  TARGET_UNAVAILABLE: info(
    5,
    'The target cannot write now (read-only, disk full, shutting down); tailrace tries again by itself.',
    true,
  ),
  CHECKPOINT_MOVED: info(
    5,
    'Another connection moved the checkpoint; tailrace reads it again and goes on from there.',
    true,
  ),
  // The target refuses for good.
  TARGET_MISSES_TRANSACTIONS: info(
    5,
    "A host of the target's cluster lacks what was committed on another one. Set it up anew from that one; or, if it is the primary now, tailrace position set with the position that tailrace position show gives for it goes on exactly where it stands.",
  ),
  TARGET_ACCESS_DENIED: info(5, 'See user, password and grants of task.target.'),
  TARGET_AUTH_UNAVAILABLE: info(
    5,
    'Use an account with an authentication plugin that tailrace speaks.',
  ),
  TARGET_SSH: info(
    5,
    'See [task.target.ssh]: host key, user, key. A changed host key is trusted only when you write it there.',
  ),
  TARGET_TLS: info(5, 'See task.target.tls and tls_ca.'),
  TARGET_TABLE_MISSING: info(
    5,
    'Make the table on the target (tailrace snapshot copies it), or exclude it.',
  ),
  TARGET_COLUMNS_DIFFER: info(
    5,
    'Make the missing columns on the target, or list them in drop_columns / rename_columns of [[task.table]].',
  ),
  TARGET_NOT_TRANSACTIONAL: info(
    5,
    'ALTER TABLE … ENGINE=InnoDB, or set task.target.allow_nontransactional = true (at least once only).',
  ),
  TARGET_TRIGGER: info(
    5,
    'The trigger would fire again on replicated rows: DROP TRIGGER on the target, or exclude the table.',
  ),
  TARGET_CONFLICT: info(
    5,
    'Compare the row on both sides. tailrace position skip --reason TEXT passes this transaction; task.target.on_conflict = "overwrite" makes the source win.',
  ),
  TARGET_VALUE_REFUSED: info(
    5,
    'Change the column on the target so that it holds what the source has.',
  ),
  TARGET_STATEMENT_REFUSED: info(
    5,
    'Run what is needed on the target by hand, then tailrace position skip --reason TEXT.',
  ),
  TARGET_DDL_UNDECIDED: info(
    5,
    'A DDL was under way when tailrace stopped and the target shows neither the state before it nor the state after. Finish or undo it by hand, then tailrace position skip --reason TEXT.',
  ),
  TARGET_DDL_STOPPED: info(
    5,
    'task.target.ddl = "stop": run it by hand if it is wanted, then tailrace position skip --reason TEXT.',
  ),
  TARGET_DDL_UNREWRITABLE: info(
    5,
    'The names in this DDL cannot be rewritten for the target. Run it by hand, then tailrace position skip --reason TEXT.',
  ),

  // The first copy.
  SNAPSHOT_PROGRAM_MISSING: info(
    2,
    'Install the package that brings the program, set task.snapshot.program to where it is, or use --engine native, which needs none.',
  ),
  SNAPSHOT_PROGRAM_FAILED: info(
    4,
    'See what the dump program says; --engine native does without it. What was copied stays, and tailrace snapshot goes on from there.',
  ),
  SNAPSHOT_LOCK_DENIED: info(
    4,
    'Choose: GRANT RELOAD ON *.* (a lock on everything, for milliseconds); or GRANT LOCK TABLES on the copied databases (only those stand still); or, where nobody writes to the source now, task.snapshot.lock = "none".',
  ),
  SNAPSHOT_NOT_QUIET: info(
    4,
    'Stop the writers for a moment, or use task.snapshot.lock = "tables" or "global".',
  ),
  SNAPSHOT_TABLES_CHANGE: info(
    4,
    'Tables are altered again and again while they are copied. Run tailrace snapshot again when that is over: it goes on with what is left.',
  ),
  SNAPSHOT_TARGET_FILLED: info(
    5,
    'Empty the tables, exclude them, or run tailrace snapshot --overwrite, which takes their rows away first.',
  ),
  SNAPSHOT_UNFINISHED: info(
    5,
    'Finish the copy with tailrace snapshot (it goes on where it stopped), or begin it anew with tailrace snapshot --restart.',
  ),
  SNAPSHOT_NOT_INCLUDED: info(
    2,
    'Put the table into task.filter.include and start tailrace run anew with that file: it begins with the copy of the table.',
  ),
  SNAPSHOT_NOT_NEEDED: info(
    2,
    'tailrace run goes on from the checkpoint. To copy everything anew: tailrace snapshot --restart. To add a table: tailrace snapshot --table DB.T.',
  ),

  TASK_LOCKED: info(7, 'Another process runs this task: stop it first.'),

  // Kafka may come back.
  KAFKA_UNREACHABLE: info(6, 'See that the brokers run; what streams tries again by itself.', true),
  KAFKA_CONNECTION_LOST: info(6, 'tailrace reconnects by itself.', true),
  KAFKA_BUSY: info(6, 'The brokers cannot answer this now; tailrace tries again by itself.', true),
  KAFKA_PRODUCER_LOST: info(
    6,
    'The brokers no longer know this producer; tailrace begins again from the checkpoint.',
    true,
  ),
  // Kafka refuses for good.
  KAFKA_ACCESS_DENIED: info(6, 'See task.kafka.sasl and the ACLs of its user.'),
  KAFKA_TLS: info(6, 'See task.kafka.tls and tls_ca.'),
  KAFKA_TOPIC_MISSING: info(
    6,
    'Make the topic, or let tailrace make it: task.kafka.create_topics = true and the right to create topics.',
  ),
  KAFKA_TOPIC_CLASH: info(
    6,
    'Two tables would go to one topic by a character that Kafka does not allow in names: give one of them another name with [[task.table]] to, or change task.kafka.topic.',
  ),
  KAFKA_MESSAGE_TOO_LARGE: info(
    6,
    'Raise the topic\'s max.message.bytes (and the readers\' fetch sizes), or set task.kafka.oversize = "dead_letter".',
  ),
  KAFKA_MESSAGE_UNREADABLE: info(
    6,
    'See task.kafka.format. Mend what writes to the topic, or set task.kafka.on_poison = "dead_letter": such messages are then kept and passed.',
  ),
  KAFKA_TABLE_KEYLESS: info(
    6,
    'Give the table a primary key, let tailrace produce its messages, or set task.kafka.allow_duplicates = true.',
  ),
  KAFKA_OFFSET_GONE: info(
    6,
    'Messages were removed from the topic before they were applied. Copy the tables anew, then delete the row of the partition from tailrace_partition in the state database.',
  ),
  KAFKA_REFUSED: info(6, 'See task.kafka and the log of the brokers.'),
} as const satisfies Record<string, ErrorCodeInfo>;

export type ErrorCode = keyof typeof ERROR_CODES;
