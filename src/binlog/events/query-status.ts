import type { EventReader } from '../event-reader.ts';

/*
 * Status variables of a query event: one byte of code, then a value whose length follows from the code
 * alone. A code that is not known ends the reading, as the servers do: they write their most important
 * ones first (MariaDB 11.5 on puts 131 before 4, so codes do not ascend).
 *
 *    0 flags2                            4        16 explicit_defaults_for_timestamp   1
 *    1 sql_mode                          8        17 XID of an atomic DDL              8
 *    2 catalog                1 + n + zero byte   18 default_collation_for_utf8mb4     2
 *    3 auto_increment increment, offset  2 + 2    19 sql_require_primary_key           1
 *    4 client, connection, server charset  2 × 3  20 default_table_encryption          1
 *    5 time zone                     1 + n        128 microseconds (MariaDB)           3
 *    6 catalog                       1 + n        129 XID of a DDL (MariaDB)           8
 *    7 lc_time_names                     2        130 GTID flags (MariaDB)             1 [+ 8]
 *    8 collation of the database         2        131 character_set_collations    1 + n × (2 + 2)
 *    9 tables of a multi-table update    8
 *   10 original length                   4
 *   11 invoker                1 + n, 1 + n
 *   12 databases       1 + n names with zero byte; 254: too many, no names
 *   13 microseconds                      3
 *   14, 15 commit times (5.7 labs)       8
 *
 * Sources: MySQL libs/mysql/binlog/event/statement_events.h, .cpp; MariaDB sql/log_event.cc.
 */

export interface QueryStatus {
  flags2: number | undefined;
  sqlMode: bigint | undefined;
  autoIncrementIncrement: number | undefined;
  autoIncrementOffset: number | undefined;
  characterSetClient: number | undefined;
  collationConnection: number | undefined;
  collationServer: number | undefined;
  collationDatabase: number | undefined;
  timeZone: string | undefined;
  lcTimeNames: number | undefined;
  micros: number;
  explicitDefaultsForTimestamp: boolean | undefined;
  ddlXid: bigint | undefined;
  defaultCollationForUtf8mb4: number | undefined;
  sqlRequirePrimaryKey: boolean | undefined;
  defaultTableEncryption: boolean | undefined;
}

type ReadVariable = (reader: EventReader, status: QueryStatus) => void;

const TOO_MANY_DATABASES = 254;
const MARIADB_ALTER_ENDS = 0x04 | 0x08;

const skip =
  (length: number): ReadVariable =>
  (reader) => {
    reader.skip(length);
  };

const skipCounted: ReadVariable = (reader) => {
  reader.skip(reader.u8());
};

const readMicros: ReadVariable = (reader, status) => {
  status.micros = reader.u24();
};

const readDdlXid: ReadVariable = (reader, status) => {
  status.ddlXid = reader.u64Big();
};

const READERS: ReadonlyMap<number, ReadVariable> = new Map<number, ReadVariable>([
  [0, (reader, status) => void (status.flags2 = reader.u32())],
  [1, (reader, status) => void (status.sqlMode = reader.u64Big())],
  [
    2,
    (reader) => {
      reader.skip(reader.u8() + 1);
    },
  ],
  [
    3,
    (reader, status) => {
      status.autoIncrementIncrement = reader.u16();
      status.autoIncrementOffset = reader.u16();
    },
  ],
  [
    4,
    (reader, status) => {
      status.characterSetClient = reader.u16();
      status.collationConnection = reader.u16();
      status.collationServer = reader.u16();
    },
  ],
  [5, (reader, status) => void (status.timeZone = reader.utf8(reader.u8()))],
  [6, skipCounted],
  [7, (reader, status) => void (status.lcTimeNames = reader.u16())],
  [8, (reader, status) => void (status.collationDatabase = reader.u16())],
  [9, skip(8)],
  [10, skip(4)],
  [
    11,
    (reader) => {
      reader.skip(reader.u8());
      reader.skip(reader.u8());
    },
  ],
  [12, skipDatabases],
  [13, readMicros],
  [14, skip(8)],
  [15, skip(8)],
  [16, (reader, status) => void (status.explicitDefaultsForTimestamp = reader.u8() !== 0)],
  [17, readDdlXid],
  [18, (reader, status) => void (status.defaultCollationForUtf8mb4 = reader.u16())],
  [19, (reader, status) => void (status.sqlRequirePrimaryKey = reader.u8() !== 0)],
  [20, (reader, status) => void (status.defaultTableEncryption = reader.u8() !== 0)],
  [128, readMicros],
  [129, readDdlXid],
  [
    130,
    (reader) => {
      if ((reader.u8() & MARIADB_ALTER_ENDS) !== 0) reader.skip(8);
    },
  ],
  [
    131,
    (reader) => {
      reader.skip(reader.u8() * 4);
    },
  ],
]);

/** By the bytes: every transaction begins with a query event, and a session's are alike. */
const known = new Map<string, Readonly<QueryStatus>>();
const MOST_KNOWN = 500;

export function readQueryStatus(reader: EventReader): Readonly<QueryStatus> {
  const key = reader.bytes.latin1Slice(reader.offset, reader.end);
  let status = known.get(key);
  if (status === undefined) {
    status = readVariables(reader);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, status);
  }
  return status;
}

function readVariables(reader: EventReader): QueryStatus {
  const status = emptyStatus();
  while (reader.remaining > 0) {
    const readVariable = READERS.get(reader.u8());
    if (readVariable === undefined) break;
    readVariable(reader, status);
  }
  return status;
}

function skipDatabases(reader: EventReader): void {
  const count = reader.u8();
  if (count === TOO_MANY_DATABASES) return;
  for (let i = 0; i < count; i++) {
    while (reader.u8() !== 0);
  }
}

function emptyStatus(): QueryStatus {
  return {
    flags2: undefined,
    sqlMode: undefined,
    autoIncrementIncrement: undefined,
    autoIncrementOffset: undefined,
    characterSetClient: undefined,
    collationConnection: undefined,
    collationServer: undefined,
    collationDatabase: undefined,
    timeZone: undefined,
    lcTimeNames: undefined,
    micros: 0,
    explicitDefaultsForTimestamp: undefined,
    ddlXid: undefined,
    defaultCollationForUtf8mb4: undefined,
    sqlRequirePrimaryKey: undefined,
    defaultTableEncryption: undefined,
  };
}
