import type { Change, RowsChange } from './change.ts';
import type { Gtid } from './gtid-set.ts';
import type { BinlogCoordinates, Position } from './position.ts';
import type { RowImages } from './row.ts';
import type { TableRoute } from './route.ts';
import type { SchemaDelta } from './schema-state.ts';
import type { Table } from './table.ts';

/** Number of a transaction in the task's history: dense, filtered ones counted, kept with the checkpoint. */
export type Seq = number;

/**
 * One source transaction, or one part of a large one. All parts of a transaction share `seq`; they
 * come one after the other with nothing between, and take effect together or not at all.
 */
export interface Transaction {
  readonly seq: Seq;
  readonly origin: 'binlog' | 'snapshot' | 'kafka';
  readonly gtid: Gtid | undefined;
  /** Start of its first event. */
  readonly coordinates: BinlogCoordinates;
  /** Header timestamp of its GTID or BEGIN event, milliseconds since 1970. */
  readonly committedAtMs: number;
  readonly serverId: number;
  readonly threadId: number | undefined;
  /** From the XID event, on the last part only. */
  readonly xid: bigint | undefined;
  readonly part: { readonly index: number; readonly last: boolean };
  /** May be empty: everything was filtered. It still moves the position. */
  readonly changes: readonly Change[];
  /** It has rows alone, and its changes are made anew each time they are asked for: better not for what stands here. */
  readonly rows?: RowsOutline | undefined;
  /** Bytes of binlog that this part keeps in memory. */
  readonly bytes: number;
  /** MyISAM and the like: ended by a COMMIT query; already in effect on the source row by row. */
  readonly isTransactional: boolean;
  /** On the last part: where to resume once this transaction is done. */
  readonly resumeAt: Position | undefined;
  /** On the last part: what it changed in the schema state, stored with the checkpoint that passes it. */
  readonly schemaDelta: SchemaDelta | undefined;
}

/** What is known of changes that are all rows, by their index, without making them. */
export interface RowsOutline {
  readonly changeCount: number;
  readonly rowCount: number;
  actionAt(change: number): RowsChange['action'];
  tableAt(change: number): Table;
  routeAt(change: number): TableRoute;
  rowsAt(change: number): number;
  /** Its rows, in an object that the next call fills anew, whoever makes it. */
  glanceAt(change: number): RowsGlance;
}

/** The rows of a change for as long as it takes to look at them. */
export interface RowsGlance {
  /** Header timestamp, seconds since 1970. */
  readonly timestamp: number;
  /** As in a change: one of them, or both of one length. */
  readonly before?: RowImages | undefined;
  readonly after?: RowImages | undefined;
}

/** Row changes, of whatever kind. */
export function countRows(transaction: Transaction): number {
  return transaction.rows?.rowCount ?? countRowsIn(transaction.changes);
}

export function countRowsIn(changes: readonly Change[]): number {
  let count = 0;
  for (const change of changes) {
    if (change.kind === 'rows') count += (change.after ?? change.before).length;
  }
  return count;
}

export function hasDdl(transaction: Transaction): boolean {
  if (transaction.rows !== undefined) return false;
  for (const { kind } of transaction.changes) if (kind === 'ddl') return true;
  return false;
}

/** False: everything of it was filtered. */
export function hasChanges(transaction: Transaction): boolean {
  return transaction.rows !== undefined || transaction.changes.length > 0;
}

/** What a transaction is called, without its rows. */
export type TransactionName = Pick<Transaction, 'seq' | 'gtid' | 'coordinates' | 'committedAtMs'>;

/** Rows that no binlog event brought: of a copy, or of a repair. One part, known by its number alone. */
export function rowsTransaction(
  seq: Seq,
  changes: readonly Change[],
  { coordinates, resumeAt }: Pick<Transaction, 'coordinates' | 'resumeAt'>,
): Transaction {
  return {
    seq,
    origin: 'snapshot',
    gtid: undefined,
    coordinates,
    committedAtMs: Date.now(),
    serverId: 0,
    threadId: undefined,
    xid: undefined,
    part: { index: 0, last: true },
    changes,
    bytes: 0,
    isTransactional: true,
    resumeAt,
    schemaDelta: undefined,
  };
}
