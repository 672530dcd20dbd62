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
  /** Both as JSON: `"database":"d","table":"t"`. */
  readonly names: string;
  readonly columns: readonly PlannedColumn<E>[];
  /** Columns of the primary key, in key order. */
  readonly key: readonly PlannedColumn<E>[];
}

/** What a format does to the members of a row; the key is not touched. */
export interface MemberRules {
  readonly rename?: ((name: string) => string) | undefined;
  readonly isLeftOut?: ((name: string) => boolean) | undefined;
}

/** Plans by route: there is one route object for each Table object. */
export class RowPlans<E> {
  readonly #plans = new WeakMap<TableRoute, RowPlan<E>>();
  readonly #encoderOf: (column: Column) => E;
  readonly #members: MemberRules;

  constructor(encoderOf: (column: Column) => E, members: MemberRules = {}) {
    this.#encoderOf = encoderOf;
    this.#members = members;
  }

  of(change: Pick<RowsChange, 'table' | 'route'>): RowPlan<E> {
    const known = this.#plans.get(change.route);
    if (known !== undefined) return known;
    const plan = this.#make(change.table, change.route);
    this.#plans.set(change.route, plan);
    return plan;
  }

  #make(table: Table, route: TableRoute): RowPlan<E> {
    const { rename = unchanged, isLeftOut = never } = this.#members;
    const all = route.columns.flatMap(({ index, name }) => {
      const column = table.columns[index];
      if (column === undefined || column.isHidden) return [];
      const label = `${jsonString(rename(name))}:`;
      return [{ index, name, label, column, encode: this.#encoderOf(column) }];
    });
    const key = table.primaryKey.flatMap((index) => all.filter((c) => c.index === index));
    const columns = all.filter(({ name }) => !isLeftOut(name));
    const { database, table: name } = route.target;
    const names = `"database":${jsonString(database)},"table":${jsonString(name)}`;
    return { database, table: name, names, columns, key };
  }
}

const unchanged = (name: string): string => name;
const never = (): boolean => false;

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

/** True when an update gives the row another key. */
export function changesKey(
  key: readonly PlannedColumn<unknown>[],
  { before, after }: RowPair,
): boolean {
  if (before === undefined || after === undefined) return false;
  return key.some(({ index }) => {
    const was = before[index];
    const is = after[index];
    if (was === undefined || is === undefined || was === is) return false;
    if (was instanceof Uint8Array && is instanceof Uint8Array) {
      return Buffer.compare(was, is) !== 0;
    }
    return true;
  });
}
