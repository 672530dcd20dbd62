import { isNull, MemberCursor, stringAt } from './json-scan.ts';
import { plainText } from './read-values.ts';

/** Where a member's value stands; [0, 0]: it is absent or null. */
export type Span = readonly [start: number, end: number];
const ABSENT: Span = [0, 0];

/** The members of an object that somebody asks for, by name. */
export class Members<N extends string> {
  readonly bytes: Buffer;
  readonly #spans: Readonly<Record<N, Span>>;

  constructor(bytes: Buffer, spans: Readonly<Record<N, Span>>) {
    this.bytes = bytes;
    this.#spans = spans;
  }

  has(name: N): boolean {
    return this.#spans[name][0] !== 0;
  }

  start(name: N): number {
    return this.#spans[name][0];
  }

  span(name: N): Span {
    return this.#spans[name];
  }

  /** undefined: absent, null or no string. */
  text(name: N): string | undefined {
    const [start, end] = this.#spans[name];
    return start === 0 ? undefined : stringAt(this.bytes, start, end);
  }

  /** Of a string or a number. */
  plain(name: N): string | undefined {
    const [start, end] = this.#spans[name];
    return start === 0 ? undefined : plainText(this.bytes, start, end);
  }

  number(name: N): number {
    const value = Number(this.plain(name) ?? 0);
    return Number.isFinite(value) ? value : 0;
  }
}

/** Finds members by name; made once for each list of names. */
export function memberFinder<N extends string>(
  names: readonly N[],
): (bytes: Buffer, at: number) => Members<N> {
  const wanted = names.map((name) => ({ name, bytes: Buffer.from(name) }));
  const none = Object.fromEntries(names.map((name) => [name, ABSENT])) as Record<N, Span>;
  return (bytes, at) => {
    const spans = { ...none };
    const cursor = new MemberCursor(bytes, at);
    while (cursor.next()) {
      for (const { name, bytes: nameBytes } of wanted) {
        if (!cursor.isNamed(nameBytes)) continue;
        if (!isNull(bytes, cursor.valueStart)) spans[name] = [cursor.valueStart, cursor.valueEnd];
        break;
      }
    }
    return new Members(bytes, spans);
  };
}
