import type { Frame } from '../../core/frame.ts';
import type { EventHeader, HeartbeatEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * Heartbeat: sent when nothing else was for a while; in no file. The position is that of the last
 * event sent.
 *
 * v1 (27)   body: file name; the offset is the header's end position (32 bits)
 * v2 (41)   fields of type (1, length-encoded), length (length-encoded), value, up to type 0:
 *           1 file name · 2 offset, a length-encoded integer
 *
 * Source: MySQL `Heartbeat_event_v2` (control_events.h).
 */

const FIELD = { END: 0, FILE: 1, OFFSET: 2 } as const;

export function decodeHeartbeat(frame: Frame, header: EventHeader): HeartbeatEvent {
  const reader = EventReader.ofBody(frame, 'heartbeat');
  const file = reader.utf8(reader.remaining);
  return { kind: 'heartbeat', header, file, offset: header.endLogPos };
}

export function decodeHeartbeatV2(frame: Frame, header: EventHeader): HeartbeatEvent {
  const reader = EventReader.ofBody(frame, 'heartbeat');
  let file: string | undefined;
  let offset: number | undefined;
  while (reader.remaining > 0) {
    const type = reader.lengthEncoded();
    if (type === FIELD.END) break;
    const field = reader.sub(reader.lengthEncoded());
    if (type === FIELD.FILE) file = field.utf8(field.remaining);
    else if (type === FIELD.OFFSET) offset = field.lengthEncoded();
  }
  if (file === undefined || offset === undefined) throw reader.invalid('it has no position');
  return { kind: 'heartbeat', header, file, offset };
}
