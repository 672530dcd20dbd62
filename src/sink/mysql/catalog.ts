import type { TableName } from '../../core/table.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import type { Row } from '../../server/row-reader.ts';
import { buildTargetTable } from './build-target-table.ts';
import { readCatalog } from './catalog-queries.ts';
import { ForeignKeyMap } from './foreign-key-map.ts';
import type { TargetTable } from './target-table.ts';

/** What the catalog needs of a connection. */
export interface CatalogConnection {
  readonly info: Pick<ServerInfo, 'lowerCaseTableNames'>;
  query(sql: string): Promise<readonly Row[]>;
}

/** From so many tables on, asked for at once or one after the other, a database is read whole. */
const WHOLE_DATABASE_TABLES = 4;

/**
 * The target's definitions, read when first needed and kept until a DDL. A table that does not exist is kept as missing
 * only for the call that asked.
 */
export class TargetCatalog {
  readonly #connection: () => CatalogConnection;
  readonly #tables = new Map<string, TargetTable>();
  /** How many tables of a database were asked for by name; Infinity: it was read whole. */
  readonly #asked = new Map<string, number>();
  readonly #foreignKeys: ForeignKeyMap;
  #transactionalEngines: ReadonlySet<string> | undefined;
  #version = 0;

  /** `connection` is asked each time: the session may have been made anew. */
  constructor(connection: () => CatalogConnection) {
    this.#connection = connection;
    this.#foreignKeys = new ForeignKeyMap((name) => this.#key(name));
  }

  /** Moves with every `forget`. */
  get version(): number {
    return this.#version;
  }

  get(name: TableName): TargetTable | undefined {
    return this.#tables.get(this.#key(name));
  }

  /** Reads those that are not known yet, in as few round trips as there are databases. */
  async load(names: readonly TableName[]): Promise<void> {
    if (await this.#foreignKeys.refresh(this.#connection())) this.#dropChanged();
    const missing = new Map<string, Map<string, TableName>>();
    for (const name of names) {
      if (this.#tables.has(this.#key(name))) continue;
      const database = this.#fold(name.database);
      const tables = missing.get(database) ?? new Map<string, TableName>();
      missing.set(database, tables.set(this.#key(name), name));
    }
    for (const [database, tables] of missing) {
      await this.#loadTables(database, [...tables.values()]);
    }
  }

  /** A DDL changed this table (or one that references it). */
  forget(name: TableName): void {
    this.#version++;
    this.#tables.delete(this.#key(name));
    this.#foreignKeys.forget(name);
  }

  forgetAll(): void {
    this.#version++;
    this.#tables.clear();
    this.#asked.clear();
    this.#foreignKeys.forgetAll();
  }

  /** A table that is only referenced changes its part in foreign keys without a DDL of its own. */
  #dropChanged(): void {
    for (const [key, table] of this.#tables) {
      const { hasForeignKeys, hasReferentialActions } = this.#foreignKeys.of(table.name);
      const isSame =
        table.hasForeignKeys === hasForeignKeys &&
        table.hasReferentialActions === hasReferentialActions;
      if (!isSame) this.#tables.delete(key);
    }
  }

  async #loadTables(database: string, names: readonly TableName[]): Promise<void> {
    const asked = (this.#asked.get(database) ?? 0) + names.length;
    const isWhole = asked < Infinity && asked >= WHOLE_DATABASE_TABLES;
    await this.#read(database, isWhole ? undefined : names.map(({ table }) => table));
    this.#asked.set(database, isWhole ? Infinity : asked);
  }

  async #read(database: string, tables: readonly string[] | undefined): Promise<void> {
    const connection = this.#connection();
    this.#transactionalEngines ??= await readTransactionalEngines(connection);
    for (const rows of await readCatalog(connection, database, tables)) {
      const table = buildTargetTable(rows, {
        foreignKeys: this.#foreignKeys.of(rows.name),
        transactionalEngines: this.#transactionalEngines,
      });
      const key = this.#key(table.name);
      if (!this.#tables.has(key)) this.#tables.set(key, table);
    }
  }

  #key(name: TableName): string {
    return `${this.#fold(name.database)}\0${this.#fold(name.table)}`;
  }

  #fold(name: string): string {
    return this.#connection().info.lowerCaseTableNames === 0 ? name : name.toLowerCase();
  }
}

async function readTransactionalEngines(
  connection: CatalogConnection,
): Promise<ReadonlySet<string>> {
  const rows = await connection.query(
    "SELECT LOWER(ENGINE) AS engine FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'",
  );
  return new Set(rows.map((row) => String(row['engine'])));
}
