/**
 * A table's definition as the schema history keeps it: what a `Table` is made from, and what a later
 * DDL needs besides (default collation, all key names, engine). Immutable.
 */
export interface TableDefinition {
  readonly database: string;
  readonly name: string;
  /** Default for new text columns. undefined: not known, and nothing that depends on it can be told. */
  readonly collation: string | undefined;
  /** Lower case, '' when not known. */
  readonly engine: string;
  /** The user's columns, in table order. */
  readonly columns: readonly ColumnDefinition[];
  readonly keys: readonly KeyDefinition[];
  /**
   * MariaDB's WITH SYSTEM VERSIONING. implicit: two hidden columns hold the row's time; explicit: two
   * of the user's columns do.
   */
  readonly versioning: 'implicit' | 'explicit' | undefined;
  /** MariaDB's CREATE SEQUENCE: a table of one row whose every step is in the binlog. */
  readonly isSequence: boolean;
}

export interface ColumnDefinition {
  readonly name: string;
  /** As information_schema.COLUMNS.COLUMN_TYPE gives it. */
  readonly columnType: string;
  /** Of text, enum and set that are not binary; `utf8mb3_…`, never `utf8_…`. */
  readonly collation: string | undefined;
  readonly isNullable: boolean;
  readonly generated: 'virtual' | 'stored' | undefined;
  readonly isInvisible: boolean;
}

export interface KeyDefinition {
  /** `PRIMARY` is the primary key. */
  readonly name: string;
  readonly isUnique: boolean;
  /** MariaDB keeps a hidden column with a hash for this unique key. */
  readonly isLongUnique: boolean;
  readonly parts: readonly KeyPart[];
}

export interface KeyPart {
  /** undefined: an expression. */
  readonly column: string | undefined;
  /** Only this many characters (bytes) of the column are in the key. */
  readonly prefixLength: number | undefined;
}

export const PRIMARY = 'PRIMARY';

/** Column and key names are compared without case; the servers also ignore it beyond ASCII. */
export function isSameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

export function findColumn(
  columns: readonly ColumnDefinition[],
  name: string,
): ColumnDefinition | undefined {
  return columns.find((column) => isSameName(column.name, name));
}
