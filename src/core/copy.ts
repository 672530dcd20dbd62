import type { SchemaChange } from './change.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Position } from './position.ts';
import type { TableRoute } from './route.ts';
import type { SchemaState } from './schema-state.ts';
import type { Table, TableName } from './table.ts';

/** A source table that is copied, and where it goes. One object for the whole copy. */
export interface CopyTable {
  readonly table: Table;
  readonly route: TableRoute;
}

/**
 * Rows as a server's text protocol sends them: one field behind the other, each a length-encoded string
 * or FB for NULL. Text is in the column's own character set, binary strings, BIT, geometry and vectors
 * are raw bytes, FLOAT has the digits of a double.
 */
export interface RowBlock {
  readonly kind: 'block';
  /** Indexes into `Table.columns`, one for each field. */
  readonly columns: readonly number[];
  readonly bytes: Buffer;
  readonly rowCount: number;
  /** ENUM fields are indexes, not labels: only they tell the index 0 from an empty label. */
  readonly hasEnumIndexes: boolean;
}

/** The list behind VALUES of an INSERT as a dump program wrote it under `SET NAMES binary`: `(1,'a'),(2,NULL)`. */
export interface RowText {
  readonly kind: 'text';
  readonly columns: readonly number[];
  readonly values: Buffer;
}

/** One entry of the copy's own record; a null text removes it. */
export interface CopyMark {
  readonly key: string;
  readonly text: string | null;
}

export interface CopyPiece {
  readonly table: CopyTable;
  readonly rows: RowBlock | RowText;
  /** Stored in the transaction of the rows. */
  readonly mark?: CopyMark;
  /** What becomes of a row that the target has already. */
  readonly onExisting: 'fail' | 'replace' | 'keep';
}

/** How a table of the target takes the source's rows. */
export interface CopyFit {
  /** Indexes of the source's columns that are written. */
  readonly columns: readonly number[];
  /** The dump's own text may be handed on: columns are of the same types and character sets. */
  readonly takesText: boolean;
  /** Names one row on both sides. */
  readonly hasKey: boolean;
}

export interface TargetTableState {
  readonly exists: boolean;
  readonly hasRows: boolean;
}

/** Where a copy writes: a target with several connections, all of them fenced by the task's epoch. */
export interface CopyTarget {
  readonly writerCount: number;
  /** The copy's record, as it was left; empty: no copy was begun, or it was finished. */
  loadMarks(): Promise<ReadonlyMap<string, string>>;
  saveMarks(marks: readonly CopyMark[]): Promise<void>;
  stateOf(name: TableName): Promise<TargetTableState>;
  createDatabase(name: string, charset: string, collation: string): Promise<void>;
  /** A statement of the source's about a table, with the target's names already in it. */
  runDdl(change: SchemaChange): Promise<void>;
  /** Why the view was left out; undefined: it is there. */
  createView(change: SchemaChange): Promise<string | undefined>;
  dropTable(name: TableName): Promise<void>;
  truncateTable(name: TableName): Promise<void>;
  /** Before and behind the rows of a table; absent: nothing is to be done there. */
  announce?(table: CopyTable, phase: 'start' | 'complete'): Promise<void>;
  /** Throws what a row of this table would meet at the target. */
  fit(table: CopyTable): Promise<CopyFit>;
  /** Writes and commits; gives how many rows were written. */
  write(writer: number, piece: CopyPiece): Promise<number>;
  /** Moves the checkpoint without ending the copy: tables that are done are as of there. */
  moveCheckpoint(checkpoint: Checkpoint, schema: SchemaState): Promise<void>;
  /** The copy's record goes and the checkpoint is there, in one transaction. */
  finish(checkpoint: Checkpoint, schema: SchemaState): Promise<void>;
  close(): Promise<void>;
}

/** A target that is given rows beside a stream, or in place of one. */
export interface PollTarget extends CopyTarget {
  /** The stream will bring again what is written from now on: up to here it goes by key. */
  replayUntil(position: Position): Promise<void>;
  /** The fields of these columns in the row that has so many behind it in their order; undefined: there is none. */
  keyFromEnd(
    table: CopyTable,
    columns: readonly number[],
    behind: number,
  ): Promise<readonly Buffer[] | undefined>;
}
