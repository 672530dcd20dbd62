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
  readonly limit?: number;
}

/**
 * A FLOAT's own text has six digits, that of a DOUBLE(10,2) two behind the point; as a plain double they have them
 * all. An ENUM's index tells what an empty label does not.
 */
function expression({ name, type, columnType }: Column): string {
  const quoted = quoteName(name);
  if (type === 'float' || (type === 'double' && columnType.includes('('))) {
    return `(${quoted} * 1e0)`;
  }
  return type === 'enum' ? `CAST(${quoted} AS UNSIGNED)` : quoted;
}

/** `SELECT … FROM t`, each value in the form in which all of it arrives. */
export function selectColumns({ name, table }: SourceTable, columns: readonly number[]): string {
  const list = columns.map((index) => expression(table.columns[index] as Column)).join(', ');
  return `SELECT ${list} FROM ${quoteName(name.database)}.${quoteName(name.table)}`;
}

export function selectRows(options: SelectOptions): string {
  const { table, columns, key, slice, after, limit } = options;
  const rows = selectColumns(table, columns);
  if (key === undefined) return rows;
  const conditions = [fromCondition(key, after ?? startOf(slice)), toCondition(key, slice)];
  const all = conditions.filter((condition) => condition !== undefined);
  const where = all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
  const end = limit === undefined ? '' : ` LIMIT ${limit}`;
  return `${rows}${where} ORDER BY ${key.orderBy}${end}`;
}

function startOf(slice: Slice | undefined): readonly string[] | undefined {
  return slice === undefined || slice.after === null ? undefined : [slice.after];
}

function fromCondition(key: TableKey, from: readonly string[] | undefined): string | undefined {
  return from === undefined ? undefined : `(${key.after(from)})`;
}

function toCondition(key: TableKey, slice: Slice | undefined): string | undefined {
  if (slice === undefined || slice.to === null) return undefined;
  return `${key.columns[0]?.name ?? ''} <= ${slice.to}`;
}
