import type { DeadLetter } from './dead-letter.ts';
import type { BinlogCoordinates } from './position.ts';
import type { RowImages } from './row.ts';
import type { Table, TableName } from './table.ts';
import type { TableRoute } from './route.ts';

interface RowsChangeBase {
  readonly kind: 'rows';
  /** The definition that held when the rows were written. */
  readonly table: Table;
  /** Where the rows go; set by the routing stage. */
  readonly route: TableRoute;
  /** Start of the rows event. */
  readonly coordinates: BinlogCoordinates;
  /** Header timestamp, seconds since 1970. */
  readonly timestamp: number;
  /** Rows-event flag 0x02: the source's session had foreign_key_checks=0. */
  readonly noForeignKeyChecks: boolean;
  /** Rows-event flag 0x10 (MySQL ≥ 9.6): cascades are in the binlog as rows of their own. */
  readonly cascadesLogged: boolean;
  /** Rows-event flag 0x04: session had unique_checks=0. */
  readonly noUniqueChecks: boolean;
  /**
   * From a message that may come again, or that copies a row: whatever stands under the row's key is written over,
   * and a row that is not there is no conflict. Absent: each row must be what the source changed.
   */
  readonly byKey?: boolean;
  /** Text of the statement, where the source logs it (rows-query, annotate rows). */
  readonly rowsQuery: string | undefined;
}

/** The rows of one rows event (or a slice of a very large one). */
export type RowsChange =
  | (RowsChangeBase & {
      readonly action: 'insert';
      readonly after: RowImages;
      readonly before?: undefined;
    })
  | (RowsChangeBase & {
      readonly action: 'delete';
      readonly before: RowImages;
      readonly after?: undefined;
    })
  /** `before` and `after` have the same length; row i belongs to row i. */
  | (RowsChangeBase & {
      readonly action: 'update';
      readonly before: RowImages;
      readonly after: RowImages;
    });

/** The session in which a statement ran on the source: query event status variables. undefined: not logged. */
export interface StatementContext {
  /** Seconds since 1970 with microseconds: what NOW() gave. */
  readonly timestamp: number;
  readonly timestampMicros: number;
  /** Bit mask as logged (Q_SQL_MODE). Bits differ between MySQL 8+ and others: see `sqlModeNames`. */
  readonly sqlMode: bigint | undefined;
  /** Names for SET sql_mode, from the mask and the server's family. */
  readonly sqlModeNames: readonly string[] | undefined;
  readonly autoIncrementIncrement: number | undefined;
  readonly autoIncrementOffset: number | undefined;
  /** Collation ids. */
  readonly characterSetClient: number | undefined;
  readonly collationConnection: number | undefined;
  readonly collationServer: number | undefined;
  readonly collationDatabase: number | undefined;
  readonly timeZone: string | undefined;
  readonly lcTimeNames: number | undefined;
  readonly noForeignKeyChecks: boolean;
  readonly noUniqueChecks: boolean;
  readonly sqlAutoIsNull: boolean;
  readonly explicitDefaultsForTimestamp: boolean | undefined;
  readonly defaultCollationForUtf8mb4: number | undefined;
  readonly sqlRequirePrimaryKey: boolean | undefined;
  readonly defaultTableEncryption: boolean | undefined;
}

/** A session of which nothing was logged. */
export const BARE_CONTEXT: StatementContext = {
  timestamp: 0,
  timestampMicros: 0,
  sqlMode: undefined,
  sqlModeNames: undefined,
  autoIncrementIncrement: undefined,
  autoIncrementOffset: undefined,
  characterSetClient: undefined,
  collationConnection: undefined,
  collationServer: undefined,
  collationDatabase: undefined,
  timeZone: undefined,
  lcTimeNames: undefined,
  noForeignKeyChecks: false,
  noUniqueChecks: false,
  sqlAutoIsNull: false,
  explicitDefaultsForTimestamp: undefined,
  defaultCollationForUtf8mb4: undefined,
  sqlRequirePrimaryKey: undefined,
  defaultTableEncryption: undefined,
};

/** What a DDL does to one table, as far as the parser can tell. */
export type DdlEffect =
  | { readonly kind: 'create' | 'alter' | 'drop' | 'truncate'; readonly table: TableName }
  | { readonly kind: 'rename'; readonly table: TableName; readonly to: TableName }
  | {
      readonly kind: 'create-database' | 'alter-database' | 'drop-database';
      readonly database: string;
      /** Its character set from here on, where it is known. */
      readonly charset?: string;
    };

/** A statement that the binlog carries as text: DDL, and whatever else is logged as a statement. */
export interface SchemaChange {
  readonly kind: 'ddl';
  /** The session's default database; '' for none. */
  readonly database: string;
  /** The statement as the source logged it, decoded by its character set. */
  readonly statement: string;
  /**
   * What kind of object it is about. `table` and `database` are replicated by the `ddl` setting;
   * the rest by policy (counted, not applied, unless said otherwise).
   */
  readonly subject: DdlSubject;
  readonly effects: readonly DdlEffect[];
  /**
   * Where the statement names its tables, for rewriting: offsets into `statement`, in ascending order.
   * A reference without a database has `database: undefined` and means `SchemaChange.database`.
   */
  readonly references: readonly TableReference[];
  /** False: the parser could not follow the statement to its end; names can't be rewritten safely. */
  readonly isFullyParsed: boolean;
  readonly context: StatementContext;
  readonly coordinates: BinlogCoordinates;
  readonly timestamp: number;
  /** Definitions before and after, where the schema history knows them; for messages. */
  readonly before: readonly Table[];
  readonly after: readonly Table[];
}

export const DDL_SUBJECTS = [
  'table',
  'database',
  'index',
  'view',
  'trigger',
  'routine',
  'event',
  'user',
  'sequence',
  'server',
  'maintenance',
  'other',
] as const;
/** `maintenance`: ANALYZE, OPTIMIZE, FLUSH, …; `index`: CREATE/DROP INDEX (a table change). */
export type DdlSubject = (typeof DDL_SUBJECTS)[number];

/** One place in a statement that names a table, view or database (then `table` is undefined). */
export interface TableReference {
  readonly database: string | undefined;
  readonly table: string | undefined;
  /** `statement.slice(start, end)` is the whole qualified name as written. */
  readonly start: number;
  readonly end: number;
}

/** An XA group was prepared: its rows have no effect before XaEnd. Kept by a sink beside the checkpoint. */
export interface XaPrepare {
  readonly kind: 'xa-prepare';
  /** `X'gtrid',X'bqual',formatID` as the server writes it. */
  readonly xid: string;
  /** The group in the source's own serialised form; opaque to sinks. Pieces of one whole, in order. */
  readonly payload: readonly Uint8Array[];
}

/** The prepared group was committed (its rows precede this change in the same transaction) or rolled back. */
export interface XaEnd {
  readonly kind: 'xa-end';
  readonly xid: string;
  readonly outcome: 'commit' | 'rollback';
}

/** A message that was passed over: kept in the transaction that passes it. */
export interface PassedMessage {
  readonly kind: 'passed';
  readonly letter: DeadLetter;
}

export type Change = RowsChange | SchemaChange | XaPrepare | XaEnd | PassedMessage;
