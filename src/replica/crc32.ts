import { crc32 as zlibCrc32 } from 'node:zlib';

/**
 * CRC-32 (IEEE 802.3) of a range. Crossing into native code costs more than a table look-up for each
 * of a few dozen bytes, and most binlog events are that small: the limit was measured.
 */
const TABLE_LIMIT_BYTES = 64;

const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  TABLE[byte] = remainder;
}

export function crc32(bytes: Buffer, start: number, end: number): number {
  if (end - start >= TABLE_LIMIT_BYTES) return zlibCrc32(bytes.subarray(start, end));
  let remainder = -1;
  for (let at = start; at < end; at += 1) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~remainder >>> 0;
}
