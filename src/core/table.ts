/** A table's name as the server has it, unquoted. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** Base type of a column, as information_schema.COLUMNS.DATA_TYPE spells it. */
export const COLUMN_TYPES = [
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
  'bit',
  'year',
  'date',
  'time',
  'datetime',
  'timestamp',
  'char',
  'varchar',
  'binary',
  'varbinary',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'enum',
  'set',
  'json',
  'geometry',
  'vector',
  // MariaDB
  'uuid',
  'inet4',
  'inet6',
] as const;

/** `geometry` stands for all spatial types; `Column.columnType` tells which. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Of strings, so that an information_schema DATA_TYPE can be asked for too. */
export const INTEGER_TYPES: ReadonlySet<string> = new Set<ColumnType>([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
]);

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /**
   * The full type as information_schema.COLUMNS.COLUMN_TYPE gives it: `int(10) unsigned`,
   * `enum('a','b')`. Where only row metadata is known it is built from that.
   */
  readonly columnType: string;
  readonly isUnsigned: boolean;
  /** Of text, enum and set; undefined for everything else (binary strings too). Lower case, `utf8mb3` never `utf8`. */
  readonly charset: string | undefined;
  readonly collation: string | undefined;
  /** Of enum and set, in definition order. */
  readonly labels: readonly string[] | undefined;
  readonly isNullable: boolean;
  readonly generated: 'virtual' | 'stored' | undefined;
  readonly isInvisible: boolean;
  /** MariaDB `COMPRESSED` columns: the row image holds zlib data. */
  readonly isCompressed: boolean;
  /** Not a column of the user's: hidden hash of a MariaDB long unique key, system versioning. Never handed on. */
  readonly isHidden: boolean;
  /** Byte length of binary(n) and char/binary padding, in bytes; characters for char/varchar. */
  readonly length: number | undefined;
  /** Fractional digits of time, datetime, timestamp; decimals of decimal. */
  readonly scale: number | undefined;
  readonly precision: number | undefined;
}

export interface Index {
  readonly name: string;
  /** Indexes into `Table.columns`. */
  readonly columns: readonly number[];
  /** True when every column is NOT NULL and no column is a prefix or an expression: it names one row. */
  readonly isRowIdentity: boolean;
}

/**
 * A table's definition at one position of the binlog. Immutable: a DDL makes a new object, so object
 * identity stands for "the same definition" in every cache.
 */
export interface Table {
  readonly database: string;
  readonly name: string;
  /** All columns in the order of the row image, hidden ones last. */
  readonly columns: readonly Column[];
  /** Indexes into `columns`; empty: no primary key. */
  readonly primaryKey: readonly number[];
  /** Unique indexes besides the primary key, as far as they are known (row metadata does not tell them). */
  readonly uniqueKeys: readonly Index[];
  readonly charset: string | undefined;
  /**
   * MariaDB's system versioning: indexes of the columns of which one says when a row's version ended. Absent:
   * every row in the binlog is a row of the table.
   */
  readonly versionEnds?: readonly number[];
}

/** `db.t`, for messages and error places; not an SQL identifier. */
export function formatTableName(name: TableName): string {
  return `${name.database}.${name.table}`;
}
