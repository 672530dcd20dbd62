import { TailraceError } from '../core/errors.ts';
import type { Frame } from '../core/frame.ts';
import { u16At, u24At, u32At, u48At } from '../lib/little-endian.ts';
import { HEADER_LENGTH } from './event-types.ts';

const TWO_32 = 0x1_0000_0000;

/**
 * Reads one event's body, little endian, never past its end: whatever is not there ends in
 * SOURCE_EVENT_UNDECODABLE, so that a damaged event can't become garbage. Every count that the bytes
 * name is checked against the bytes that are left before anything is allocated or looped for it.
 */
export class EventReader {
  bytes: Buffer;
  end: number;
  offset: number;
  #what: string;

  /** `what` names the event in errors. */
  constructor(bytes: Buffer, range: { start: number; end: number }, what: string) {
    this.bytes = bytes;
    this.offset = range.start;
    this.end = range.end;
    this.#what = what;
  }

  /**
   * The same as `ofBody`, but one reader for all: for the events of every transaction, which are read to their end before
   * the next. (Large ones get their own, since this one holds on to the bytes.)
   */
  static passing(frame: Frame, what: string): EventReader {
    if (frame.end - frame.start > PASSING_BYTES) return EventReader.ofBody(frame, what);
    const reader = PASSING;
    if (reader.bytes !== frame.bytes) reader.bytes = frame.bytes;
    reader.offset = frame.start + HEADER_LENGTH;
    reader.end = frame.end;
    reader.#what = what;
    return reader;
  }

  /** A reader of what follows the common header. */
  static ofBody(frame: Frame, what: string): EventReader {
    return new EventReader(
      frame.bytes,
      { start: frame.start + HEADER_LENGTH, end: frame.end },
      what,
    );
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(): number {
    const at = this.#take(1);
    return this.bytes[at] ?? 0;
  }

  u16(): number {
    return u16At(this.bytes, this.#take(2));
  }

  u24(): number {
    return u24At(this.bytes, this.#take(3));
  }

  u32(): number {
    return u32At(this.bytes, this.#take(4));
  }

  u48(): number {
    return u48At(this.bytes, this.#take(6));
  }

  /** A 64-bit number that has to be exact as a Number. */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    if (high > 0x1f_ffff) throw this.invalid('a number is beyond 2^53');
    return low + high * TWO_32;
  }

  u64Big(): bigint {
    // Buffer's own way makes four of them.
    NUMBER.setUint32(0, this.u32(), true);
    NUMBER.setUint32(4, this.u32(), true);
    return NUMBER.getBigUint64(0, true);
  }

  /** Length-encoded integer of the client protocol: 1, 3, 4 or 9 bytes. */
  lengthEncoded(): number {
    const first = this.u8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.u16();
    if (first === 0xfd) return this.u24();
    if (first === 0xfe) return this.u64();
    throw this.invalid('a length is not one');
  }

  /** Bytes as a view of the event. */
  view(length: number): Buffer {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  utf8(length: number): string {
    const at = this.#take(length);
    return this.bytes.utf8Slice(at, at + length);
  }

  /** One byte of length, the text, a zero byte. */
  countedNulString(): string {
    const text = this.utf8(this.u8());
    this.skip(1);
    return text;
  }

  /** Goes past the next bytes if they are these. */
  skipIfEqual(wanted: Uint8Array): boolean {
    const { offset, bytes } = this;
    if (wanted.length > this.end - offset) return false;
    for (let i = 0; i < wanted.length; i++) if (bytes[offset + i] !== wanted[i]) return false;
    this.offset = offset + wanted.length;
    return true;
  }

  /** Are these all the bytes that are left? */
  restEquals(wanted: Uint8Array): boolean {
    const { offset, bytes } = this;
    if (wanted.length !== this.end - offset) return false;
    for (let i = 0; i < wanted.length; i++) if (bytes[offset + i] !== wanted[i]) return false;
    return true;
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** A reader of the next `length` bytes, which are thereby read. */
  sub(length: number): EventReader {
    const start = this.#take(length);
    return new EventReader(this.bytes, { start, end: start + length }, this.#what);
  }

  /** A reader of bytes that this one went past. */
  again(start: number, length: number): EventReader {
    return new EventReader(this.bytes, { start, end: start + length }, this.#what);
  }

  invalid(why: string): TailraceError {
    return new TailraceError('SOURCE_EVENT_UNDECODABLE', `A ${this.#what} event: ${why}`);
  }

  #take(length: number): number {
    const at = this.offset;
    if (length < 0 || length > this.end - at) throw this.invalid('it ends too early');
    this.offset = at + length;
    return at;
  }
}

const NUMBER = new DataView(new ArrayBuffer(8));
const PASSING_BYTES = 1 << 16;
const PASSING = new EventReader(Buffer.alloc(0), { start: 0, end: 0 }, '');
