import type { ColumnValue } from '../../core/row.ts';
import type { RowRef } from './plan.ts';
import type { TableBinding } from './table-binding.ts';

const MAX_VALUE_LENGTH = 60;
const MAX_COLUMNS = 4;

/** The row's key as text, for errors: `id=5`, `shop=3,code='a'`. Without a key its first columns. */
export function describeRow({ change, row }: RowRef, binding: TableBinding): string {
  const images = change.before ?? change.after;
  const image = images.at(row);
  const columns =
    binding.identity ?? binding.columns.slice(0, MAX_COLUMNS).map((bound) => bound.index);
  return columns
    .filter((column) => image[column] !== undefined)
    .map((column) => {
      const name = binding.source.columns[column]?.name ?? String(column);
      return `${name}=${describeValue(image[column])}`;
    })
    .join(',');
}

function describeValue(value: ColumnValue | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return `'${shorten(value)}'`;
  return `0x${shorten(Buffer.from(value).toString('hex'))}`;
}

function shorten(text: string): string {
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH)}…`;
}
