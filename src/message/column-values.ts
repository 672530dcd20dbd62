import type { Column } from '../core/table.ts';
import type { ColumnValue } from '../core/row.ts';
import { bufferOf } from './json-text.ts';

/** Digits of an integer; BIT beyond 53 bits comes as big-endian bytes. */
export function integerText(value: ColumnValue): string {
  return value instanceof Uint8Array ? bigEndian(value).toString() : String(value);
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bufferOf(bytes).toString('hex')}`);
}

export function bytesOf(value: ColumnValue): Buffer {
  if (value instanceof Uint8Array) return bufferOf(value);
  return Buffer.from(String(value), 'utf8');
}

/** `0000-00-00`, with or without a time behind it. */
export function isZeroDate(text: string): boolean {
  return text.startsWith('0000-00-00');
}

/** The float32 numbers of a VECTOR. */
export function vectorOf(value: ColumnValue): number[] {
  const bytes = bytesOf(value);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readFloatLE(i * 4));
}

/** Width of a `bit(n)`. */
export function bitWidth(column: Column): number {
  return Number(/\((\d+)\)/.exec(column.columnType)?.[1] ?? 1);
}

/** Row images carry BINARY(n) without its trailing zeros, and so do Maxwell and canal. */
export function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
