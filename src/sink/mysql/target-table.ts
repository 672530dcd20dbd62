import type { TableName } from '../../core/table.ts';

/** A table as the target has it now. */
export interface TargetTable {
  readonly name: TableName;
  readonly engine: string;
  readonly isTransactional: boolean;
  /** All its columns are shown: it keeps no row versions and no hash of a long unique key. */
  readonly takesImages: boolean;
  readonly columns: readonly TargetColumn[];
  readonly columnByName: ReadonlyMap<string, TargetColumn>;
  /** Primary key first, the others in the order in which the server checks them. */
  readonly uniqueKeys: readonly TargetKey[];
  /** Names of the columns that some index begins with. */
  readonly indexedColumns: ReadonlySet<string>;
  readonly triggers: readonly string[];
  readonly hasForeignKeys: boolean;
  readonly hasReferentialActions: boolean;
}

export interface TargetColumn {
  readonly name: string;
  /** information_schema.COLUMNS.DATA_TYPE, lower case. */
  readonly dataType: string;
  readonly columnType: string;
  /** `utf8mb3`, never `utf8`; undefined: not text. */
  readonly charset: string | undefined;
  readonly collation: string | undefined;
  readonly isNullable: boolean;
  /** An INSERT may leave it out: default, nullable, AUTO_INCREMENT. */
  readonly canBeOmitted: boolean;
  readonly isGenerated: boolean;
  /** Labels of ENUM and SET. */
  readonly labels: readonly string[] | undefined;
}

export interface TargetKey {
  readonly name: string;
  readonly isPrimary: boolean;
  readonly parts: readonly TargetKeyPart[];
  /** Names one row: no part is NULL-able, a prefix or an expression, and it is a true index. */
  readonly isRowIdentity: boolean;
}

export interface TargetKeyPart {
  /** undefined: an expression. */
  readonly column: string | undefined;
  readonly isPrefix: boolean;
}
