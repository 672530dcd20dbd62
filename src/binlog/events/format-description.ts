import type { Frame } from '../../core/frame.ts';
import type { EventHeader, FormatDescriptionEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { HEADER_LENGTH } from '../event-types.ts';

/*
 * Format description (15): the first event of every file and connection.
 *
 *   0   2  binlog version, 4
 *   2  50  server version, zero padded
 *  52   4  creation time, or 0
 *  56   1  length of the common header, 19
 *  57   n  post header length of each event type, from type 1 on
 *   …   1  checksum algorithm: 0 none, 1 CRC32
 *   …   4  checksum; there in this event whatever the algorithm says
 *
 * n is what is left. Because of the last line, the algorithm is found from the event's size and not
 * from where the frame was cut. Source: MySQL `Format_description_event`, MariaDB knowledge base
 * "FORMAT_DESCRIPTION_EVENT".
 */

const VERSION_LENGTH = 50;
const FIXED_LENGTH = 57;
const TAIL_LENGTH = 5;
/** MySQL has 42 types as of 9.7, MariaDB numbers its own from 160 on. */
const FIRST_MARIADB_TYPE = 160;

export function decodeFormatDescription(frame: Frame, header: EventHeader): FormatDescriptionEvent {
  const reader = EventReader.ofBody(frame, 'format description');
  const binlogVersion = reader.u16();
  if (binlogVersion !== 4) throw reader.invalid(`binlog version ${binlogVersion} is not 4`);
  const serverVersion = zeroTerminated(reader.view(VERSION_LENGTH));
  reader.skip(4);
  if (reader.u8() !== HEADER_LENGTH) throw reader.invalid('its common header is not 19 bytes');
  const typeCount = header.eventSize - HEADER_LENGTH - FIXED_LENGTH - TAIL_LENGTH;
  const postHeaderLengths = Uint8Array.from(reader.view(typeCount));
  const algorithm = reader.u8();
  if (algorithm > 1) throw reader.invalid(`checksum algorithm ${algorithm} is not known`);
  const isMariadb = serverVersion.includes('MariaDB') || typeCount >= FIRST_MARIADB_TYPE;
  return {
    kind: 'format-description',
    header,
    serverVersion,
    flavor: isMariadb ? 'mariadb' : 'mysql',
    checksumAlgorithm: algorithm === 1 ? 'crc32' : 'none',
    postHeaderLengths,
  };
}

function zeroTerminated(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
}
