import { TailraceError } from '../../core/errors.ts';
import type { RowImages } from '../../core/row.ts';
import { formatTableName } from '../../core/table.ts';
import type { TableBinding } from './table-binding.ts';

/**
 * Does the image have all that the target's row is made of and found by? MariaDB from 11.8.9 logs no generated
 * columns with an UPDATE whatever binlog_row_image says: such images are as good as full to a target that
 * generates them itself.
 */
export function isComplete(images: RowImages, binding: TableBinding): boolean {
  return images.isFull || binding.needed.every((column) => images.present[column]);
}

/**
 * An absent column is an unchanged one, but not where the source left a generated column out of an otherwise
 * full image: its value may have moved with those that it is made from. A target that keeps it as an ordinary
 * column would hold on to the old one.
 */
export function refuseStaleColumn(after: RowImages, binding: TableBinding): void {
  if (after.isFull) return;
  const { columns } = binding.source;
  const stale = binding.columns.find(
    ({ index, source }) => source.generated !== undefined && after.present[index] !== true,
  );
  if (stale === undefined) return;
  const isCut = columns.some(
    ({ generated, isHidden }, index) =>
      generated === undefined && !isHidden && after.present[index] !== true,
  );
  if (isCut) return;
  const table = formatTableName(binding.target.name);
  const column = stale.target.name;
  throw new TailraceError(
    'TARGET_COLUMNS_DIFFER',
    `the source does not log its generated column ${stale.source.name} with updates, and on the target ${table}.${column} is an ordinary column: it would keep old values`,
    {
      place: { table, column },
      next: 'Make the column generated on the target too, or list it in drop_columns of [[task.table]].',
    },
  );
}
