import type { ColumnValue, RowImage } from '../../core/row.ts';
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
  return JSON.stringify({
    action: change.action,
    before: toObject(change.before?.at(row)),
    after: toObject(change.after?.at(row)),
  });
}

function toJsonValue(value: ColumnValue): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;
}
