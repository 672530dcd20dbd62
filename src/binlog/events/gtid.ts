import type { Frame } from '../../core/frame.ts';
import type { EventHeader, GtidEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { EVENT } from '../event-types.ts';
import type { GtidSourceInterner } from './gtid-source.ts';

/*
 * MySQL GTID (33) and anonymous GTID (34, the same without meaning in uuid and number):
 *
 *   0   1  flags; 1: may hold statement-format changes
 *   1  16  uuid
 *  17   8  number
 *  25   1  type of the logical clock, 2           5.7 on
 *  26   8  last committed
 *  34   8  sequence number
 *  42   7  immediate commit time, µs; highest bit: the original one follows   8.0.1 on
 *  49   7  original commit time
 *   …      transaction length, server versions, commit group ticket: not needed
 *
 * Source: MySQL `Gtid_event` (control_events.h).
 */

const LOGICAL_CLOCK = 2;
/** In the highest byte of the immediate commit time. */
const ORIGINAL_FOLLOWS = 0x80;
const TWO_48 = 2 ** 48;
const NO_CLOCK = { lastCommitted: undefined, sequenceNumber: undefined } as const;
const NO_TIMES = { immediateCommitMicros: undefined, originalCommitMicros: undefined } as const;

export function decodeGtid(
  frame: Frame,
  header: EventHeader,
  { sources }: { readonly sources: GtidSourceInterner },
): GtidEvent {
  const reader = EventReader.passing(frame, 'GTID');
  reader.skip(1);
  const uuidAt = reader.offset;
  reader.skip(16);
  const number = reader.u64();
  const gtid =
    header.typeCode === EVENT.ANONYMOUS_GTID
      ? undefined
      : ({ flavor: 'mysql', source: sources.intern(frame.bytes, uuidAt), number } as const);
  const clock = readClock(reader);
  const times = readCommitTimes(reader);
  return {
    kind: 'gtid',
    header,
    gtid,
    originalCommitMicros: times.originalCommitMicros,
    immediateCommitMicros: times.immediateCommitMicros,
    lastCommitted: clock.lastCommitted,
    sequenceNumber: clock.sequenceNumber,
    mariadb: undefined,
  };
}

function readClock(reader: EventReader): Pick<GtidEvent, 'lastCommitted' | 'sequenceNumber'> {
  if (reader.remaining < 17 || reader.u8() !== LOGICAL_CLOCK) {
    return NO_CLOCK;
  }
  return { lastCommitted: reader.u64(), sequenceNumber: reader.u64() };
}

function readCommitTimes(
  reader: EventReader,
): Pick<GtidEvent, 'immediateCommitMicros' | 'originalCommitMicros'> {
  if (reader.remaining < 7) {
    return NO_TIMES;
  }
  const low = reader.u48();
  const high = reader.u8();
  const immediate = low + (high & ~ORIGINAL_FOLLOWS) * TWO_48;
  const original =
    (high & ORIGINAL_FOLLOWS) === 0 ? immediate : reader.u48() + reader.u8() * TWO_48;
  return { immediateCommitMicros: immediate, originalCommitMicros: original };
}
