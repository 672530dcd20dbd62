import { TailraceError } from '../core/errors.ts';
import type { Table } from '../core/table.ts';

/** A `Table` as JSON text and back, for rows that are kept for later: whole, so that nothing is derived twice. */
export function serializeTable(table: Table): string {
  return JSON.stringify(table);
}

/** JSON leaves out what is undefined, and readers compare with undefined: nothing has to be put back. */
export function parseTable(text: string): Table {
  const table = JSON.parse(text) as Partial<Table>;
  if (!Array.isArray(table.columns) || !Array.isArray(table.primaryKey)) {
    throw new TailraceError('STATE_UNUSABLE', 'A stored table definition has another form.');
  }
  return table as Table;
}
