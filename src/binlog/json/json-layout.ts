import { TailraceError } from '../../core/errors.ts';

/*
 * MySQL's binary JSON: one byte of type, then the value. Numbers are little endian.
 *
 *   00 01 02 03   object, array: small (all offsets and counts 2 bytes), large (4 bytes)
 *   04            literal: 0 null, 1 true, 2 false
 *   05 … 0a       int16, uint16, int32, uint32, int64, uint64
 *   0b            double
 *   0c            string: variable length, then UTF-8
 *   0f            opaque: type byte (MYSQL_TYPE_*), variable length, then bytes
 *
 * Object and array: count, size of it all in bytes, then for an object `count` keys as offset and
 * 2 bytes of length, then `count` values as type and offset, then the keys' and values' bytes.
 * Offsets start at the count. Literals and 16-bit numbers (32-bit too in the large format) stand in
 * the place of their offset. A variable length has 7 bits in each byte, lowest first, the highest bit
 * says that more follow. Keys are in order of length, then bytes.
 * Source: MySQL sql-common/json_binary.cc.
 */

export const JSON_TYPE = {
  SMALL_OBJECT: 0x00,
  LARGE_OBJECT: 0x01,
  SMALL_ARRAY: 0x02,
  LARGE_ARRAY: 0x03,
  LITERAL: 0x04,
  INT16: 0x05,
  UINT16: 0x06,
  INT32: 0x07,
  UINT32: 0x08,
  INT64: 0x09,
  UINT64: 0x0a,
  DOUBLE: 0x0b,
  STRING: 0x0c,
  OPAQUE: 0x0f,
} as const;

/** Stands where a value has its type, before a list of diffs whose document is not known. No value has it. */
export const JSON_CHANGES = 0xff;

/** MySQL itself stops at 100. */
export const MAX_JSON_DEPTH = 128;

export function malformedJson(why: string): TailraceError {
  return new TailraceError('SOURCE_EVENT_UNDECODABLE', `A JSON value cannot be read: ${why}.`);
}

/** One value: its type byte and the bytes `at..end` that it may use. */
export interface JsonPlace {
  readonly type: number;
  readonly at: number;
  readonly end: number;
}

export function need(place: JsonPlace, length: number): void {
  if (place.at + length > place.end) throw malformedJson('it ends too early');
}

/** A length of 7 bits a byte at `at`; `next` is what follows it. */
export function readVariableLength(
  bytes: Buffer,
  at: number,
  end: number,
): { length: number; next: number } {
  let length = 0;
  for (let i = 0; i < 5 && at + i < end; i++) {
    const byte = bytes[at + i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    const next = at + i + 1;
    if (next + length > end) throw malformedJson('a string is longer than its document');
    return { length, next };
  }
  throw malformedJson('a length does not end');
}

/** The header of an object or array, checked against the bytes that are there. */
export class JsonContainer {
  readonly isObject: boolean;
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #at: number;
  readonly #end: number;
  readonly #isLarge: boolean;
  readonly #width: 2 | 4;
  readonly #valuesAt: number;
  readonly #headerEnd: number;

  constructor(bytes: Buffer, place: JsonPlace) {
    this.#bytes = bytes;
    this.#at = place.at;
    this.#isLarge = place.type === JSON_TYPE.LARGE_OBJECT || place.type === JSON_TYPE.LARGE_ARRAY;
    this.#width = this.#isLarge ? 4 : 2;
    this.isObject = place.type === JSON_TYPE.SMALL_OBJECT || place.type === JSON_TYPE.LARGE_OBJECT;
    need(place, 2 * this.#width);
    this.count = this.#number(place.at);
    this.#end = place.at + this.#number(place.at + this.#width);
    this.#valuesAt =
      place.at + 2 * this.#width + (this.isObject ? this.count * (this.#width + 2) : 0);
    this.#headerEnd = this.#valuesAt + this.count * (1 + this.#width);
    if (this.#end > place.end || this.#headerEnd > this.#end) {
      throw malformedJson('an object or array is longer than its document');
    }
  }

  /** The key's bytes as `[start, end)`. */
  key(index: number): { start: number; end: number } {
    const entry = this.#at + 2 * this.#width + index * (this.#width + 2);
    const start = this.#at + this.#number(entry);
    const end = start + this.#bytes.readUInt16LE(entry + this.#width);
    if (end > this.#end) throw malformedJson('a key lies outside of its object');
    return { start, end };
  }

  value(index: number): JsonPlace {
    const entry = this.#valuesAt + index * (1 + this.#width);
    const type = this.#bytes[entry] ?? 0;
    if (this.#isInline(type)) return { type, at: entry + 1, end: entry + 1 + this.#width };
    const at = this.#at + this.#number(entry + 1);
    if (at < this.#headerEnd || at >= this.#end)
      throw malformedJson('a value lies outside of its object or array');
    return { type, at, end: this.#end };
  }

  #isInline(type: number): boolean {
    if (type === JSON_TYPE.INT32 || type === JSON_TYPE.UINT32) return this.#isLarge;
    return type === JSON_TYPE.LITERAL || type === JSON_TYPE.INT16 || type === JSON_TYPE.UINT16;
  }

  #number(at: number): number {
    return this.#isLarge ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt16LE(at);
  }
}

export function isContainer(type: number): boolean {
  return type <= JSON_TYPE.LARGE_ARRAY;
}
