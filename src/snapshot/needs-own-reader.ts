import { readColumnType } from '../schema/column-type-text.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import type { CopyRecord } from './copy-record.ts';
import type { SourceTable } from './source-tables.ts';
import { isResumable } from './table-copier.ts';

/**
 * A dump can't say everything: it prints FLOAT with six digits, and an ENUM's index 0 like an empty
 * label. Such a table is read by our own connections, out of the same view.
 */
export function hasUndumpable({ columns }: Pick<TableDefinition, 'columns'>): boolean {
  return columns.some(({ columnType }) => {
    const facts = readColumnType(columnType);
    return facts?.type === 'float' || (facts?.type === 'enum' && facts.labels?.includes(''));
  });
}

/** A table that was begun in slices is also better gone on with. */
export function needsOwnReader(source: SourceTable, record: CopyRecord): boolean {
  const known = record.table(source.key);
  if (known !== undefined && isResumable(known, source)) return true;
  return hasUndumpable(source.table);
}
