import type { TableName } from '../../../core/table.ts';
import { quoteName } from '../../../server/sql-text.ts';

export function quoteTable(name: TableName): string {
  return `${quoteName(name.database)}.${quoteName(name.table)}`;
}
