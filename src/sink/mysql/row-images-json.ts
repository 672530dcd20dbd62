import { TailraceError } from '../../core/errors.ts';
import type { ColumnValue, RowImage, RowImages } from '../../core/row.ts';
import type { Table } from '../../core/table.ts';
import type { RowRef } from './plan.ts';

/** A row's images as JSON, by column name; binary values in hex. */
export function rowImagesAsJson({ change, row }: RowRef): string {
  const toObject = (image: RowImage | undefined): unknown =>
    image === undefined
      ? undefined
      : Object.fromEntries(
          image.flatMap((value, index) =>
            value === undefined
              ? []
              : [[change.table.columns[index]?.name ?? String(index), toJsonValue(value)]],
          ),
        );
  const images = [change.before?.at(row), readable(change.after, row)];
  return JSON.stringify({
    action: change.action,
    keys: images.flatMap((image) => keyOf(change.table, image) ?? []),
    before: toObject(change.before?.at(row)),
    after: toObject(readable(change.after, row)),
  });
}

/** The values by which a row is found again; undefined: there are none. */
function keyOf(table: Table, image: RowImage | undefined): Record<string, unknown> | undefined {
  const unique = table.uniqueKeys.find((key) => key.isRowIdentity)?.columns ?? [];
  const columns = table.primaryKey.length > 0 ? table.primaryKey : unique;
  const values = columns.map(
    (index) => [table.columns[index]?.name ?? '', image?.[index]] as const,
  );
  if (columns.length === 0 || values.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(values.map(([name, value]) => [name, toJsonValue(value ?? null)]));
}

/** undefined where there are only changes of a document: the letter goes without. */
function readable(images: RowImages | undefined, row: number): RowImage | undefined {
  try {
    return images?.at(row);
  } catch (thrown) {
    if (thrown instanceof TailraceError && thrown.code === 'SOURCE_EVENT_UNDECODABLE') {
      return undefined;
    }
    throw thrown;
  }
}

function toJsonValue(value: ColumnValue): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;
}
