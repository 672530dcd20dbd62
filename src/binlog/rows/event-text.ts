import { decodeText } from '../../core/charset.ts';

/** A value keeps the text of its whole event in memory, as bytes keep those of the socket's chunk. */
const MOST_BYTES = 64 * 1024;
/** Fewer texts are made one by one. */
const FEWEST_VALUES = 4;

const NO_WORDS = new Int32Array(0);
const HIGH_BITS = 0x8080_8080 | 0;

let lastBytes: Buffer = Buffer.alloc(0);
let lastWords: Int32Array = NO_WORDS;

/** Four bytes at a time, from 0 to 3 bytes before the first. Many events stand in one chunk: its words are made once. */
function wordsOf(bytes: Buffer): Int32Array {
  if (bytes === lastBytes) return lastWords;
  const skew = bytes.byteOffset & 3;
  const length = (bytes.length + skew) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset - skew, length);
  // Only this much is kept when nothing more comes.
  if (bytes.length > MOST_BYTES) return words;
  lastBytes = bytes;
  lastWords = words;
  return words;
}

/**
 * The bytes of an event as one text, a character a byte, out of which the values that are ASCII are cut: V8 copies
 * nothing for that, where a call into native code for each value costs more than its characters.
 */
export class EventText {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #text: string | undefined;
  #words: Int32Array = NO_WORDS;
  /** The place of the first word's first byte, 0 or below. */
  readonly #wordsStart: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#wordsStart = -(bytes.byteOffset & 3);
  }

  /** Before `slice`: nobody may ever ask for a value. */
  make(): void {
    if (this.#text !== undefined) return;
    this.#words = wordsOf(this.#bytes);
    this.#text = this.#bytes.latin1Slice(this.#start, this.#end);
  }

  /** When the last value was made: the event itself may wait for long, and with it the text. */
  drop(): void {
    this.#text = undefined;
    this.#words = NO_WORDS;
  }

  /** undefined: the value is not ASCII. */
  slice(start: number, end: number): string | undefined {
    if (!this.#isAscii(start, end)) return undefined;
    return this.#text?.slice(start - this.#start, end - this.#start);
  }

  #isAscii(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const words = this.#words;
    const base = this.#wordsStart;
    let bits = 0;
    let at = start;
    while (at < end && ((at - base) & 3) !== 0) bits |= bytes[at++] as number;
    let word = (at - base) >> 2;
    const lastWord = (end - base) >> 2;
    for (; word + 4 <= lastWord; word += 4) {
      bits |=
        (words[word] as number) |
        (words[word + 1] as number) |
        (words[word + 2] as number) |
        (words[word + 3] as number);
    }
    for (; word < lastWord; word++) bits |= words[word] as number;
    for (at = Math.max(at, base + 4 * word); at < end; at++) bits |= bytes[at] as number;
    return (bits & HIGH_BITS) === 0;
  }
}

/** Of images at these offsets that hold so many texts; undefined: not worth it, or too large to be kept by one of them. */
export function eventTextOf(
  offsets: readonly number[],
  bytes: Buffer,
  values: number,
): EventText | undefined {
  if (values < FEWEST_VALUES) return undefined;
  const start = offsets[0] ?? 0;
  const end = offsets[offsets.length - 1] ?? 0;
  return end - start > MOST_BYTES ? undefined : new EventText(bytes, start, end);
}

type Text = EventText | undefined;

export function utf8Text(text: Text, bytes: Buffer, start: number, end: number): string {
  return text?.slice(start, end) ?? bytes.utf8Slice(start, end);
}

export function latin1Text(text: Text, bytes: Buffer, start: number, end: number): string {
  return text?.slice(start, end) ?? decodeText('latin1', bytes, start, end);
}

export function asciiText(text: Text, bytes: Buffer, start: number, end: number): string {
  return text?.slice(start, end) ?? decodeText('ascii', bytes, start, end);
}
