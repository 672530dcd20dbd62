import type { TableName } from '../../core/table.ts';
import { readOptionalText, readText, type Row } from '../../server/row-reader.ts';
import { quoteText } from '../../server/sql-text.ts';

interface ForeignKey {
  readonly child: TableName;
  readonly parent: TableName;
  readonly hasAction: boolean;
}

export interface ForeignKeyPart {
  /** On either side. */
  readonly hasForeignKeys: boolean;
  /** In one with CASCADE, SET NULL or SET DEFAULT. */
  readonly hasReferentialActions: boolean;
}

const PASSIVE_RULES: ReadonlySet<string> = new Set(['RESTRICT', 'NO ACTION']);

/**
 * Which tables of the server take part in foreign keys. Read for the whole server at first, because the referenced
 * side does not know of them; after a DDL only the tables that it could have changed.
 */
export class ForeignKeyMap {
  readonly #keyOf: (name: TableName) => string;
  #byChild: Map<string, readonly ForeignKey[]> | undefined;
  #stale = new Map<string, TableName>();
  #parts = new Map<string, ForeignKeyPart>();

  constructor(keyOf: (name: TableName) => string) {
    this.#keyOf = keyOf;
  }

  of(name: TableName): ForeignKeyPart {
    return this.#parts.get(this.#keyOf(name)) ?? NO_PART;
  }

  /** Its own foreign keys, and those that named it before it was dropped or renamed. */
  forget(name: TableName): void {
    const key = this.#keyOf(name);
    this.#stale.set(key, name);
    for (const { child, parent } of [...(this.#byChild?.values() ?? [])].flat()) {
      if (this.#keyOf(parent) === key) this.#stale.set(this.#keyOf(child), child);
    }
  }

  forgetAll(): void {
    this.#byChild = undefined;
  }

  /** True when something was read anew. */
  async refresh(connection: { query(sql: string): Promise<readonly Row[]> }): Promise<boolean> {
    if (this.#byChild !== undefined && this.#stale.size === 0) return false;
    const stale = this.#stale;
    const rows = await connection.query(
      SELECT + (this.#byChild === undefined ? '' : ` WHERE ${ownedBy([...stale.values()])}`),
    );
    const byChild = (this.#byChild ??= new Map<string, readonly ForeignKey[]>());
    for (const key of stale.keys()) byChild.delete(key);
    for (const foreignKey of rows.map(readForeignKey)) {
      const key = this.#keyOf(foreignKey.child);
      byChild.set(key, [...(byChild.get(key) ?? []), foreignKey]);
    }
    this.#stale = new Map();
    this.#parts = this.#countParts([...byChild.values()].flat());
    return true;
  }

  #countParts(foreignKeys: readonly ForeignKey[]): Map<string, ForeignKeyPart> {
    const parts = new Map<string, ForeignKeyPart>();
    for (const { child, parent, hasAction } of foreignKeys) {
      for (const key of [this.#keyOf(child), this.#keyOf(parent)]) {
        const hasReferentialActions = hasAction || parts.get(key)?.hasReferentialActions === true;
        parts.set(key, { hasForeignKeys: true, hasReferentialActions });
      }
    }
    return parts;
  }
}

const NO_PART: ForeignKeyPart = { hasForeignKeys: false, hasReferentialActions: false };

const SELECT = `SELECT CONSTRAINT_SCHEMA AS child_database, TABLE_NAME AS child_table,
  UNIQUE_CONSTRAINT_SCHEMA AS parent_database, REFERENCED_TABLE_NAME AS parent_table,
  UPDATE_RULE AS update_rule, DELETE_RULE AS delete_rule
  FROM information_schema.REFERENTIAL_CONSTRAINTS`;

function ownedBy(names: readonly TableName[]): string {
  return names
    .map(
      ({ database, table }) =>
        `(CONSTRAINT_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)})`,
    )
    .join(' OR ');
}

function readForeignKey(row: Row): ForeignKey {
  const child = { database: readText(row, 'child_database'), table: readText(row, 'child_table') };
  const rules = [readText(row, 'update_rule'), readText(row, 'delete_rule')];
  return {
    child,
    parent: {
      database: readOptionalText(row, 'parent_database') ?? child.database,
      table: readText(row, 'parent_table'),
    },
    hasAction: rules.some((rule) => !PASSIVE_RULES.has(rule.toUpperCase())),
  };
}
