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
  return new LazyRowsQuery(frame, header, 1);
}

export function decodeAnnotateRows(frame: Frame, header: EventHeader): RowsQueryEvent {
  return new LazyRowsQuery(frame, header, 0);
}

/** Few want the text, and it may hold blobs of many megabytes. */
class LazyRowsQuery implements RowsQueryEvent {
  readonly kind = 'rows-query';
  readonly header: EventHeader;
  readonly #frame: Frame;
  readonly #skip: number;
  #text: string | undefined;

  constructor(frame: Frame, header: EventHeader, skip: number) {
    this.header = header;
    const { bytes, start, end, checksumLength } = frame;
    // A view would be filled anew meanwhile.
    this.#frame = { bytes, start, end, checksumLength };
    this.#skip = skip;
  }

  get statement(): string {
    return (this.#text ??= this.#read());
  }

  #read(): string {
    const reader = EventReader.ofBody(this.#frame, 'rows query');
    reader.skip(this.#skip);
    return reader.utf8(reader.remaining);
  }
}
