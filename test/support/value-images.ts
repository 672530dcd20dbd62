import type { RowsChange } from '../../src/core/change.ts';
import type { TableRoute } from '../../src/core/route.ts';
import type { RowImage, RowImages, RowKey } from '../../src/core/row.ts';
import type { Table } from '../../src/core/table.ts';
import { fakeChange } from './fake-images.ts';

/** Row images that are their values, for encoders: they ask for nothing else. */
export class ValueImages implements RowImages {
  readonly length: number;
  readonly present: readonly boolean[];
  readonly isFull = true;
  readonly #rows: readonly RowImage[];

  constructor(table: Table, rows: readonly RowImage[]) {
    this.#rows = rows;
    this.length = rows.length;
    this.present = table.columns.map(() => true);
  }

  at(row: number): RowImage {
    return this.#rows[row] ?? [];
  }

  visit(): void {
    throw new Error('values alone');
  }

  keyOf(): (row: number) => RowKey {
    throw new Error('values alone');
  }

  hasNull(): boolean {
    throw new Error('values alone');
  }

  byteLength(): number {
    return 0;
  }
}

export function valueChange(
  table: Table,
  route: TableRoute,
  images: { before?: readonly RowImage[]; after?: readonly RowImage[] },
): RowsChange {
  const { before, after } = images;
  const change = fakeChange({
    table,
    route,
    ...(before === undefined ? {} : { before: [] }),
    ...(after === undefined ? {} : { after: [] }),
  });
  return {
    ...change,
    ...(before === undefined ? {} : { before: new ValueImages(table, before) }),
    ...(after === undefined ? {} : { after: new ValueImages(table, after) }),
  } as RowsChange;
}
