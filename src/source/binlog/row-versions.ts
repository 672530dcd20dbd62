import type { RowsChange } from '../../core/change.ts';
import type { RowImage, RowImages, RowKey, RowVisitor } from '../../core/row.ts';

/*
 * TIMESTAMP(6): 4 bytes of seconds and 3 of microseconds, both big endian. The end of a version that is
 * current holds the last timestamp there is: that of 2038, or since MariaDB 11.5 that of 2106. (Versions
 * by transaction number are in the binlog as statements.)
 */
const CURRENT: ReadonlySet<RowKey> = new Set([
  '\x7f\xff\xff\xff\x0f\x42\x3f',
  '\xff\xff\xff\xff\x0f\x42\x3f',
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
  const actionOf = actionReader(change, endColumns);
  let first = 0;
  let action = actionOf(0);
  for (let row = 1; row <= length; row++) {
    const next = row < length ? actionOf(row) : 'end';
    if (next === action) continue;
    if (action !== undefined) yield slice(change, action, first, row);
    if (next === 'end') return;
    first = row;
    action = next;
  }
}

/** What happens to the current row; undefined: nothing, it is about an old version. */
function actionReader(
  change: RowsChange,
  endColumns: readonly number[],
): (row: number) => RowAction {
  const isCurrentFirst = currencyReader(change.before ?? change.after, endColumns);
  if (change.action !== 'update') {
    return (row) => (isCurrentFirst(row) ? change.action : undefined);
  }
  const isCurrentLast = currencyReader(change.after, endColumns);
  return (row) => {
    if (!isCurrentFirst(row)) return undefined;
    return isCurrentLast(row) ? 'update' : 'delete';
  };
}

function currencyReader(
  images: RowImages,
  endColumns: readonly number[],
): (row: number) => boolean {
  const readers = endColumns.flatMap((column) => keyReader(images, column));
  // Neither changed nor needed to find the row: then it is not in the image.
  if (readers.length === 0) return () => true;
  return (row) => readers.some((read) => CURRENT.has(read(row)));
}

function keyReader(images: RowImages, column: number): [(row: number) => RowKey] | [] {
  try {
    return [images.keyOf([column])];
  } catch (thrown) {
    if (thrown instanceof RangeError) return [];
    throw thrown;
  }
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
