import type { RowsChange, SchemaChange } from '../core/change.ts';
import type { Router } from '../core/route.ts';
import type { RowImage } from '../core/row.ts';
import type { Transaction } from '../core/transaction.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';

/** One record for a topic, or one line of output. Names are those at the target (renamed, routed). */
export interface Message {
  /** null: the format has none for it. */
  readonly key: string | null;
  /** null: a tombstone. */
  readonly value: string | null;
  readonly database: string;
  /** '' when it is about a database. */
  readonly table: string;
  readonly type: MessageType;
  readonly headers: Readonly<Record<string, string>>;
  /** Where `EncodeContext.partitionOf` put the row that it is about; undefined: it is about no row. */
  readonly partition?: number | undefined;
}

/** `truncate` goes where the table's rows go; `ddl`, `transaction` and `heartbeat` have topics of their own. */
export type MessageType =
  'insert' | 'update' | 'delete' | 'truncate' | 'ddl' | 'transaction' | 'heartbeat';

/** Where in its transaction a change stands. */
export interface EncodeContext {
  /** Rows of this transaction before this change, over all its parts; filtered ones are not counted. */
  readonly rowOffset: number;
  /** Nothing that makes a message comes after this change in the transaction. */
  readonly isLast: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The partition of a row, where it depends on its values; canal's messages then hold rows of one each. */
  readonly partitionOf?: ((change: RowsChange, row: RowImage) => number) | undefined;
}

export type EncodableChange = RowsChange | SchemaChange;

/**
 * Writes changes in one format. Messages come one by one, so a change of many rows is never there as
 * text in full. Encoders keep nothing but plans per table: the same change gives the same messages,
 * but for processing times and random keys.
 */
export interface MessageEncoder {
  readonly format: MessageFormat;
  encode(tx: Transaction, change: EncodableChange, context: EncodeContext): Iterable<Message>;
  /**
   * The same for whole rows changes, one message a row, as bytes and without the strings in between; undefined:
   * these rows go by `encode`. The writer is valid until the next call.
   */
  rowsWriter?(
    tx: Transaction,
    change: RowsChange,
    context: EncodeContext,
    out: ByteWriter,
  ): RowsWriter | undefined;
  /**
   * What stands before and behind the rows of a copied table, where the format has messages for it (Maxwell's
   * bootstrap-start and bootstrap-complete). The rows themselves are inserts of a transaction of origin snapshot. It
   * goes where the table's inserts go.
   */
  copyMessage?(copied: CopiedTable, phase: CopyPhase, nowMs: number): Message;
  /** A sign of life that stands in no transaction, where the format has one. */
  heartbeat?(nowMs: number): Message;
}

export type CopyPhase = 'start' | 'complete';
export type CopiedTable = Pick<RowsChange, 'table' | 'route'>;

/** Messages of one rows change as bytes in a ByteWriter. */
export interface RowsWriter {
  /** Writes one message; then the four places say where in the writer's buffer it stands. */
  write(row: number, isCommit: boolean, out: ByteWriter): void;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /**
   * Java's hash of the key's values, one text behind the other, of the message that was written last; undefined: they
   * don't stand in it as that text.
   */
  javaKeyHash(out: ByteWriter): number | undefined;
}

export const MESSAGE_FORMATS = ['maxwell', 'canal', 'debezium'] as const;
export type MessageFormat = (typeof MESSAGE_FORMATS)[number];

/** What every format's options have. */
export interface CommonEncoderOptions {
  /** Names of tables in DDL messages; rows carry their route. Default: as in the source. */
  readonly router?: Router | undefined;
  /** The original statement with the rows, where the source logs it. */
  readonly rowQuery?: boolean | undefined;
  /** An update that gives a row another key becomes a delete under the old one and an insert. */
  readonly splitKeyChanges?: boolean | undefined;
}
