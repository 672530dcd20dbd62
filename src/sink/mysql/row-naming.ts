import type { ColumnValue } from '../../core/row.ts';
import type { RowRef } from './plan.ts';
import type { TableBinding } from './table-binding.ts';

const MAX_VALUE_LENGTH = 60;
/** Without a key, so many columns name a row as well as they can. */
const MAX_COLUMNS = 4;

/** The row's key as text: `id=5`. The key before the change, because that is what the target has. */
export function formatRowKey({ change, row }: RowRef, binding: TableBinding): string {
  const image = (change.before ?? change.after).at(row);
  const { columns } = change.table;
  const key = binding.identity ?? columns.map((_, index) => index).slice(0, MAX_COLUMNS);
  return key
    .filter((index) => image[index] !== undefined)
    .map((index) => `${columns[index]?.name ?? index}=${formatValue(image[index] ?? null)}`)
    .join(',');
}

function formatValue(value: ColumnValue): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return shorten(`0x${Buffer.from(value).toString('hex')}`);
  return typeof value === 'string' ? shorten(JSON.stringify(value)) : String(value);
}

function shorten(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1)}…` : text;
}
