import { TailraceError } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { u16At, u32At } from '../../lib/little-endian.ts';
import type { EventHeader } from '../event.ts';
import { HEADER_LENGTH } from '../event-types.ts';

/*
 * Common header, 19 bytes, little endian:
 *
 *   0  4  timestamp, seconds since 1970
 *   4  1  type code
 *   5  4  server id
 *   9  4  size of the whole event with header and checksum
 *  13  4  end position in the file, low 32 bits; 0 in artificial events and inside MariaDB transactions
 *  17  2  flags
 *
 * Source: MySQL documentation of the source code, "Binlog Event Header"; MariaDB knowledge base,
 * "2-Binlog Event Header".
 */

/** Type code of an event that has at least a header. */
export function eventTypeOf(frame: Frame): number {
  return frame.bytes[frame.start + 4] ?? 0;
}

/** The length that the header says, which must be the event's. */
export function checkEventSize(frame: Frame): number {
  const { bytes, start } = frame;
  const length = frame.end - start;
  if (length < HEADER_LENGTH || frame.end > bytes.length) {
    throw new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `An event of ${length} bytes has no header`,
    );
  }
  const eventSize = u32At(bytes, start + 9);
  if (eventSize !== length + frame.checksumLength) {
    throw new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `An event says it has ${eventSize} bytes and has ${length + frame.checksumLength}`,
    );
  }
  return eventSize;
}

export function decodeHeader(frame: Frame): EventHeader {
  const { bytes, start } = frame;
  const eventSize = checkEventSize(frame);
  return {
    timestamp: u32At(bytes, start),
    typeCode: bytes[start + 4] ?? 0,
    serverId: u32At(bytes, start + 5),
    eventSize,
    endLogPos: u32At(bytes, start + 13),
    flags: u16At(bytes, start + 17),
  };
}
