import type { TableDefinition } from '../../src/schema/table-definition.ts';

/** What a generated statement may use. */
export interface DdlFeatures {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
}

const TYPES =
  `int|int unsigned|bigint|tinyint(1)|smallint(3) zerofill|decimal(10,2)|decimal(20)|float|
  double|float(7,3)|bit(5)|bool|char(3)|varchar(10)|varchar(200)|nchar(4)|text|tinytext|mediumtext|text(50)|
  text(300)|blob|longblob|blob(100)|binary(4)|varbinary(20)|date|time(2)|datetime(6)|timestamp null|year|
  enum('a','b','c')|set('x','y')|enum('it''s','q')|point|long varchar|varchar(3) binary|char(2) ascii|
  real|numeric(6,3) unsigned`
    .split('|')
    .map((type) => type.trim());

const CHARSETS = 'latin1 utf8 utf8mb4 ucs2 gbk binary'.split(' ');
const COLLATIONS = 'latin1_bin utf8_unicode_ci utf8mb4_bin utf8mb4_unicode_ci gbk_bin'.split(' ');
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', '`g h`', '`Key`', 'ä1'];
const TABLES = ['t1', 't2', 't3', '`t 4`'];

/** Statements that fit the tables as they are, mostly: what the server refuses is simply no case. */
export class RandomDdl {
  readonly #random: () => number;
  readonly #features: DdlFeatures;

  constructor(seed: number, features: DdlFeatures) {
    this.#random = mulberry32(seed);
    this.#features = features;
  }

  next(tables: readonly TableDefinition[]): string {
    const table = this.#pick(tables);
    const dice = this.#random();
    if (table === undefined || (dice < 0.12 && tables.length < 4)) return this.#create(tables);
    if (dice < 0.16) return `drop table ${quote(table.name)}`;
    if (dice < 0.2) return this.#rename(table);
    if (dice < 0.24) return this.#index(table);
    if (dice < 0.27) return `create table ${this.#pick(TABLES) ?? 't1'} like ${quote(table.name)}`;
    return `alter table ${quote(table.name)} ${this.#several(4, () => this.#change(table)).join(', ')}`;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + Math.floor(this.#random() ** 2 * most) }, make);
  }

  #name(): string {
    return this.#pick(NAMES) ?? 'a';
  }

