import type { JsonLayout } from '../decode/json-rows.ts';
import { equalsAt } from '../decode/json-scan.ts';
import type { TargetLayouts } from '../decode/target-layouts.ts';

type Layouts = NonNullable<ReturnType<TargetLayouts['layoutsOf']>>;

/** Tables by the bytes of their names as messages have them. Copies: a slice would keep the whole fetch in memory. */
interface RecentTable {
  readonly database: Buffer;
  readonly table: Buffer;
  readonly layouts: Layouts;
}

/** Where a name stands in a message, with its quotes. */
export interface NamePlace {
  readonly start: number;
  readonly end: number;
}

const MAX_TABLES = 8;

/** The tables of the messages before: most messages are of one of a few, whose names need not become text. */
export class RecentTables {
  #tables: RecentTable[] = [];

  forget(): void {
    this.#tables = [];
  }

  /** The layout in which the table's rows came last. */
  find(bytes: Buffer, database: NamePlace, table: NamePlace): JsonLayout | undefined {
    const tables = this.#tables;
    for (let index = 0; index < tables.length; index++) {
      const one = tables[index] as RecentTable;
      if (!equalsAt(bytes, table.start, table.end, one.table)) continue;
      if (equalsAt(bytes, database.start, database.end, one.database)) return one.layouts.last;
    }
    return undefined;
  }

  add(
    bytes: Buffer,
    names: { readonly database: NamePlace; readonly table: NamePlace },
    layouts: Layouts,
  ): void {
    const copy = ({ start, end }: NamePlace): Buffer => Buffer.from(bytes.subarray(start, end));
    const { database, table } = names;
    const isKnown = this.#tables.some((one) => one.layouts === layouts);
    if (isKnown) return;
    const kept = this.#tables.slice(0, MAX_TABLES - 1);
    this.#tables = [{ database: copy(database), table: copy(table), layouts }, ...kept];
  }
}
