import type { Frame } from '../../core/frame.ts';
import type { EventHeader, RotateEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { HEADER_FLAG } from '../event-types.ts';

/*
 * Rotate (4): the file goes on elsewhere.
 *
 *   0  8  offset in the next file
 *   8  …  its name, to the end
 *
 * An artificial one comes first on every connection and says where the stream starts.
 */

export function decodeRotate(frame: Frame, header: EventHeader): RotateEvent {
  const reader = EventReader.ofBody(frame, 'rotate');
  const offset = reader.u64();
  if (reader.remaining === 0) throw reader.invalid('it names no file');
  return {
    kind: 'rotate',
    header,
    offset,
    file: reader.utf8(reader.remaining),
    // Old servers leave the flag out, but only an artificial event has no time.
    isArtificial: (header.flags & HEADER_FLAG.ARTIFICIAL) !== 0 || header.timestamp === 0,
  };
}
