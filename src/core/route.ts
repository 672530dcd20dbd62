import type { Table, TableName } from './table.ts';

/** Where a source table's rows go and under which column names; one object for each Table object. */
export interface TableRoute {
  readonly target: TableName;
  /** The columns that are handed on, in source order: index into `Table.columns`, name at the target. */
  readonly columns: readonly RoutedColumn[];
  /** True when names and columns are all as in the source. */
  readonly isIdentity: boolean;
}

export interface RoutedColumn {
  readonly index: number;
  readonly name: string;
}

export const CHANGE_KINDS = ['insert', 'update', 'delete', 'truncate', 'drop'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Maps names between source and target: include/exclude, `to`, drop_columns, rename_columns. */
export interface Router {
  /** False: the filter leaves the table out. */
  isIncluded(name: TableName): boolean;
  /** Is any table of this database included, or might one be? */
  isDatabaseIncluded(database: string): boolean;
  targetName(name: TableName): TableName;
  /** The database's name at the target when all its tables go to one; undefined when they don't. */
  targetDatabase(database: string): string | undefined;
  /** Some tables of this database stay in one of the same name, whatever rules do with others. */
  keepsDatabase(database: string): boolean;
  /** Name of a source column at the target; undefined: dropped. */
  targetColumn(name: TableName, column: string): string | undefined;
  /** One TableRoute for each Table object, made once. */
  route(table: Table): TableRoute;
  /** Several tables go to the target of this one, of this source or of another. */
  isMerged(name: TableName): boolean;
  /** Its rule leaves out changes of this kind. */
  isSkipped(name: TableName, kind: ChangeKind): boolean;
  /** True when any rule could rename or drop something of this table. */
  isRenamed(name: TableName): boolean;
}
