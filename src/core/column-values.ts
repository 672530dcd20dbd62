import { decodeText } from './charset.ts';
import { TailraceError } from './errors.ts';
import { isJsonChanges } from './json-changes.ts';
import type { ColumnValue } from './row.ts';
import { type Column, formatTableName, type Table } from './table.ts';

/*
 * What values of some types mean to text-based consumers, beyond the number or the bytes that stand in the row. One
 * meaning for all who make such values: ValueCollector and the code that is compiled for a table.
 */

/** Up to so many bits are handed on as a number; the bytes are exact for more. */
export const NUMBER_BITS = 53;

/** Index 0 is what the server keeps for a value that was none of the labels. */
export function enumLabel(table: Table, column: Column, index: number): string {
  return index === 0 ? '' : labelAt(table, column, index - 1, index);
}

/** Bits of a number that the operators on 32 bits take as they are. */
const FEW_BITS = 2 ** 31;

export function setLabels(table: Table, column: Column, bits: number | bigint): string {
  const labels: string[] = [];
  if (typeof bits === 'number' && bits < FEW_BITS) {
    for (let i = 0, rest = bits; rest !== 0; i++, rest >>= 1) {
      if ((rest & 1) === 1) labels.push(labelAt(table, column, i, bits));
    }
  } else {
    for (let i = 0, rest = BigInt(bits); rest !== 0n; i++, rest >>= 1n) {
      if ((rest & 1n) === 1n) labels.push(labelAt(table, column, i, bits));
    }
  }
  return labels.length === 1 ? (labels[0] ?? '') : labels.join(',');
}

/** A BIT value of too many bits for a number. */
export function bitBytes(bits: number, value: number | bigint): Buffer {
  const digits = value.toString(16).padStart(2 * ((bits + 7) >> 3), '0');
  return Buffer.from(digits, 'hex');
}

/** Text in the column's character set; bytes where it has none. */
export function bytesValue(
  { charset }: Column,
  bytes: Buffer,
  start: number,
  end: number,
): ColumnValue {
  return charset === undefined
    ? bytes.subarray(start, end)
    : decodeText(charset, bytes, start, end);
}

/** The text, unless it only tells what changed in the document. */
export function wholeDocument(table: Table, column: Column, text: string): string {
  if (isJsonChanges(text)) throw onlyChanges(table, column);
  return text;
}

function onlyChanges(of: Table, column: Column): TailraceError {
  const table = formatTableName({ database: of.database, table: of.name });
  return new TailraceError(
    'SOURCE_EVENT_UNDECODABLE',
    `An update of ${table} has only what changed in the JSON document ${column.name}, and not the document.`,
    {
      place: { table, column: column.name },
      next: "Set binlog_row_image=FULL or binlog_row_value_options='' on the source; tailrace position skip --reason TEXT goes past this transaction.",
    },
  );
}

function labelAt(table: Table, column: Column, at: number, value: number | bigint): string {
  const label = column.labels?.[at];
  if (label === undefined) throw misfit(table, column, value);
  return label;
}

function misfit(of: Table, column: Column, value: number | bigint): TailraceError {
  const table = formatTableName({ database: of.database, table: of.name });
  return new TailraceError(
    'SOURCE_SCHEMA_MISMATCH',
    `The column ${column.name} of ${table} has the value ${value}, but only ${column.labels?.length ?? 0} labels.`,
    { place: { table, column: column.name } },
  );
}
