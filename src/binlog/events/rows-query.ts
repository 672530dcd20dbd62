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
  return lazily(reader, header);
}

export function decodeAnnotateRows(frame: Frame, header: EventHeader): RowsQueryEvent {
  return lazily(EventReader.ofBody(frame, 'annotate rows'), header);
}

/** Few want it, and it may hold blobs of many megabytes as text. */
function lazily(reader: EventReader, header: EventHeader): RowsQueryEvent {
  let text: string | undefined;
  return {
    kind: 'rows-query',
    header,
    get statement() {
      return (text ??= reader.utf8(reader.remaining));
    },
  };
}
