/** What is wrong with a row. */
export const DIFFERENCE_KINDS = ['missing', 'extra', 'stale'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** Why, where the values tell it. `behind`: replication has not come to this change, and none runs. */
export const CAUSES = [
  'missing',
  'extra',
  'stale',
  'time_zone',
  'charset',
  'rounding',
  'truncated',
  'behind',
] as const;
export type Cause = (typeof CAUSES)[number];

/** A column whose values differ; as people read them, long ones cut. null: SQL NULL. */
export interface ColumnDifference {
  readonly column: string;
  readonly source: string | null;
  readonly target: string | null;
  readonly cause: Cause;
}

export interface RowDifference {
  /** `db.table` on the source, and on the target. */
  readonly table: string;
  readonly target: string;
  /** `id=5`; of a table without a key: the values that tell most rows apart. */
  readonly key: string;
  readonly kind: DifferenceKind;
  readonly cause: Cause;
  readonly columns: readonly ColumnDifference[];
  /** How many equal rows are too few or too many. */
  readonly copies: number;
}
