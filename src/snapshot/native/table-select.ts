import type { Column } from '../../core/table.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { Slice } from '../copy-record.ts';
import type { SourceTable } from '../source-tables.ts';
import type { TableKey } from './table-key.ts';

export interface SelectOptions {
  readonly table: SourceTable;
  /** Indexes of the columns that are read. */
  readonly columns: readonly number[];
  readonly key: TableKey | undefined;
  readonly slice: Slice | undefined;
  /** Only rows behind this key. */
  readonly after: readonly string[] | undefined;
}

/**
 * A FLOAT's own text has six digits; as a double it has them all. An ENUM's index tells what an empty
 * label does not.
 */
function expression({ name, type }: Column): string {
  const quoted = quoteName(name);
  if (type === 'float') return `(${quoted} * 1e0)`;
  return type === 'enum' ? `CAST(${quoted} AS UNSIGNED)` : quoted;
}

export function selectRows({ table, columns, key, slice, after }: SelectOptions): string {
  const { name } = table;
  const list = columns.map((index) => expression(table.table.columns[index] as Column)).join(', ');
  const conditions: string[] = [];
  if (key !== undefined) {
    const from = after ?? (slice?.after === null || slice === undefined ? undefined : [slice.after]);
    if (from !== undefined) conditions.push(`(${key.after(from)})`);
    if (slice !== undefined && slice.to !== null) {
      conditions.push(`${key.columns[0]?.name ?? ''} <= ${slice.to}`);
    }
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = key === undefined ? '' : ` ORDER BY ${key.orderBy}`;
  return `SELECT ${list} FROM ${quoteName(name.database)}.${quoteName(name.table)}${where}${order}`;
}
