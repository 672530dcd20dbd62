import type { RowsChange } from '../core/change.ts';
import type { RowImage } from '../core/row.ts';
import type { TableRoute } from '../core/route.ts';
import type { Column, Table } from '../core/table.ts';
import { jsonString } from './json-text.ts';

/** A column as a format writes it: its place in the image and how its value becomes text. */
export interface PlannedColumn<E> {
  readonly index: number;
  readonly name: string;
  /** The name as a JSON member up to its value: `"name":`. */
  readonly label: string;
  readonly column: Column;
  readonly encode: E;
}

/** What a format has to know of a table, made once for each definition and route. */
export interface RowPlan<E> {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly PlannedColumn<E>[];
  /** Columns of the primary key, in key order. */
  readonly key: readonly PlannedColumn<E>[];
}

/** Plans by route: there is one route object for each Table object. */
export class RowPlans<E> {
  readonly #plans = new WeakMap<TableRoute, RowPlan<E>>();
  readonly #encoderOf: (column: Column) => E;

  constructor(encoderOf: (column: Column) => E) {
    this.#encoderOf = encoderOf;
  }

  of(change: RowsChange): RowPlan<E> {
    const known = this.#plans.get(change.route);
    if (known !== undefined) return known;
    const plan = this.#make(change.table, change.route);
    this.#plans.set(change.route, plan);
    return plan;
  }

  #make(table: Table, route: TableRoute): RowPlan<E> {
    const columns = route.columns.flatMap(({ index, name }) => {
      const column = table.columns[index];
      return column === undefined || column.isHidden
        ? []
        : [{ index, name, label: `${jsonString(name)}:`, column, encode: this.#encoderOf(column) }];
    });
    const key = table.primaryKey.flatMap((index) => columns.filter((c) => c.index === index));
    return { database: route.target.database, table: route.target.table, columns, key };
  }
}

/** The images of one row of a change; the same object is used for every row. */
export interface RowPair {
  readonly before: RowImage | undefined;
  readonly after: RowImage | undefined;
}

export function rowCount(change: RowsChange): number {
  return (change.after ?? change.before).length;
}

export function rowPair(change: RowsChange, row: number): RowPair {
  return { before: change.before?.at(row), after: change.after?.at(row) };
}

/**
 * The row as it is after the change (deletes: was before it). A column that a MINIMAL image left out
 * of the after image has not changed: it comes from the before image.
 */
export function currentRow(pair: RowPair): RowImage {
  const { before, after } = pair;
  if (after === undefined) return before ?? [];
  if (before === undefined || !after.includes(undefined)) return after;
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, i) => (after[i] === undefined ? before[i] : after[i]));
}
