/** One token of an SQL statement. `statement.slice(start, end)` is what was written. */
export interface Token {
  /**
   * word: unquoted identifier or keyword. quoted: identifier in quotes. string: text literal.
   * binary: x'…', b'…', 0x…, 0b…. bad: an unterminated quote or comment; nothing follows it.
   */
  readonly kind: 'word' | 'quoted' | 'string' | 'binary' | 'number' | 'symbol' | 'bad' | 'end';
  /** Quotes and escapes resolved; of `binary` as written. */
  readonly text: string;
  /** Upper case of a word or symbol, '' for everything else: what keywords are compared with. */
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
}

/** What decides how a statement's characters are read. */
export interface SqlDialect {
  readonly flavor: 'mysql' | 'mariadb';
  /** major * 10000 + minor * 100 + patch. */
  readonly versionNumber: number;
  /** undefined: not logged, none of them counts. */
  readonly sqlModeNames: readonly string[] | undefined;
}
