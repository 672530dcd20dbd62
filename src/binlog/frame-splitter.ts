import { TailraceError } from '../core/errors.ts';
import type { Frame } from '../core/frame.ts';
import { HEADER_LENGTH } from './event-types.ts';

const SIZE_OFFSET = 9;

/**
 * Cuts a run of whole events without checksums (a transaction payload) into frames, when the bytes
 * come in pieces of any size. Pieces are put together only once the event at the front is complete,
 * so each byte is copied at most once and no more than one event and one piece are held.
 */
export class FrameSplitter {
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes that the event at the front needs, as far as it is known. */
  #neededBytes = HEADER_LENGTH;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes a piece; it must not be written again. */
  *push(piece: Buffer): Generator<Frame, void, undefined> {
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    while (this.#heldBytes >= this.#neededBytes) {
      const bytes = this.#join();
      const size = eventSizeAt(bytes, 0);
      this.#neededBytes = size;
      if (bytes.length < size) return;
      yield* this.#cut(bytes);
    }
  }

  #join(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  *#cut(bytes: Buffer): Generator<Frame, void, undefined> {
    let start = 0;
    this.#neededBytes = HEADER_LENGTH;
    while (bytes.length - start >= HEADER_LENGTH) {
      const size = eventSizeAt(bytes, start);
      if (bytes.length - start < size) {
        this.#neededBytes = size;
        break;
      }
      yield { bytes, start, end: start + size, checksumLength: 0 };
      start += size;
    }
    this.#pieces = start === bytes.length ? [] : [bytes.subarray(start)];
    this.#heldBytes = bytes.length - start;
  }
}

function eventSizeAt(bytes: Buffer, start: number): number {
  const size = bytes.readUInt32LE(start + SIZE_OFFSET);
  if (size < HEADER_LENGTH) {
    throw new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `An event in a transaction payload says it has ${size} bytes`,
    );
  }
  return size;
}
