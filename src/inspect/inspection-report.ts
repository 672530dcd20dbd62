import type { RowDifference } from './difference.ts';

export interface FoundDifference extends RowDifference {
  readonly isRepaired: boolean;
}

export interface TableReport {
  readonly table: string;
  readonly target: string;
  /** Why the table could not be compared at all; null: it was. */
  readonly problem: string | null;
  /** Rows of the source that were compared. */
  readonly rows: number;
  /** Rows that differ, repaired ones too. */
  readonly missing: number;
  readonly extra: number;
  readonly stale: number;
  readonly repaired: number;
  /** Among those that differ: replication has not come to them. */
  readonly behind: number;
  /** Rows that changed too often to be compared. */
  readonly unsettled: number;
  /** The first of them, by far the most there are. */
  readonly differences: readonly FoundDifference[];
  readonly seconds: number;
}

/** Differences that are there still. */
export function remaining(report: TableReport): number {
  const { missing, extra, stale, repaired, problem } = report;
  return missing + extra + stale - repaired + (problem === null ? 0 : 1);
}

export function problemReport(table: string, target: string, problem: string): TableReport {
  const none = { rows: 0, missing: 0, extra: 0, stale: 0, repaired: 0, behind: 0, unsettled: 0 };
  return { table, target, problem, ...none, differences: [], seconds: 0 };
}
