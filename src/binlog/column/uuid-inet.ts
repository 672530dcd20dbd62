/*
 * MariaDB's UUID (16 bytes), INET4 (4) and INET6 (16) travel as BINARY of that length (type 254): one
 * byte of length, then the bytes in the order of their text, without the zero bytes at their end.
 * Source: MariaDB sql/sql_type_fixedbin.h; sql/item_inetfunc / plugin/type_inet for the text of INET6.
 */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, '0'),
);

/** `bytes[start..end)`, the zero bytes at their end left out. */
type FixedBinaryText = (bytes: Uint8Array, start: number, end: number) => string;

function byteAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? (bytes[at] ?? 0) : 0;
}

const DASH_BEFORE: ReadonlySet<number> = new Set([4, 6, 8, 10]);

export const uuidText: FixedBinaryText = (bytes, start, end) => {
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (DASH_BEFORE.has(i)) text += '-';
    text += HEX[byteAt(bytes, start + i, end)] ?? '';
  }
  return text;
};

export const inet4Text: FixedBinaryText = (bytes, start, end) =>
  [0, 1, 2, 3].map((i) => byteAt(bytes, start + i, end)).join('.');

interface Gap {
  readonly at: number;
  readonly length: number;
}

/** The first of the longest runs of zero words. */
function longestGap(words: readonly number[]): Gap {
  let gap: Gap = { at: -1, length: 0 };
  for (let at = 0; at < words.length; at++) {
    let length = 0;
    while (at + length < words.length && words[at + length] === 0) length += 1;
    if (length > gap.length) gap = { at, length };
    at += length;
  }
  return gap;
}

/** IPv4 inside IPv6 is written as such: six zero words before it, or five and ffff. */
function endsInIpv4(words: readonly number[], gap: Gap): boolean {
  return gap.at === 0 && (gap.length === 6 || (gap.length === 5 && words[5] === 0xffff));
}

export const inet6Text: FixedBinaryText = (bytes, start, end) => {
  const words = Array.from(
    { length: 8 },
    (_, i) => (byteAt(bytes, start + 2 * i, end) << 8) | byteAt(bytes, start + 2 * i + 1, end),
  );
  const gap = longestGap(words);
  const hex = (part: readonly number[]): string[] => part.map((word) => word.toString(16));
  const tail = endsInIpv4(words, gap)
    ? [...hex(words.slice(gap.length, 6)), inet4Text(bytes, start + 12, end)]
    : hex(words.slice(gap.at + gap.length));
  if (gap.length === 0) return hex(words).join(':');
  return `${hex(words.slice(0, gap.at)).join(':')}::${tail.join(':')}`;
};
