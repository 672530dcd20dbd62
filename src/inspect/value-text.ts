import { decodeText } from '../core/charset.ts';
import type { PairColumn } from './table-pair.ts';

const LONGEST = 120;

/** The text of a text column's bytes. */
export function textOf({ form }: PairColumn, bytes: Buffer): string {
  return decodeText(form.charset ?? 'utf8mb4', bytes, 0, bytes.length);
}

/** A value for people: bytes in hexadecimal, long ones cut. */
export function showValue(column: PairColumn, bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const { kind } = column.form;
  if (kind === 'bytes') return cut(`0x${bytes.subarray(0, LONGEST).toString('hex')}`, bytes.length);
  return cut(kind === 'text' ? textOf(column, bytes) : bytes.toString('utf8'), bytes.length);
}

function cut(text: string, bytes: number): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST)}… (${bytes} bytes)`;
}
