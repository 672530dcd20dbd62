import type { IncidentEvent, UnknownEvent } from '../../binlog/event.ts';
import { TailraceError } from '../../core/errors.ts';

/** Why the task stops at an event that nobody may pass over. */
export function refusedEvent(event: IncidentEvent | UnknownEvent): TailraceError {
  if (event.kind === 'incident') {
    const text = `The source logged an incident (${event.incident}): ${event.message || 'no text'}.`;
    return new TailraceError('SOURCE_INCIDENT', text);
  }
  return new TailraceError(
    'SOURCE_EVENT_UNKNOWN',
    `The binlog has an event of type ${event.header.typeCode}, which is not known and not marked as ignorable.`,
  );
}

/** What came before is not whole, and nothing says so but this. */
export function groupWithoutEnd(): TailraceError {
  return new TailraceError(
    'SOURCE_EVENT_UNDECODABLE',
    'A transaction begins before the end of the one before it came.',
  );
}
