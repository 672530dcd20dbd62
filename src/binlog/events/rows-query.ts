import type { Frame } from '../../core/frame.ts';
import type { EventHeader, RowsQueryEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * The statement behind the rows that follow, as the client sent it; for people only.
 *
 * MySQL rows query (29)         0  1  length modulo 256, of no use · 1 … text to the end
 * MariaDB annotate rows (160)   0  …  text to the end
 *
 * The character set is not told; both write the client's bytes, which are UTF-8 nearly always.
 */

export function decodeRowsQuery(frame: Frame, header: EventHeader): RowsQueryEvent {
  const reader = EventReader.ofBody(frame, 'rows query');
  reader.skip(1);
  return { kind: 'rows-query', header, statement: reader.utf8(reader.remaining) };
}

export function decodeAnnotateRows(frame: Frame, header: EventHeader): RowsQueryEvent {
  const reader = EventReader.ofBody(frame, 'annotate rows');
  return { kind: 'rows-query', header, statement: reader.utf8(reader.remaining) };
}
