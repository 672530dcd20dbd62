import type { Column, Table } from '../../core/table.ts';
import type { TableRoute } from '../../core/route.ts';
import type { TargetColumn, TargetTable } from './target-table.ts';

/** A column that is written: where its value is in the source's image, where it goes. */
export interface BoundColumn {
  /** Index into the source table's columns. */
  readonly index: number;
  readonly source: Column;
  readonly target: TargetColumn;
}

/** How a source table (with its route) fits its target table. One object for each Table, until a DDL. */
export interface TableBinding {
  readonly source: Table;
  readonly route: TableRoute;
  readonly target: TargetTable;
  /** In source order. */
  readonly columns: readonly BoundColumn[];
  /** Indexes into the source's columns; undefined: no key names a row. */
  readonly identity: readonly number[] | undefined;
  /** The target's other unique keys, as source column indexes. */
  readonly uniqueKeys: readonly (readonly number[])[];
  /** What an image must have to make a row and to find it: of the columns, the identity and the unique keys. */
  readonly needed: readonly number[];
  /** Why rows cannot be merged to their net effect; undefined: they can. */
  readonly inOrderReason: string | undefined;
  /** The target has columns that the source does not write; a deleted and re-made row would lose them. */
  readonly hasExtraColumns: boolean;
  /** Takes part in a foreign key, on either side. */
  readonly hasForeignKeys: boolean;
  /** Takes part in one whose action the target would perform (CASCADE, SET NULL). */
  readonly hasReferentialActions: boolean;
}
