/*
 * DECIMAL(p, s) (NEWDECIMAL, 246; metadata p, s): the digits before the point, then those after it, in
 * groups of nine from the point outwards. A group of nine is a big-endian number of 4 bytes, the
 * groups at both ends are shorter: 0, 1, 1, 2, 2, 3, 3, 4, 4 bytes for 0 to 8 digits. The highest bit
 * of the first byte is inverted; a negative number has all bits inverted after that.
 * Source: MySQL strings/decimal.cc, decimal2bin().
 */

import { fractionText, integerText, padded } from './digits.ts';

const DIGITS_OF_GROUP = 9;
const BYTES_OF_DIGITS = [0, 1, 1, 2, 2, 3, 3, 4, 4] as const;

function byteLengthOf(digits: number): number {
  const groups = Math.floor(digits / DIGITS_OF_GROUP);
  return groups * 4 + (BYTES_OF_DIGITS[digits % DIGITS_OF_GROUP] ?? 0);
}

/** `meta`: precision | scale << 8. */
export function decimalByteLength(meta: number): number {
  const scale = meta >> 8;
  return byteLengthOf((meta & 0xff) - scale) + byteLengthOf(scale);
}

/** One group; `first` and `mask`: what its first byte and the others are XORed with. */
function groupAt(group: GroupPlace, length: number): number {
  const { bytes, at, mask } = group;
  let value = (bytes[at] ?? 0) ^ group.first;
  for (let i = at + 1; i < at + length; i++) value = (value << 8) | ((bytes[i] ?? 0) ^ mask);
  group.at = at + length;
  group.first = mask;
  return value >>> 0;
}

/** The next group to be read. */
interface GroupPlace {
  readonly bytes: Uint8Array;
  at: number;
  /** The number's very first byte has the sign bit. */
  first: number;
  readonly mask: number;
}

/**
 * The number's exact text, with as many digits after the point as the scale says. `meta`: precision |
 * scale << 8.
 */
export function readDecimal(bytes: Uint8Array, at: number, meta: number): string {
  const scale = meta >> 8;
  const mask = ((bytes[at] ?? 0) & 0x80) === 0 ? 0xff : 0;
  const group: GroupPlace = { bytes, at, first: mask ^ 0x80, mask };
  const whole = readWhole(group, (meta & 0xff) - scale);
  const text = mask === 0 ? whole : `-${whole}`;
  if (scale === 0) return text;
  if (scale <= DIGITS_OF_GROUP)
    return text + fractionText(groupAt(group, byteLengthOf(scale)), scale);
  return `${text}.${readLongFraction(group, scale)}`;
}

function readWhole(group: GroupPlace, digits: number): string {
  const firstLength = BYTES_OF_DIGITS[digits % DIGITS_OF_GROUP] ?? 0;
  const first = firstLength === 0 ? 0 : groupAt(group, firstLength);
  let text = first === 0 ? '' : integerText(first);
  for (let left = digits; left >= DIGITS_OF_GROUP; left -= DIGITS_OF_GROUP) {
    const value = groupAt(group, 4);
    if (text !== '') text += padded(value, DIGITS_OF_GROUP);
    else if (value !== 0) text = integerText(value);
  }
  return text === '' ? '0' : text;
}

function readLongFraction(group: GroupPlace, scale: number): string {
  let text = '';
  for (let left = scale; left > 0; left -= DIGITS_OF_GROUP) {
    const digits = Math.min(left, DIGITS_OF_GROUP);
    text += padded(groupAt(group, byteLengthOf(digits)), digits);
  }
  return text;
}
