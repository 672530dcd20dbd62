/** What a table map event says: the wire types of a table's columns, and whatever more the server sends. */
export interface TableMap {
  readonly tableId: number;
  readonly database: string;
  readonly table: string;
  readonly columnCount: number;
  /** Wire type of each column (MYSQL_TYPE_*), `string` types not yet resolved to enum/set. */
  readonly columnTypes: Uint8Array;
  /** Type metadata of each column, 0 where the type has none; two bytes are low | high << 8 as on the wire. */
  readonly columnMeta: Uint16Array;
  /** Column i can be NULL. */
  readonly nullable: readonly boolean[];
  readonly metadata: RowMetadata;
  /** The body after the table id and flags: equal bytes, equal table map. */
  readonly body: Buffer;
}

/** Optional metadata of a table map; undefined: not sent. Per column in table order unless said otherwise. */
export interface RowMetadata {
  /** One flag a column (false for columns that are not numeric). */
  readonly isUnsigned: readonly boolean[] | undefined;
  /** Collation id of each character column (and enum/set column), by column index. */
  readonly collationIds: ReadonlyMap<number, number> | undefined;
  readonly columnNames: readonly string[] | undefined;
  /** Raw label bytes of each enum and set column, by column index. */
  readonly labels: ReadonlyMap<number, readonly Buffer[]> | undefined;
  readonly geometryTypes: ReadonlyMap<number, number> | undefined;
  /** Column indexes in key order. Prefix parts are counted as columns too: see `hasPrefixKeyPart`. */
  readonly primaryKey: readonly number[] | undefined;
  readonly hasPrefixKeyPart: boolean;
  readonly isVisible: readonly boolean[] | undefined;
  readonly vectorDimensions: ReadonlyMap<number, number> | undefined;
}
