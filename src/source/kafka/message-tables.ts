import type { Router } from '../../core/route.ts';
import type { Column, Index, Table, TableName } from '../../core/table.ts';
import type { MessageTable, MessageTables, UnknownTable } from '../../message/decode/decoder.ts';
import { buildTable } from '../../schema/build-table.ts';
import { isTextType, readColumnType } from '../../schema/column-type-text.ts';
import { PRIMARY, type TableDefinition } from '../../schema/table-definition.ts';

export interface TargetTablesOptions {
  readonly router: Router;
  /** The target's definition; undefined: it has no such table. */
  readonly read: (name: TableName) => Promise<TableDefinition | undefined>;
}

const TEXT = { charset: 'utf8mb4', collation: 'utf8mb4_general_ci' } as const;

/**
 * Tables as messages have them: their columns are the members that came, with the types of the target's columns or of
 * the message itself. Text is UTF-8, whatever the target's character set, because that is how it comes.
 */
export class TargetTables implements MessageTables {
  readonly #options: TargetTablesOptions;
  /** By name at the target; null: it has none. */
  readonly #known = new Map<string, Table | null>();

  constructor(options: TargetTablesOptions) {
    this.#options = options;
  }

  forget(): void {
    this.#known.clear();
  }

  /** Reads what the target has now. `name` is the message's. */
  async load(name: TableName): Promise<void> {
    const target = this.#options.router.targetName(name);
    const definition = await this.#options.read(target);
    this.#known.set(keyOf(target), definition === undefined ? null : buildTable(definition));
  }

  /** Has the target's table a key that names a row? undefined: not known. */
  hasKey(name: TableName): boolean | undefined {
    const target = this.#known.get(keyOf(this.#options.router.targetName(name)));
    if (target === undefined || target === null) return undefined;
    return target.primaryKey.length > 0 || target.uniqueKeys.some((key) => key.isRowIdentity);
  }

  fromTarget(
    name: TableName,
    members: readonly string[],
    isWhole: boolean,
  ): MessageTable | UnknownTable {
    const { router } = this.#options;
    const target = this.#known.get(keyOf(router.targetName(name)));
    if (target === undefined || target === null) {
      return { kind: 'unknown_table', table: name, column: undefined };
    }
    const made = new TableMaker(name, target);
    for (const member of members) {
      const column = router.targetColumn(name, member);
      if (column === undefined) made.drop(member);
      else if (!made.add(member, column)) {
        return { kind: 'unknown_table', table: name, column: member };
      }
    }
    if (!isWhole) made.addRest();
    return made.finish();
  }

  fromTypes(
    name: TableName,
    types: readonly (readonly [string, string])[],
    primaryKey: readonly string[],
  ): MessageTable {
    const table = buildTable({
      database: name.database,
      name: name.table,
      collation: TEXT.collation,
      engine: '',
      columns: types.map(([column, columnType]) => ({
        name: column,
        columnType,
        collation: hasText(columnType) ? TEXT.collation : undefined,
        isNullable: !primaryKey.includes(column),
        generated: undefined,
        isInvisible: false,
      })),
      keys:
        primaryKey.length === 0
          ? []
          : [
              {
                name: PRIMARY,
                isUnique: true,
                isLongUnique: false,
                parts: primaryKey.map((column) => ({ column, prefixLength: undefined })),
              },
            ],
      versioning: undefined,
      isSequence: false,
    });
    return { table, members: types.map(([member], column) => ({ name: member, column })) };
  }
}

function keyOf(name: TableName): string {
  return `${name.database}\0${name.table}`.toLowerCase();
}

function hasText(columnType: string): boolean {
  const type = readColumnType(columnType)?.type;
  return type !== undefined && isTextType(type);
}

/** Puts a table together from members and the target's columns that they go to. */
class TableMaker {
  readonly #name: TableName;
  readonly #target: Table;
  readonly #columns: Column[] = [];
  readonly #members: { readonly name: string; readonly column: number }[] = [];
  /** By index in the target's table: index in this one. */
  readonly #places = new Map<number, number>();

  constructor(name: TableName, target: Table) {
    this.#name = name;
    this.#target = target;
  }

  drop(member: string): void {
    this.#members.push({ name: member, column: -1 });
  }

  /** False: the target has no such column. */
  add(member: string, targetColumn: string): boolean {
    const folded = targetColumn.toLowerCase();
    const index = this.#target.columns.findIndex(
      ({ name, isHidden }) => !isHidden && name.toLowerCase() === folded,
    );
    const column = this.#target.columns[index];
    if (column === undefined) return false;
    this.#places.set(index, this.#columns.length);
    this.#members.push({ name: member, column: this.#columns.length });
    const text = isTextType(column.type) ? TEXT : {};
    this.#columns.push({ ...column, ...text, name: member, isCompressed: false });
    return true;
  }

  /** The target's other columns, which images may lack. */
  addRest(): void {
    for (const [index, { name, isHidden, generated }] of this.#target.columns.entries()) {
      if (!isHidden && generated === undefined && !this.#places.has(index)) this.add(name, name);
    }
  }

  finish(): MessageTable {
    const table: Table = {
      database: this.#name.database,
      name: this.#name.table,
      columns: this.#columns,
      primaryKey: this.#indexes(this.#target.primaryKey) ?? [],
      uniqueKeys: this.#target.uniqueKeys.flatMap((key) => this.#key(key) ?? []),
      charset: 'utf8mb4',
    };
    return { table, members: this.#members };
  }

  #key(key: Index): Index | undefined {
    const columns = this.#indexes(key.columns);
    return columns && { ...key, columns };
  }

  /** undefined: a column of it does not come. */
  #indexes(columns: readonly number[]): readonly number[] | undefined {
    const places = columns.map((column) => this.#places.get(column));
    return places.every((place) => place !== undefined) ? places : undefined;
  }
}
