import type { Frame } from '../../core/frame.ts';
import type { EventHeader, XidEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * XID (16): commit of a transaction in a transactional engine.
 *
 *   0  8  transaction number of the server's own
 */

export function decodeXid(frame: Frame, header: EventHeader): XidEvent {
  return { kind: 'xid', header, xid: EventReader.passing(frame, 'XID').u64Big() };
}
