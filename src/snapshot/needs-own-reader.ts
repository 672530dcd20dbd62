import type { CopyRecord } from './copy-record.ts';
import type { SourceTable } from './source-tables.ts';
import { isResumable } from './table-copier.ts';

/**
 * A dump can't say everything: it prints FLOAT with six digits, an ENUM's index 0 like an empty label, and
 * leaves generated columns out. A table that was begun in slices is also better gone on with.
 */
export function needsOwnReader(source: SourceTable, record: CopyRecord): boolean {
  const { table, route, key } = source;
  const known = record.table(key);
  if (known !== undefined && isResumable(known, source)) return true;
  return table.columns.some((column, index) => {
    if (!route.columns.some((routed) => routed.index === index)) return false;
    return (
      column.type === 'float' || (column.labels?.includes('') === true && column.type === 'enum')
    );
  });
}
