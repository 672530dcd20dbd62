import type { RowsChange } from '../../core/change.ts';
import type { Table, TableName } from '../../core/table.ts';
import type { JsonLayout, RowSpans } from './json-rows.ts';

/** What a decoder is given of a record. */
export interface MessageRecord {
  readonly key: Buffer | null;
  /** null: a tombstone. */
  readonly value: Buffer | null;
}

/** Rows of one message. Spans and arrays are the decoder's own: valid until it decodes the next message. */
export interface DecodedRows {
  readonly kind: 'rows';
  readonly layout: JsonLayout;
  readonly action: RowsChange['action'];
  /** What the spans point into. */
  readonly bytes: Buffer;
  readonly before: readonly RowSpans[];
  readonly after: readonly RowSpans[];
  /** Of the source transaction, where the message says it. */
  readonly transaction: string | undefined;
  /** The message says that it is the transaction's last. */
  readonly isLast: boolean;
  /** Milliseconds since 1970: when it was committed. */
  readonly committedAtMs: number;
  /** A copy of a row that was there already, not a change: there may be a newer one at the target. */
  readonly isSnapshot: boolean;
}

export interface DecodedDdl {
  readonly kind: 'ddl';
  /** The session's default database. */
  readonly database: string;
  readonly statement: string;
  /** What the message says the statement is about, under the names that rows have. */
  readonly about: TableName | undefined;
  readonly committedAtMs: number;
}

export interface DecodedTruncate {
  readonly kind: 'truncate';
  readonly table: TableName;
  readonly committedAtMs: number;
}

/** Nothing to be done, and why. */
export interface DecodedNothing {
  readonly kind: 'nothing';
  readonly reason: 'tombstone' | 'bootstrap' | 'heartbeat' | 'transaction_boundary';
}

/** Its table has to be looked up first: see MessageTables. */
export interface UnknownTable {
  readonly kind: 'unknown_table';
  readonly table: TableName;
  /** The column that the known definition lacks; undefined: there is no definition. */
  readonly column: string | undefined;
}

export type DecodedMessage =
  DecodedRows | DecodedDdl | DecodedTruncate | DecodedNothing | UnknownTable;

/** A table as a message has it, with the column that each of its members goes to. */
export interface MessageTable {
  readonly table: Table;
  readonly members: readonly { readonly name: string; readonly column: number }[];
}

/** Where decoders find definitions. */
export interface MessageTables {
  /**
   * A table whose columns are the members, with the types that the target's columns have. `isWhole` false: a row image
   * may have left columns out, so all other columns of the target's table come behind.
   */
  fromTarget(
    name: TableName,
    members: readonly string[],
    isWhole: boolean,
  ): MessageTable | UnknownTable;
  /** A table of the types that the message itself names (`int(10) unsigned`), by column name. */
  fromTypes(
    name: TableName,
    types: readonly (readonly [string, string])[],
    primaryKey: readonly string[],
  ): MessageTable;
}

/** Reads one format. Throws JsonFault (and what its readers throw) for what it cannot read. */
export interface MessageDecoder {
  decode(record: MessageRecord): DecodedMessage;
  /** Definitions may have changed. */
  forget(): void;
}
