import { inflateRawSync, inflateSync } from 'node:zlib';
import { TailraceError } from '../../core/errors.ts';

/*
 * Value of a MariaDB COMPRESSED column (types 140 and 141), behind its length:
 *
 *   nothing          the empty value
 *   0  1  00         stored as it is, the value follows
 *         80 | w | n zlib: n (1–4) bytes follow with the length of the value, big endian, then the data;
 *                    w = 08: raw deflate data, 00: with zlib's header and checksum
 *
 * Source: MariaDB sql/field_comp.cc.
 */

const STORED = 0;
const ZLIB = 0x80;
const RAW = 0x08;

export function inflateColumn(bytes: Buffer, start: number, end: number): Buffer {
  if (start === end) return bytes.subarray(start, end);
  const head = bytes[start] ?? 0;
  if (head === STORED) return bytes.subarray(start + 1, end);
  const lengthBytes = head & 0x07;
  const dataStart = start + 1 + lengthBytes;
  if ((head & 0xf0) !== ZLIB || lengthBytes < 1 || lengthBytes > 4 || dataStart > end) {
    throw broken(`its header is ${head.toString(16)}`);
  }
  const length = bytes.readUIntBE(start + 1, lengthBytes);
  const value = inflate(bytes.subarray(dataStart, end), (head & RAW) !== 0, length);
  if (value.length !== length) throw broken(`it has ${value.length} bytes instead of ${length}`);
  return value;
}

function inflate(data: Buffer, isRaw: boolean, length: number): Buffer {
  // One byte more than it may have, so that too much is seen and not cut.
  const options = { maxOutputLength: length + 1 };
  try {
    return isRaw ? inflateRawSync(data, options) : inflateSync(data, options);
  } catch (cause) {
    throw broken('its data cannot be inflated', cause);
  }
}

function broken(why: string, cause?: unknown): TailraceError {
  const message = `The value of a COMPRESSED column cannot be read: ${why}.`;
  return new TailraceError('SOURCE_EVENT_UNDECODABLE', message, { cause });
}
