import type { DdlEffect, DdlSubject, TableReference } from '../../core/change.ts';
import type { TableName } from '../../core/table.ts';
import type { SqlDialect } from '../sql-token.ts';

export interface ParseDdlOptions extends SqlDialect {
  /** The session's default database; '' for none. */
  readonly defaultDatabase: string;
  readonly lowerCaseTableNames: 0 | 1 | 2;
}

/** What a DDL statement says, as far as it can be read. */
export interface ParsedDdl {
  readonly subject: DdlSubject;
  readonly effects: readonly DdlEffect[];
  /** In ascending order. */
  readonly references: readonly TableReference[];
  readonly isFullyParsed: boolean;
  /** CREATE TABLE … SELECT as it was written: the rows are not in the binlog. */
  readonly isFromQuery: boolean;
  /** What it does to definitions, in order. */
  readonly operations: readonly DdlOperation[];
  /** Tables that it may have changed in a way that `operations` does not tell. */
  readonly unclear: readonly TableName[];
}

export type DdlOperation =
  | {
      readonly kind: 'create-table';
      readonly table: TableName;
      readonly spec: TableSpec;
      readonly isIfNotExists: boolean;
    }
  | {
      readonly kind: 'create-like';
      readonly table: TableName;
      readonly like: TableName;
      readonly isIfNotExists: boolean;
    }
  | { readonly kind: 'create-sequence'; readonly table: TableName }
  | {
      readonly kind: 'alter-table';
      readonly table: TableName;
      readonly changes: readonly AlterChange[];
    }
  | { readonly kind: 'drop-table'; readonly table: TableName }
  | {
      readonly kind: 'rename-table';
      readonly table: TableName;
      readonly to: TableName;
      readonly isIfExists: boolean;
    }
  | {
      readonly kind: 'create-database' | 'alter-database';
      readonly database: string;
      readonly charset: CharsetSpec;
      readonly isIfNotExists: boolean;
    }
  | { readonly kind: 'drop-database'; readonly database: string };

/** What a statement says about character set and collation, names as written; `DEFAULT` is a name too. */
export interface CharsetSpec {
  readonly charset: string | undefined;
  readonly collation: string | undefined;
  /** The BINARY attribute: the character set's `_bin` collation. */
  readonly isBinary?: boolean;
}

export interface TableSpec {
  readonly columns: readonly ColumnSpec[];
  readonly keys: readonly KeySpec[];
  readonly charset: CharsetSpec;
  /** Lower case. */
  readonly engine: string | undefined;
  readonly periods: readonly PeriodSpec[];
  readonly isVersioned: boolean;
}

/** MariaDB: PERIOD FOR name (start, end); `SYSTEM_TIME` is that of system versioning. */
export interface PeriodSpec {
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

export interface ColumnSpec {
  readonly name: string;
  readonly type: TypeSpec;
  readonly charset: CharsetSpec;
  /** undefined: neither NULL nor NOT NULL was written. */
  readonly isNullable: boolean | undefined;
  readonly generated: 'virtual' | 'stored' | undefined;
  readonly rowTime: 'start' | 'end' | undefined;
  readonly isInvisible: boolean;
  readonly isCompressed: boolean;
  /** A column that alone asks for versioning makes its table versioned. */
  readonly isVersioned: boolean;
  /** Keys that stand at the column. */
  readonly keys: readonly KeySpec[];
}

/** A type by its own name, synonyms resolved: `int`, `decimal`, `varchar`, `text`, `enum`, `point`. */
export interface TypeSpec {
  readonly base: string;
  readonly args: readonly number[];
  readonly labels: readonly LabelSpec[];
  readonly isUnsigned: boolean;
  readonly isZerofill: boolean;
  /** NATIONAL, NCHAR, JSON on MariaDB: the type itself brings a character set. */
  readonly charset: CharsetSpec | undefined;
}

/** An ENUM or SET label: text, or bytes in the column's character set. */
export type LabelSpec = string | Buffer;

export interface KeySpec {
  readonly kind: 'primary' | 'unique' | 'index' | 'foreign';
  readonly name: string | undefined;
  readonly parts: readonly KeyPartSpec[];
  readonly isHash: boolean;
  readonly isIfNotExists: boolean;
}

export interface KeyPartSpec {
  /** undefined: an expression. */
  readonly column: string | undefined;
  readonly prefixLength: number | undefined;
  /** MariaDB: `column` is a period, WITHOUT OVERLAPS. */
  readonly isPeriod: boolean;
}

export type ColumnPosition = { readonly kind: 'last' } | { readonly kind: 'first' } | AfterColumn;
interface AfterColumn {
  readonly kind: 'after';
  readonly column: string;
}

export type AlterChange =
  | {
      readonly kind: 'add-column';
      readonly column: ColumnSpec;
      readonly position: ColumnPosition;
      readonly isIfNotExists: boolean;
    }
  | { readonly kind: 'drop-column'; readonly column: string; readonly isIfExists: boolean }
  | {
      /** MODIFY (both names equal) and CHANGE. */
      readonly kind: 'change-column';
      readonly from: string;
      readonly column: ColumnSpec;
      /** undefined: where it is. */
      readonly position: ColumnPosition | undefined;
      readonly isIfExists: boolean;
    }
  | {
      readonly kind: 'rename-column';
      readonly from: string;
      readonly to: string;
      readonly isIfExists: boolean;
    }
  | { readonly kind: 'set-visibility'; readonly column: string; readonly isInvisible: boolean }
  | { readonly kind: 'add-key'; readonly key: KeySpec }
  | { readonly kind: 'drop-key'; readonly name: string }
  /** May name a unique key, a check or a foreign key. */
  | { readonly kind: 'drop-constraint'; readonly name: string }
  | { readonly kind: 'rename-key'; readonly from: string; readonly to: string }
  | { readonly kind: 'convert'; readonly charset: CharsetSpec }
  | { readonly kind: 'set-charset'; readonly charset: CharsetSpec }
  | { readonly kind: 'set-engine'; readonly engine: string }
  | { readonly kind: 'add-period'; readonly period: PeriodSpec }
  | { readonly kind: 'add-versioning' | 'drop-versioning' }
  /** Something that moves no definition. */
  | { readonly kind: 'other' };
