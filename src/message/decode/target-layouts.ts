import type { Column, TableName } from '../../core/table.ts';
import type { MessageTable, MessageTables, UnknownTable } from './decoder.ts';
import { createLayout, type ColumnReader, type JsonLayout } from './json-rows.ts';

/** The layouts that one table's rows have come in. */
export interface TableLayouts {
  readonly byMembers: Map<string, JsonLayout>;
  /** Of the last insert: all columns that the producer sends of a row. */
  whole: JsonLayout | undefined;
  last: JsonLayout | undefined;
}

/**
 * Layouts of tables whose types the target says, by the members that rows come with. An insert has every column that is
 * sent at all; an update or a delete with fewer has a MINIMAL or NOBLOB image, or its producer drops columns: until an
 * insert tells, it is taken for the former, which is right for both and slower.
 */
export class TargetLayouts {
  readonly #tables: MessageTables;
  readonly #readerOf: (column: Column) => ColumnReader;
  readonly #layouts = new Map<string, TableLayouts>();

  constructor(tables: MessageTables, readerOf: (column: Column) => ColumnReader) {
    this.#tables = tables;
    this.#readerOf = readerOf;
  }

  forget(): void {
    this.#layouts.clear();
  }

  /** Likely the right one. */
  guess(name: TableName): JsonLayout | undefined {
    return this.layoutsOf(name)?.last;
  }

  /** Those that are known of a table: its `last` is the likely one. undefined: none is. */
  layoutsOf(name: TableName): Pick<TableLayouts, 'last'> | undefined {
    return this.#layouts.get(keyOf(name));
  }

  find(name: TableName, members: readonly string[], isInsert: boolean): JsonLayout | UnknownTable {
    const key = keyOf(name);
    const known = this.#layouts.get(key) ?? {
      byMembers: new Map<string, JsonLayout>(),
      whole: undefined,
      last: undefined,
    };
    const membersKey = members.join('\0');
    const layout =
      this.#known(known, members, membersKey, isInsert) ?? this.#make(name, members, isInsert);
    if ('kind' in layout) return layout;
    this.#layouts.set(key, known);
    if (isInsert) known.whole = layout;
    known.byMembers.set(membersKey, layout);
    known.last = layout;
    return layout;
  }

  #known(
    { byMembers, whole }: TableLayouts,
    members: readonly string[],
    membersKey: string,
    isInsert: boolean,
  ): JsonLayout | undefined {
    if (!isInsert && whole !== undefined && isPartOf(members, whole)) return whole;
    const layout = byMembers.get(membersKey);
    return isInsert && layout !== undefined && !isWhole(layout, members) ? undefined : layout;
  }

  #make(name: TableName, members: readonly string[], isInsert: boolean): JsonLayout | UnknownTable {
    const made: MessageTable | UnknownTable = this.#tables.fromTarget(name, members, isInsert);
    return 'kind' in made ? made : createLayout(made.table, this.#readerOf, made.members);
  }
}

function keyOf(name: TableName): string {
  return `${name.database}\0${name.table}`;
}

function isWhole(layout: JsonLayout, members: readonly string[]): boolean {
  return layout.members.length === members.length;
}

function isPartOf(members: readonly string[], layout: JsonLayout): boolean {
  const names = new Set(layout.members.map(({ name }) => name.toString('utf8')));
  return members.every((name) => names.has(JSON.stringify(name).slice(1, -1)));
}
