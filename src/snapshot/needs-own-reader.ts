import { readColumnType } from '../schema/column-type-text.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import type { CopyRecord } from './copy-record.ts';
import type { SourceTable } from './source-tables.ts';
import { isResumable } from './table-copier.ts';

/**
 * A dump can't say everything: it prints FLOAT with six digits, DOUBLE(M,D) with D of them, and an ENUM's index 0 like an empty
 * label. Such a table is read by our own connections, out of the same view.
 */
export function hasUndumpable(
  { columns }: Pick<TableDefinition, 'columns'>,
  takesGenerated: boolean,
): boolean {
  return columns.some(({ columnType, generated }) => {
    // The programs leave them out: a table makes them itself, a message does not.
    if (takesGenerated && generated !== undefined) return true;
    const facts = readColumnType(columnType);
    const isRounded = facts?.type === 'double' && columnType.includes('(');
    return (
      isRounded || facts?.type === 'float' || (facts?.type === 'enum' && facts.labels?.includes(''))
    );
  });
}

/** A table that was begun in slices is also better gone on with. */
export function needsOwnReader(
  source: SourceTable,
  record: CopyRecord,
  takesGenerated: boolean,
): boolean {
  const known = record.table(source.key);
  if (known !== undefined && isResumable(known, source)) return true;
  return hasUndumpable(source.table, takesGenerated);
}
