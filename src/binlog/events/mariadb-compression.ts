import { inflateSync } from 'node:zlib';
import type { EventReader } from '../event-reader.ts';

/*
 * Compressed part of MariaDB's compressed events (165 to 171), up to the event's end:
 *
 *   0  1  0x80 | algorithm << 4 (0: zlib) | n
 *   1  n  length when inflated, big endian, 1 to 4 bytes
 *   …     zlib data
 *
 * Source: MariaDB sql/log_event.cc `binlog_buf_compress`.
 */

export function inflateRest(reader: EventReader): Buffer {
  const head = reader.u8();
  const lengthBytes = head & 0x07;
  if ((head & 0xf0) !== 0x80 || lengthBytes < 1 || lengthBytes > 4) {
    throw reader.invalid(`its compression 0x${head.toString(16)} is not known`);
  }
  const length = reader.view(lengthBytes).readUIntBE(0, lengthBytes);
  const inflated = inflate(reader, length);
  if (inflated.length !== length) throw reader.invalid('it inflates to another length');
  return inflated;
}

function inflate(reader: EventReader, length: number): Buffer {
  const data = reader.view(reader.remaining);
  try {
    return inflateSync(data, { maxOutputLength: Math.max(length, 1) });
  } catch (error) {
    throw reader.invalid(
      `it can't be inflated (${error instanceof Error ? error.message : 'zlib'})`,
    );
  }
}
