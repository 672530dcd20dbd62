import type { Frame } from '../../core/frame.ts';
import type { EventHeader, GtidEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import type { GtidSourceInterner } from './gtid-source.ts';

/*
 * Tagged GTID (42), MySQL 8.3 on, in the server's serialisation format:
 *
 *   serialisation version · size of the whole message · last field that must be understood ·
 *   then fields in ascending order, each: its id · its value
 *
 * Integers have variable length: the number of low one bits of the first byte is the number of bytes
 * that follow, the bits above the next zero bit are the lowest bits of the value. Signed ones keep the
 * sign in the value's lowest bit. Fields:
 *
 *   0 flags · 1 uuid, 16 integers · 2 number (signed) · 3 tag: length, bytes · 4 last committed (signed) ·
 *   5 sequence number (signed) · 6 immediate commit time · 7 original commit time, if it differs ·
 *   8 transaction length · 9, 10 server versions · 11 commit group ticket
 *
 * Source: MySQL libs/mysql/serialization/readme.md, `Gtid_event::define_fields`.
 */

const FIELD = {
  FLAGS: 0,
  UUID: 1,
  NUMBER: 2,
  TAG: 3,
  LAST_COMMITTED: 4,
  SEQUENCE_NUMBER: 5,
  IMMEDIATE_COMMIT: 6,
  ORIGINAL_COMMIT: 7,
} as const;
const LAST_KNOWN_FIELD = 11;
const MAX_TAG_LENGTH = 32;

interface TaggedFields {
  uuid: Buffer | undefined;
  number: number | undefined;
  tag: string;
  lastCommitted: number | undefined;
  sequenceNumber: number | undefined;
  immediateCommit: number | undefined;
  originalCommit: number | undefined;
}

export function decodeTaggedGtid(
  frame: Frame,
  header: EventHeader,
  sources: GtidSourceInterner,
): GtidEvent {
  const reader = EventReader.ofBody(frame, 'tagged GTID');
  const fields = readFields(reader);
  if (fields.uuid === undefined || fields.number === undefined) {
    throw reader.invalid('it has no GTID');
  }
  const source = sources.intern(fields.uuid, 0, fields.tag);
  return {
    kind: 'gtid',
    header,
    gtid: { flavor: 'mysql', source, number: fields.number },
    lastCommitted: fields.lastCommitted,
    sequenceNumber: fields.sequenceNumber,
    immediateCommitMicros: fields.immediateCommit,
    originalCommitMicros: fields.originalCommit ?? fields.immediateCommit,
    mariadb: undefined,
  };
}

function readFields(reader: EventReader): TaggedFields {
  readUnsigned(reader);
  readUnsigned(reader);
  const lastRequired = readUnsigned(reader);
  if (lastRequired > LAST_KNOWN_FIELD) throw reader.invalid('it has a field that is not known');
  const fields: TaggedFields = {
    uuid: undefined,
    number: undefined,
    tag: '',
    lastCommitted: undefined,
    sequenceNumber: undefined,
    immediateCommit: undefined,
    originalCommit: undefined,
  };
  while (reader.remaining > 0) {
    // What comes behind the commit times is of no use here, and ids ascend.
    if (!readField(reader, readUnsigned(reader), fields)) break;
  }
  return fields;
}

/** False: a field that ends the reading. */
function readField(reader: EventReader, id: number, fields: TaggedFields): boolean {
  switch (id) {
    case FIELD.FLAGS:
      readUnsigned(reader);
      return true;
    case FIELD.UUID:
      fields.uuid = readUuid(reader);
      return true;
    case FIELD.NUMBER:
      fields.number = readSigned(reader);
      return true;
    case FIELD.TAG:
      fields.tag = readTag(reader);
      return true;
    case FIELD.LAST_COMMITTED:
      fields.lastCommitted = readSigned(reader);
      return true;
    case FIELD.SEQUENCE_NUMBER:
      fields.sequenceNumber = readSigned(reader);
      return true;
    case FIELD.IMMEDIATE_COMMIT:
      fields.immediateCommit = readUnsigned(reader);
      return true;
    case FIELD.ORIGINAL_COMMIT:
      fields.originalCommit = readUnsigned(reader);
      return true;
    default:
      return false;
  }
}

function readUuid(reader: EventReader): Buffer {
  const uuid = Buffer.alloc(16);
  for (let i = 0; i < 16; i++) {
    const byte = readUnsigned(reader);
    if (byte > 0xff) throw reader.invalid('its uuid is not one');
    uuid[i] = byte;
  }
  return uuid;
}

function readTag(reader: EventReader): string {
  const length = readUnsigned(reader);
  if (length > MAX_TAG_LENGTH) throw reader.invalid('its tag is too long');
  return reader.view(length).toString('latin1');
}

function readUnsigned(reader: EventReader): number {
  const first = reader.u8();
  const following = trailingOnes(first);
  let value = first >>> (following + 1);
  let factor = 2 ** Math.max(0, 7 - following);
  for (let i = 0; i < following; i++) {
    value += reader.u8() * factor;
    factor *= 256;
  }
  if (value > Number.MAX_SAFE_INTEGER) throw reader.invalid('a number is beyond 2^53');
  return value;
}

function readSigned(reader: EventReader): number {
  const raw = readUnsigned(reader);
  if (raw % 2 === 1) throw reader.invalid('a number is negative');
  return raw / 2;
}

function trailingOnes(byte: number): number {
  let count = 0;
  while (count < 8 && ((byte >>> count) & 1) === 1) count++;
  return count;
}
