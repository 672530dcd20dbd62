import type { EventReader } from './event-reader.ts';

const NOTHING = Buffer.alloc(0);

/** A text that is nearly always the same as the last time: then its bytes are compared, and no string is made. */
export class LastText {
  #bytes: Uint8Array = NOTHING;
  #text = '';

  read(reader: EventReader, length: number): string {
    if (length === this.#bytes.length && reader.skipIfEqual(this.#bytes)) return this.#text;
    const bytes = reader.view(length);
    this.#text = bytes.utf8Slice(0, length);
    // Copied: it outlives the socket chunk that it came in.
    this.#bytes = Buffer.from(bytes);
    return this.#text;
  }
}
