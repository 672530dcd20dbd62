import type { RowsChange } from '../../core/change.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { NetEffect } from './net-effect.ts';
import type { TableBinding } from './table-binding.ts';

/**
 * The vocabulary between planning (which SQL) and executing (which session, which transaction).
 *
 * What a planned statement relies on; the executing session provides it:
 * - CLIENT_FOUND_ROWS (the driver's default) and multi-statements;
 * - `SET NAMES utf8mb4`: statements are bytes, parsed as utf8mb4, other character sets come by introducer;
 * - `sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`, nothing else: not strict, backslash
 *   escapes on, no ANSI_QUOTES;
 * - `time_zone = '+00:00'`, `foreign_key_checks` as each statement says.
 *
 * Why affected rows decide everything: with CLIENT_FOUND_ROWS an UPDATE reports the rows that it found, a DELETE the rows that
 * it deleted, an INSERT its rows, and `INSERT … ON DUPLICATE KEY UPDATE` 1 for an inserted or an unchanged row and 2 for
 * a changed one, which cannot tell a missing row from an unchanged one. But its info text of two or more rows (`Records: 3
 * Duplicates: 3  Warnings: 0`) counts every row that was found, changed or not. So upserts are planned for two rows
 * or more and checked by that number; one row alone is an UPDATE by key.
 */
export interface PlannedStatement {
  /** One whole statement without a semicolon. Valid until the plan it belongs to is released. */
  readonly sql: Buffer;
  readonly verb: 'insert' | 'upsert' | 'update' | 'delete' | 'replace';
  readonly binding: TableBinding;
  readonly expected: Expectation;
  /** What the session's foreign_key_checks has to be. */
  readonly foreignKeyChecks: boolean;
  /** The rows it is made of, for naming them; the first of each identity where several were merged. */
  readonly rows: readonly RowRef[];
}

export interface RowRef {
  readonly change: RowsChange;
  /** Number of the row in the change. */
  readonly row: number;
}

/** What the server must answer; anything else means that the target is not what the source was. */
export interface Expectation {
  readonly minAffectedRows: number;
  readonly maxAffectedRows: number;
  /** The second number of the info text; undefined: not looked at. */
  readonly duplicates: number | undefined;
  /** Warnings that cannot be avoided (an ENUM's index 0 gives one a value). */
  readonly warnings: number;
}

export interface StatementAnswer {
  readonly affectedRows: number;
  readonly warningCount: number;
  readonly info: string;
}

/** Did the statement find and write the rows it is about? Warnings are compared by `hasUnexpectedWarnings`. */
export function meetsExpectation(expected: Expectation, answer: StatementAnswer): boolean {
  if (answer.affectedRows < expected.minAffectedRows) return false;
  if (answer.affectedRows > expected.maxAffectedRows) return false;
  return expected.duplicates === undefined || expected.duplicates === readDuplicates(answer.info);
}

export function hasUnexpectedWarnings(expected: Expectation, answer: StatementAnswer): boolean {
  return answer.warningCount > expected.warnings;
}

/** The words are translated by lc_messages; their order is not. */
function readDuplicates(info: string): number | undefined {
  const text = info.match(/\d+/g)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Several statements for one round trip, joined by semicolons; at most `maxPacketBytes` unless one alone is larger. */
export interface StatementPacket {
  readonly kind: 'statements';
  readonly sql: Buffer;
  readonly statements: readonly PlannedStatement[];
}

/** A BINLOG statement with row images: alone in its query. The server says by an error what is not as it should be. */
export interface ImagesPacket {
  readonly kind: 'images';
  readonly sql: Buffer;
  /** The tables whose rows are in it. */
  readonly bindings: readonly TableBinding[];
}

export type Packet = StatementPacket | ImagesPacket;

/** What a group does to one table. */
export interface TableTouch {
  readonly binding: TableBinding;
  /** undefined: its rows go in order. */
  readonly net: NetEffect | undefined;
}

export interface GroupPlan {
  readonly packets: readonly Packet[];
  readonly touches: readonly TableTouch[];
  readonly rowCount: number;
  /** Tables of the group whose rows could not be merged, with the reason; they go row by row, last. */
  readonly inOrder: ReadonlyMap<TableBinding, string>;
}

export interface PlanLimits {
  /** A statement is cut before it grows beyond this. */
  readonly maxStatementBytes: number;
  /** A packet is cut before it grows beyond this; below the target's max_allowed_packet. */
  readonly maxPacketBytes: number;
  readonly maxStatementRows: number;
}

export const DEFAULT_PLAN_LIMITS: PlanLimits = {
  maxStatementBytes: 512 * 1024,
  maxPacketBytes: 1024 * 1024,
  maxStatementRows: 1_000,
};

/** Where a change's binding is found; TableBinder implements it (`await binder.prepare(changes)` first). */
export interface Bindings {
  of(change: BoundTable): TableBinding;
}

/** What of a change says where its rows go. */
export type BoundTable = Pick<RowsChange, 'table' | 'route'>;

/**
 * Turns changes into statements. Pure: same changes, same statements.
 *
 * `planGroup`: the net effect of whole transactions (or of a prefix of one: the source satisfied its keys
 * there too), multi-row statements first, then row by row what cannot be merged.
 * `planInOrder`: each row as the source wrote it. Lazy, so a large change is never whole in memory.
 * `planOverwrite`: makes the target hold what the source has after this row, whatever it held before
 * (`on_conflict = "overwrite"`); empty where the images do not say enough.
 */
export interface StatementPlanner {
  /** The target refused row images of these tables, whatever their rows: they go as SQL from now on. */
  refuseImages(bindings: readonly TableBinding[], reason: string): void;
  planGroup(changes: readonly RowsChange[], bindings: Bindings): GroupPlan;
  /** `planGroup` without making a change of each of the rows; undefined: they have to be made. */
  planOutlines?(transactions: readonly Transaction[], bindings: Bindings): GroupPlan | undefined;
  planInOrder(change: RowsChange, binding: TableBinding): Iterable<PlannedStatement>;
  planOverwrite(ref: RowRef, binding: TableBinding): readonly PlannedStatement[];
}
