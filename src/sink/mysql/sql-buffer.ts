import { collectGarbage } from '../../lib/collect-garbage.ts';

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MINUS = 0x2d;
/** Below this a byte loop is cheaper than scanning first. */
const SCAN_BYTES = 512;
const LARGE_BYTES = 16 << 20;
const MAX_STEP_BYTES = 16 * 1024 * 1024;

/**
 * The text of statements as it grows: one slab, appended to with as few calls as possible. What was
 * handed out by `slice` stays valid, because a slab that is outgrown is left and never written again.
 */
export class SqlBuffer {
  #slab: Buffer;
  #length = 0;

  constructor(initialBytes = 64 * 1024) {
    this.#slab = Buffer.allocUnsafeSlow(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  slice(start: number, end: number): Buffer {
    return this.#slab.subarray(start, end);
  }

  /** Takes back what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    if (this.#length === this.#slab.length) this.#grow(1);
    this.#slab[this.#length++] = value;
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A range of bytes as they are. */
  range(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    bytes.copy(this.#slab, this.#length, start, end);
    this.#length += end - start;
  }

  /** Text that is ASCII and needs no escaping. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#slab.latin1Write(text, this.#length);
  }

  integer(value: number): void {
    if (value < -2_147_483_648 || value > 2_147_483_647) {
      this.ascii(String(value));
      return;
    }
    this.#reserve(11);
    let rest = value;
    if (rest < 0) {
      this.#slab[this.#length++] = MINUS;
      rest = -rest;
    }
    this.#digits(rest);
  }

  /** Bytes inside a quoted literal: quote, backslash and NUL escaped, whatever the character set. */
  escaped(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size > SCAN_BYTES) {
      const specials = countSpecials(bytes, start, end);
      this.#reserve(size + specials);
      if (specials === 0) {
        bytes.copy(this.#slab, this.#length, start, end);
        this.#length += size;
        return;
      }
    } else {
      this.#reserve(size * 2);
    }
    this.#length = copyEscaped(this.#slab, this.#length, { bytes, start, end });
  }

  /** Text inside a quoted literal, as UTF-8. */
  escapedText(text: string): void {
    this.#reserve(text.length * 3);
    const start = this.#length;
    const end = start + this.#slab.utf8Write(text, start);
    const specials = countSpecials(this.#slab, start, end);
    this.#length = end;
    if (specials === 0) return;
    this.#reserve(specials);
    this.#length = end + specials;
    escapeInPlace(this.#slab, start, end, specials);
  }

  #digits(value: number): void {
    let width = 1;
    for (let bound = 10; bound <= value; bound *= 10) width++;
    let rest = value;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10);
      this.#slab[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += width;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#slab.length) this.#grow(bytes);
  }

  /** Doubles while small; a 64 MB value must not ask for 128. */
  #grow(bytes: number): void {
    const wanted = this.#length + bytes;
    const step = Math.min(this.#slab.length, MAX_STEP_BYTES);
    // The text of the large value before it may be done with.
    if (wanted > LARGE_BYTES) collectGarbage();
    // With room behind a large value: what follows it must not copy it again.
    const slab = Buffer.allocUnsafeSlow(wanted + step);
    this.#slab.copy(slab, 0, 0, this.#length);
    this.#slab = slab;
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
