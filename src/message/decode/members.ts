import { equalsAt, isNull, MemberCursor, skipValue, stringAt } from './json-scan.ts';
import { plainText } from './read-values.ts';

/** Where a member's value stands; [0, 0]: it is absent or null. */
export type Span = readonly [start: number, end: number];

const ZERO = 0x30;
const NOTHING = Buffer.alloc(0);

/** The members of an object that somebody asks for, by name. They are those of the object that was read last. */
export class Members<N extends string> {
  bytes: Buffer = NOTHING;
  readonly #places: Readonly<Record<N, number>>;
  readonly #spans: number[];

  constructor(names: readonly N[]) {
    this.#places = Object.fromEntries(names.map((name, index) => [name, index * 2])) as Record<
      N,
      number
    >;
    this.#spans = names.flatMap(() => [0, 0]);
  }

  /** For the finder: another object is read. */
  begin(bytes: Buffer): void {
    this.bytes = bytes;
    this.#spans.fill(0);
  }

  /** For the finder: where the value of the name with this number stands. */
  set(index: number, start: number, end: number): void {
    this.#spans[index * 2] = start;
    this.#spans[index * 2 + 1] = end;
  }

  has(name: N): boolean {
    return this.start(name) !== 0;
  }

  start(name: N): number {
    return this.#spans[this.#places[name]] as number;
  }

  end(name: N): number {
    return this.#spans[this.#places[name] + 1] as number;
  }

  span(name: N): Span {
    return [this.start(name), this.end(name)];
  }

  /** Is its value these bytes, to the letter? */
  is(name: N, json: Buffer): boolean {
    return equalsAt(this.bytes, this.start(name), this.end(name), json);
  }

  /** undefined: absent, null or no string. */
  text(name: N): string | undefined {
    const start = this.start(name);
    return start === 0 ? undefined : stringAt(this.bytes, start, this.end(name));
  }

  /** Of a string or a number. */
  plain(name: N): string | undefined {
    const start = this.start(name);
    return start === 0 ? undefined : plainText(this.bytes, start, this.end(name));
  }

  number(name: N): number {
    const digits = digitsAt(this.bytes, this.start(name), this.end(name));
    if (digits >= 0) return digits;
    const value = Number(this.plain(name) ?? 0);
    return Number.isFinite(value) ? value : 0;
  }
}

/** -1: not digits alone, or too many for a number that is exact whatever they are. */
function digitsAt(bytes: Buffer, start: number, end: number): number {
  if (start === end || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads the value of a member where it comes by; gives where it ends, or -1: nothing was made of it. */
export interface ReadInPlace<N extends string> {
  readonly name: N;
  readonly read: (members: Members<N>, start: number) => number;
}

/** What a name was found to be: the same name stands in the same place in the next message, mostly. */
interface KnownName {
  readonly bytes: Buffer;
  /** -1: nobody asks for it. */
  readonly index: number;
}

/** So many places are kept in mind. */
const KNOWN_PLACES = 32;

/**
 * Finds members by name; made once for each list of names. What it gives is valid until it is called again.
 */
export function memberFinder<N extends string>(
  names: readonly N[],
  inPlace?: ReadInPlace<N>,
): (bytes: Buffer, at: number) => Members<N> {
  const wanted = names.map((name) => Buffer.from(name));
  const known: KnownName[] = [];
  const members = new Members(names);
  const readIndex = inPlace === undefined ? -1 : names.indexOf(inPlace.name);
  const indexOf = (cursor: MemberCursor, place: number): number => {
    const likely = known[place];
    if (likely !== undefined && cursor.isNamed(likely.bytes)) return likely.index;
    const index = wanted.findIndex((name) => cursor.isNamed(name));
    if (place < KNOWN_PLACES) {
      const { bytes, nameStart, nameEnd } = cursor;
      known[place] = { bytes: Buffer.from(bytes.subarray(nameStart, nameEnd)), index };
    }
    return index;
  };
  return (bytes, at) => {
    members.begin(bytes);
    const cursor = new MemberCursor(bytes, at);
    for (let place = 0; cursor.nextName(); place++) {
      const index = indexOf(cursor, place);
      const { valueStart } = cursor;
      let end = index === readIndex ? (inPlace?.read(members, valueStart) ?? -1) : -1;
      if (end < 0) end = skipValue(bytes, valueStart);
      cursor.passValue(end);
      if (index >= 0 && !isNull(bytes, valueStart)) members.set(index, valueStart, end);
    }
    return members;
  };
}
