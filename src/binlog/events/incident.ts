import type { Frame } from '../../core/frame.ts';
import type { EventHeader, IncidentEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * Incident (26): the source lost something that should stand here.
 *
 *   0  2  kind; 1: lost events
 *   2  1  length of the message
 *   3  …  message
 */

export function decodeIncident(frame: Frame, header: EventHeader): IncidentEvent {
  const reader = EventReader.ofBody(frame, 'incident');
  const incident = reader.u16();
  const message = reader.remaining === 0 ? '' : reader.utf8(reader.u8());
  return { kind: 'incident', header, incident, message };
}
