import { ByteWriter } from '../../lib/byte-writer.ts';

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Below this a byte loop is cheaper than scanning first. */
const SCAN_BYTES = 512;

/** The text of statements as it grows, appended to with as few calls as possible. */
export class SqlBuffer extends ByteWriter {
  slice(start: number, end: number): Buffer {
    return this.bytes.subarray(start, end);
  }

  /** Bytes inside a quoted literal: quote, backslash and NUL escaped, whatever the character set. */
  escaped(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size > SCAN_BYTES) {
      const specials = countSpecials(bytes, start, end);
      if (specials === 0) {
        this.copy(bytes, start, end);
        return;
      }
      this.#copyEscaped(size + specials, { bytes, start, end });
    } else this.#copyEscaped(size * 2, { bytes, start, end });
  }

  /** Text inside a quoted literal, as UTF-8. */
  escapedText(text: string): void {
    const start = this.length;
    this.utf8(text);
    const end = this.length;
    const specials = countSpecials(this.bytes, start, end);
    if (specials === 0) return;
    const slab = this.reserve(specials);
    this.advance(end + specials);
    escapeInPlace(slab, start, end, specials);
  }

  #copyEscaped(mostBytes: number, range: ByteRange): void {
    const slab = this.reserve(mostBytes);
    this.advance(copyEscaped(slab, this.length, range));
  }
}

function isSpecial(byte: number): boolean {
  return byte === QUOTE || byte === BACKSLASH || byte === 0;
}

function countSpecials(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE || byte === BACKSLASH || byte === 0) count++;
  }
  return count;
}

interface ByteRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function copyEscaped(target: Buffer, offset: number, { bytes, start, end }: ByteRange): number {
  let to = offset;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte <= BACKSLASH && isSpecial(byte)) {
      target[to++] = BACKSLASH;
      target[to++] = byte === 0 ? ZERO : byte;
    } else {
      target[to++] = byte;
    }
  }
  return to;
}

/** From the end, so that nothing is overwritten before it has moved. */
function escapeInPlace(slab: Buffer, start: number, end: number, specials: number): void {
  let to = end + specials;
  for (let from = end - 1; from >= start && to > from + 1; from--) {
    const byte = slab[from] as number;
    slab[--to] = byte === 0 ? ZERO : byte;
    if (isSpecial(byte)) slab[--to] = BACKSLASH;
  }
}
