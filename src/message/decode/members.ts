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

/** A name that is not kept in mind. */
const NOBODYS = -1;
/** Members of messages that nobody asks for: so many of their names are kept in mind. */
const MAX_OTHERS = 16;

/**
 * Finds members by name; made once for each list of names. What it gives is valid until it is called again. In the
 * place of a member the next message mostly has the same one, so that is looked at first.
 */
export function memberFinder<N extends string>(
  names: readonly N[],
  inPlace?: ReadInPlace<N>,
): (bytes: Buffer, at: number) => Members<N> {
  const members = new Members(names);
  const readIndex = inPlace === undefined ? NOBODYS : names.indexOf(inPlace.name);
  /** Those that are wanted, by their number, then others that were seen. */
  const seen = names.map((name) => Buffer.from(name));
  /** By place: the number of the name that was there last. */
  const likely: number[] = [];
  const indexOf = (cursor: MemberCursor, place: number): number => {
    const last = seen[likely[place] ?? 0];
    if (last !== undefined && cursor.isNamed(last)) return likely[place] ?? 0;
    for (let index = 0; index < seen.length; index++) {
      if (!cursor.isNamed(seen[index] as Buffer)) continue;
      likely[place] = index;
      return index;
    }
    const { bytes, nameStart, nameEnd } = cursor;
    // A copy: a slice would keep the whole fetch in memory.
    if (seen.length < names.length + MAX_OTHERS) {
      seen.push(Buffer.from(bytes.subarray(nameStart, nameEnd)));
    }
    return NOBODYS;
  };
  return (bytes, at) => {
    members.begin(bytes);
    const cursor = new MemberCursor(bytes, at);
    for (let place = 0; cursor.nextName(); place++) {
      const index = indexOf(cursor, place);
      const { valueStart } = cursor;
      const isRead = inPlace !== undefined && index === readIndex;
      let end = isRead ? inPlace.read(members, valueStart) : -1;
      if (end < 0) end = skipValue(bytes, valueStart);
      cursor.passValue(end);
      const isWanted = index >= 0 && index < names.length;
      if (isWanted && !isNull(bytes, valueStart)) members.set(index, valueStart, end);
    }
    return members;
  };
}
