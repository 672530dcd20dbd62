/*
 * JSON read in place: where a value stands in the bytes, without building what nobody asks for. The text of a
 * number or of a nested document is then there to the letter, which JSON.parse does not keep: 1.50, digits
 * beyond 2^53, the order of members.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** The bytes are no JSON, or not the JSON that was expected there. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

export function fault(message: string, at: number): JsonFault {
  return new JsonFault(`${message} at byte ${at}`);
}

/** The first byte that is no white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let c = bytes[at];
  while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++at];
  return at;
}

/** Behind the value that begins at `at`. */
export function skipValue(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c === QUOTE) return skipString(bytes, at);
  if (c === OPEN_OBJECT || c === OPEN_ARRAY) return skipNested(bytes, at);
  return skipScalar(bytes, at);
}

/** Behind the string that begins at `at` with its quote. */
export function skipString(bytes: Buffer, at: number): number {
  const { length } = bytes;
  for (let i = at + 1; i < length; i++) {
    const c = bytes[i];
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i++;
  }
  throw fault('a string without an end', at);
}

function skipNested(bytes: Buffer, at: number): number {
  const { length } = bytes;
  let depth = 0;
  for (let i = at; i < length;) {
    const c = bytes[i];
    if (c === QUOTE) {
      i = skipString(bytes, i);
      continue;
    }
    i++;
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) depth++;
    else if ((c === CLOSE_OBJECT || c === CLOSE_ARRAY) && --depth === 0) return i;
  }
  throw fault('an object or array without an end', at);
}

function skipScalar(bytes: Buffer, at: number): number {
  let i = at;
  for (; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c === COMMA || c === CLOSE_OBJECT || c === CLOSE_ARRAY || c <= 0x20) break;
  }
  if (i === at) throw fault('no value', at);
  return i;
}

/** Goes through the members of an object, value by value; the caller skips or reads each value. */
export class MemberCursor {
  readonly bytes: Buffer;
  /** The name's bytes, without quotes. */
  nameStart = 0;
  nameEnd = 0;
  /** Of the current member's value. */
  valueStart = 0;
  valueEnd = 0;
  #at: number;
  #isFirst = true;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    const start = skipSpace(bytes, at);
    if (bytes[start] !== OPEN_OBJECT) throw fault('no object', start);
    this.#at = start + 1;
  }

  /** Behind the object, once `next` gave false. */
  get end(): number {
    return this.#at;
  }

  /** False: there are no more members. */
  next(): boolean {
    if (!this.nextName()) return false;
    this.passValue(skipValue(this.bytes, this.valueStart));
    return true;
  }

  /** Up to where a value begins; `passValue` says where it ends. */
  nextName(): boolean {
    const { bytes } = this;
    let at = skipSpace(bytes, this.#at);
    if (bytes[at] === CLOSE_OBJECT) {
      this.#at = at + 1;
      return false;
    }
    if (!this.#isFirst) {
      if (bytes[at] !== COMMA) throw fault('no comma between members', at);
      at = skipSpace(bytes, at + 1);
    }
    this.#isFirst = false;
    if (bytes[at] !== QUOTE) throw fault('no name of a member', at);
    const end = skipString(bytes, at);
    this.nameStart = at + 1;
    this.nameEnd = end - 1;
    at = skipSpace(bytes, end);
    if (bytes[at] !== COLON) throw fault('no colon behind a name', at);
    this.valueStart = skipSpace(bytes, at + 1);
    return true;
  }

  passValue(end: number): void {
    this.valueEnd = end;
    this.#at = end;
  }

  isNamed(name: Buffer): boolean {
    return equalsAt(this.bytes, this.nameStart, this.nameEnd, name);
  }

  name(): string {
    return textBetween(this.bytes, this.nameStart, this.nameEnd);
  }
}

/** Where each element of an array stands: start, end, start, end, … */
export function arrayElements(bytes: Buffer, at: number): number[] {
  if (bytes[at] !== OPEN_ARRAY) throw fault('no array', at);
  const found: number[] = [];
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_ARRAY) return found;
  for (;;) {
    const end = skipValue(bytes, i);
    found.push(i, end);
    i = skipSpace(bytes, end);
    if (bytes[i] === CLOSE_ARRAY) return found;
    if (bytes[i] !== COMMA) throw fault('no comma between elements', i);
    i = skipSpace(bytes, i + 1);
  }
}

export function equalsAt(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  const { length } = other;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

export function isString(bytes: Buffer, start: number): boolean {
  return bytes[start] === QUOTE;
}

/** An object or an array. */
export function isNested(bytes: Buffer, start: number): boolean {
  return bytes[start] === OPEN_OBJECT || bytes[start] === OPEN_ARRAY;
}

export function isNull(bytes: Buffer, start: number): boolean {
  return bytes[start] === 0x6e;
}

/** Does the string between its quotes hold an escape? */
export function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

/** A string's text from between its quotes. */
export function textBetween(bytes: Buffer, start: number, end: number): string {
  if (!hasEscape(bytes, start, end)) return bytes.utf8Slice(start, end);
  return parseText(bytes.utf8Slice(start, end), start);
}

function parseText(inner: string, at: number): string {
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    throw fault('a string that cannot be read', at);
  }
}

/** The text of a string value; undefined: it is something else. */
export function stringAt(bytes: Buffer, start: number, end: number): string | undefined {
  return isString(bytes, start) ? textBetween(bytes, start + 1, end - 1) : undefined;
}