  #create(tables: readonly TableDefinition[]): string {
    const name = TABLES.find((n) => !tables.some((table) => quote(table.name) === quote(bare(n))));
    const columns = [...new Set(this.#several(8, () => this.#name()))];
    const items = columns.map((column) => `${column} ${this.#type()}`);
    if (this.#chance(0.5)) items.push(this.#key(columns));
    if (this.#chance(0.3)) items.push(this.#key(columns));
    if (this.#chance(0.4)) items.push(`primary key (${columns[0] ?? 'a'})`);
    return `create table ${name ?? 't1'} (${items.join(', ')})${this.#options()}`;
  }

  #options(): string {
    if (this.#chance(0.4)) return '';
    return this.#chance(0.5)
      ? ` charset=${this.#pick(CHARSETS) ?? 'latin1'}`
      : ` collate ${this.#pick(COLLATIONS) ?? 'latin1_bin'}`;
  }

  #type(): string {
    const type = this.#pick(TYPES) ?? 'int';
    const isText = /^(char|varchar|text|tinytext|mediumtext|enum|set)/.test(type);
    const isPlain = !/binary|ascii/.test(type);
    const charset =
      isText && isPlain && this.#chance(0.4) ? ` character set ${this.#pick(CHARSETS) ?? ''}` : '';
    const nulls = this.#pick(['', '', '', ' not null', ' null']) ?? '';
    const unique = this.#chance(0.08) ? ' unique' : '';
    return `${type}${charset}${type.endsWith('null') ? '' : nulls}${unique}${this.#attribute()}`;
  }

  #attribute(): string {
    const { flavor, versionNumber } = this.#features;
    const canHide = flavor === 'mariadb' || versionNumber >= 80_023;
    if (canHide && this.#chance(0.05)) return ' invisible';
    return this.#chance(0.1) ? " comment 'it''s, (a) comment'" : '';
  }

  #key(columns: readonly string[]): string {
    const parts = [...new Set(this.#several(3, () => this.#pick(columns) ?? 'a'))];
    const name = this.#chance(0.4) ? ` k${Math.floor(this.#random() * 5)}` : '';
    const kind = this.#pick(['unique', 'unique key', 'index', 'key']) ?? 'key';
    const list = parts.map((part) => (this.#chance(0.15) ? `${part}(2)` : part));
    return `${kind}${name} (${list.join(', ')})`;
  }

  #rename(table: TableDefinition): string {
    const to = this.#pick(TABLES) ?? 't1';
    return this.#chance(0.5)
      ? `rename table ${quote(table.name)} to ${to}`
      : `rename table ${quote(table.name)} to swap_, ${to} to ${quote(table.name)}, swap_ to ${to}`;
  }

  #index(table: TableDefinition): string {
    const key = this.#pick(table.keys);
    if (key !== undefined && this.#chance(0.4)) {
      return `drop index ${quote(key.name)} on ${quote(table.name)}`;
    }
    const column = quote(this.#pick(table.columns)?.name ?? 'a');
    const unique = this.#chance(0.6) ? 'unique ' : '';
    return `create ${unique}index i${Math.floor(this.#random() * 9)} on ${quote(table.name)} (${column})`;
  }

  #position(table: TableDefinition): string {
    const dice = this.#random();
    if (dice < 0.5) return '';
    if (dice < 0.65) return ' first';
    const after = this.#chance(0.8) ? quote(this.#pick(table.columns)?.name ?? 'a') : this.#name();
    return ` after ${after}`;
  }

  #change(table: TableDefinition): string {
    const column = quote(this.#pick(table.columns)?.name ?? 'a');
    const key = quote(this.#pick(table.keys)?.name ?? 'k1');
    const changes: readonly (() => string)[] = [
      () => `add ${this.#name()} ${this.#type()}${this.#position(table)}`,
      () => `add column ${this.#name()} ${this.#type()}${this.#position(table)}`,
      () => `add (${this.#name()} ${this.#type()}, ${this.#name()} ${this.#type()})`,
      () => `drop ${column}`,
      () => `modify ${column} ${this.#type()}${this.#position(table)}`,
      () => `change ${column} ${this.#name()} ${this.#type()}${this.#position(table)}`,
      () => `change ${column} ${column} ${this.#type()}${this.#position(table)}`,
      () => `add ${this.#key(table.columns.map(({ name }) => quote(name)))}`,
      () => `drop index ${key}`,
      () => `add primary key (${column})`,
      () => 'drop primary key',
      () => `convert to character set ${this.#pick(CHARSETS.slice(0, 5)) ?? ''}`,
      () => `default charset ${this.#pick(CHARSETS) ?? ''}`,
      () => `collate ${this.#pick(COLLATIONS) ?? ''}`,
      () => `alter column ${column} drop default`,
      // MariaDB 10.11 and 11.8 leave the old table behind when a type changes in the same statement.
      () =>
        this.#features.flavor === 'mysql' ? `rename to ${this.#pick(TABLES) ?? 't1'}` : 'force',
      () => "comment = 'x'",
      () => (this.#hasRename() ? `rename column ${column} to ${this.#name()}` : 'force'),
      () => (this.#hasRename() ? `rename index ${key} to rk${column.length}` : 'force'),
    ];
    return this.#pick(changes)?.() ?? 'force';
  }

  #hasRename(): boolean {
    const { flavor, versionNumber } = this.#features;
    return versionNumber >= (flavor === 'mysql' ? 80_000 : 100_502);
  }
}

const bare = (name: string): string => name.replaceAll('`', '');
const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
