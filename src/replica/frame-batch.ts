import type { Frame, FramePlace } from '../core/frame.ts';
import { u24At } from '../lib/little-endian.ts';

/** Numbers for each frame: index of its chunk, start, end, length of the checksum. */
const STRIDE = 4;
/** What stands before an event in its packet: 3 bytes of length, a number, a status. */
const PACKET_HEADER = 5;
const CHECKSUM = 4;
/** In the event's header. */
const TYPE_AT = 4;
const NOTHING = Buffer.alloc(0);
const FIRST_CAPACITY = 256;

/**
 * Frames in their order, kept as numbers beside the chunks of the socket. Many thousands of small events wait at a
 * time; an object for each would be copied by the garbage collector while it waits, and one that is made when it is
 * asked for costs next to nothing.
 */
export class FrameBatch implements Iterable<Frame> {
  #chunks: Buffer[] = [];
  #places = new Int32Array(FIRST_CAPACITY * STRIDE);
  #length = 0;
  #bytes = 0;

  get length(): number {
    return this.#length;
  }

  /** Of all frames, without checksums. */
  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Buffer, start: number, end: number, checksumLength: Frame['checksumLength']): void {
    const chunks = this.#chunks;
    if (chunks[chunks.length - 1] !== chunk) chunks.push(chunk);
    const at = this.#length * STRIDE;
    if (at === this.#places.length) this.#grow();
    const places = this.#places;
    places[at] = chunks.length - 1;
    places[at + 1] = start;
    places[at + 2] = end;
    places[at + 3] = checksumLength;
    this.#length += 1;
    this.#bytes += end - start;
  }

  /** The events in packets that stand one after the other, each with four bytes of checksum. */
  addRun(chunk: Buffer, from: number, to: number): void {
    for (let at = from; at < to;) {
      const end = at + PACKET_HEADER - 1 + u24At(chunk, at);
      this.add(chunk, at + PACKET_HEADER, end - CHECKSUM, CHECKSUM);
      at = end;
    }
  }

  at(index: number): Frame {
    const frame: FramePlace = { bytes: NOTHING, start: 0, end: 0, checksumLength: 0 };
    this.load(index, frame);
    return frame;
  }

  /** As `at`, into an object that is there already. */
  load(index: number, frame: FramePlace): void {
    const places = this.#places;
    const at = index * STRIDE;
    const bytes = index < this.#length ? this.#chunks[places[at] as number] : undefined;
    if (bytes === undefined) throw new RangeError(`frame ${index} of ${this.#length}`);
    // Only where it is another one: to write a new object into an old one costs more than to compare.
    if (frame.bytes !== bytes) frame.bytes = bytes;
    frame.start = places[at + 1] as number;
    frame.end = places[at + 2] as number;
    frame.checksumLength = places[at + 3] as Frame['checksumLength'];
  }

  /** Of an event that has a header. */
  typeAt(index: number): number {
    const at = index * STRIDE;
    const chunk = this.#chunks[this.#places[at] as number] as Buffer;
    return chunk[(this.#places[at + 1] as number) + TYPE_AT] as number;
  }

  *[Symbol.iterator](): Iterator<Frame> {
    for (let index = 0; index < this.#length; index++) yield this.at(index);
  }

  /** Lets go of all bytes; what it has room for stays. */
  clear(): void {
    this.#chunks = [];
    this.#length = 0;
    this.#bytes = 0;
  }

  #grow(): void {
    const grown = new Int32Array(this.#places.length * 2);
    grown.set(this.#places);
    this.#places = grown;
  }
}
