/*
 * DECIMAL(p, s) (NEWDECIMAL, 246; metadata p, s): the digits before the point, then those after it, in
 * groups of nine from the point outwards. A group of nine is a big-endian number of 4 bytes, the
 * groups at both ends are shorter: 0, 1, 1, 2, 2, 3, 3, 4, 4 bytes for 0 to 8 digits. The highest bit
 * of the first byte is inverted; a negative number has all bits inverted after that.
 * Source: MySQL strings/decimal.cc, decimal2bin().
 */

import { padded } from './digits.ts';

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

/** One group: `length` bytes, each XORed with `mask`. */
function readGroup(bytes: Uint8Array, at: number, length: number, mask: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 256 + ((bytes[i] ?? 0) ^ mask);
  return value;
}

/**
 * The number's exact text, with as many digits after the point as the scale says. `meta`: precision |
 * scale << 8.
 */
export function readDecimal(bytes: Uint8Array, at: number, meta: number): string {
  const scale = meta >> 8;
  const wholeDigits = (meta & 0xff) - scale;
  const first = bytes[at] ?? 0;
  const mask = (first & 0x80) === 0 ? 0xff : 0;
  const firstLength = BYTES_OF_DIGITS[wholeDigits % DIGITS_OF_GROUP] ?? 0;
  let next = at;
  let whole = '';
  if (firstLength > 0) {
    whole = withoutZero(readSigned(bytes, next, firstLength, mask));
    next += firstLength;
  }
  for (let left = wholeDigits; left >= DIGITS_OF_GROUP; left -= DIGITS_OF_GROUP) {
    const value = next === at ? readSigned(bytes, next, 4, mask) : readGroup(bytes, next, 4, mask);
    whole = whole === '' ? withoutZero(value) : whole + padded(value, DIGITS_OF_GROUP);
    next += 4;
  }
  const text = (mask === 0 ? '' : '-') + (whole === '' ? '0' : whole);
  return scale === 0 ? text : `${text}.${readFraction(bytes, { next, scale, mask, at })}`;
}

interface FractionPlace {
  readonly next: number;
  readonly scale: number;
  readonly mask: number;
  /** Where the number starts: the group there has the sign bit. */
  readonly at: number;
}

function readFraction(bytes: Uint8Array, place: FractionPlace): string {
  let { next } = place;
  let text = '';
  for (let left = place.scale; left > 0; left -= DIGITS_OF_GROUP) {
    const digits = Math.min(left, DIGITS_OF_GROUP);
    const length = digits === DIGITS_OF_GROUP ? 4 : (BYTES_OF_DIGITS[digits] ?? 0);
    const value =
      next === place.at
        ? readSigned(bytes, next, length, place.mask)
        : readGroup(bytes, next, length, place.mask);
    text += padded(value, digits);
    next += length;
  }
  return text;
}

/** The first group, without the sign bit. */
function readSigned(bytes: Uint8Array, at: number, length: number, mask: number): number {
  const rest = readGroup(bytes, at + 1, length - 1, mask);
  return (((bytes[at] ?? 0) ^ mask) & 0x7f) * 256 ** (length - 1) + rest;
}

function withoutZero(value: number): string {
  return value === 0 ? '' : String(value);
}
