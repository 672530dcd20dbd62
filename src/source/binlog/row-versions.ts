import type { RowsChange } from '../../core/change.ts';
import type { ColumnValue, RowImage, RowImages, RowKey, RowVisitor } from '../../core/row.ts';

/**
 * What the end of a version holds while the row is current: the last timestamp there is, to 2038 and since
 * MariaDB 11.5 to 2106. (Versions by transaction number are in the binlog as statements.)
 */
const CURRENT: ReadonlySet<ColumnValue | undefined> = new Set<ColumnValue | undefined>([
  '2038-01-19 03:14:07.999999',
  '2106-02-07 06:28:15.999999',
]);

type RowAction = RowsChange['action'] | undefined;

/**
 * What rows of a table with MariaDB's system versioning mean for its current rows. The binlog holds every
 * version: an update is followed by an insert of the old version, and a delete is an update that ends the
 * version. Who applies them makes versions of its own, as every statement there does; readers of messages
 * want the rows that are.
 */
export function* changesOfCurrentRows(
  change: RowsChange,
  endColumns: readonly number[],
): Generator<RowsChange> {
  const { length } = change.after ?? change.before;
  let first = 0;
  let action = actionOf(change, 0, endColumns);
  for (let row = 1; row <= length; row++) {
    const next = row < length ? actionOf(change, row, endColumns) : 'end';
    if (next === action) continue;
    if (action !== undefined) yield slice(change, action, first, row);
    if (next === 'end') return;
    first = row;
    action = next;
  }
}

function actionOf(change: RowsChange, row: number, endColumns: readonly number[]): RowAction {
  const isCurrent = (images: RowImages): boolean => {
    const image = images.at(row);
    const ends = endColumns.map((column) => image[column]).filter((value) => value !== undefined);
    return ends.length === 0 || ends.some((value) => CURRENT.has(value));
  };
  if (!isCurrent(change.before ?? change.after)) return undefined;
  return change.action === 'update' && !isCurrent(change.after) ? 'delete' : change.action;
}

function slice(
  change: RowsChange,
  action: RowsChange['action'],
  first: number,
  end: number,
): RowsChange {
  const cut = (images: RowImages | undefined): RowImages | undefined =>
    images === undefined || (first === 0 && end === images.length)
      ? images
      : new RowSlice(images, first, end);
  const after = action === 'delete' ? undefined : cut(change.after);
  return { ...change, action, before: cut(change.before), after } as RowsChange;
}

/** Some rows of others' images, in a row. */
class RowSlice implements RowImages {
  readonly length: number;
  readonly #images: RowImages;
  readonly #first: number;

  constructor(images: RowImages, first: number, end: number) {
    this.#images = images;
    this.#first = first;
    this.length = end - first;
  }

  get present(): readonly boolean[] {
    return this.#images.present;
  }

  get isFull(): boolean {
    return this.#images.isFull;
  }

  at(row: number): RowImage {
    return this.#images.at(this.#first + row);
  }

  visit(row: number, visitor: RowVisitor): void {
    this.#images.visit(this.#first + row, visitor);
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    const read = this.#images.keyOf(columns);
    return (row) => read(this.#first + row);
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    return this.#images.hasNull(this.#first + row, columns);
  }

  byteLength(row: number): number {
    return this.#images.byteLength(this.#first + row);
  }
}
