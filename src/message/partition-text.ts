import type { Column } from '../core/table.ts';
import type { ColumnValue } from '../core/row.ts';
import { canalColumnOf } from './canal/canal-value.ts';
import { maxwellEncoderOf } from './maxwell/maxwell-value.ts';

/** The text by which a value counts in a partition hash: what the original's `toString` gives. */
export type PartitionText = (value: ColumnValue) => string;

export function canalText(column: Column): PartitionText {
  return canalColumnOf(column).text;
}

/** Maxwell's values are those of its JSON: numbers, strings, lists. */
export function maxwellText(column: Column): PartitionText {
  const encode = maxwellEncoderOf(column, { nullZeroDates: false });
  return (value) => {
    const json = encode(value);
    return json.startsWith('"') ? String(JSON.parse(json)) : json;
  };
}
