import { collectGarbage } from './collect-garbage.ts';

const LARGE_BYTES = 16 << 20;
const MAX_STEP_BYTES = 16 * 1024 * 1024;
/** Copying by hand beats a call, and the view that it makes, up to here. */
const SHORT_COPY = 64;
const ZERO = 0x30;
const MINUS = 0x2d;

/**
 * Bytes appended to one buffer that grows; made once and used again and again. A buffer that is outgrown is left and
 * never written again, so what was cut from it stays valid.
 */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialBytes = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** The buffer as it is now: another one after it has grown. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A stretch of another buffer, or of this one. */
  copy(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    const length = end - start;
    const target = this.#bytes;
    const at = this.#length;
    if (length > SHORT_COPY) bytes.copy(target, at, start, end);
    else for (let i = 0; i < length; i++) target[at + i] = bytes[start + i] as number;
    this.#length = at + length;
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.latin1Write(text, this.#length);
  }

  utf8(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.utf8Write(text, this.#length);
  }

  integer(value: number): void {
    if (value < -2_147_483_648 || value > 2_147_483_647) {
      this.ascii(String(value));
      return;
    }
    this.#reserve(11);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = MINUS;
      rest = -rest;
    }
    this.#digits(rest);
  }

  bigint(value: bigint): void {
    const small = Number(value);
    if (Number.isSafeInteger(small)) this.integer(small);
    else this.ascii(value.toString());
  }

  /** Room for `bytes` more behind the end, to be written from outside: see `advance`. */
  reserve(bytes: number): Buffer {
    this.#reserve(bytes);
    return this.#bytes;
  }

  /** What was written into reserved room now belongs to it. */
  advance(length: number): void {
    this.#length = length;
  }

  #digits(value: number): void {
    let width = 1;
    for (let bound = 10; bound <= value; bound *= 10) width++;
    let rest = value;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += width;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length) this.#grow(bytes);
  }

  /** Doubles while small; a 64 MB value must not ask for 128, but what follows it must not copy it again. */
  #grow(bytes: number): void {
    const wanted = this.#length + bytes;
    // The large value before it may be done with.
    if (wanted > LARGE_BYTES) collectGarbage();
    const grown = Buffer.allocUnsafeSlow(wanted + Math.min(this.#bytes.length, MAX_STEP_BYTES));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
