import { decodeText } from '../core/charset.ts';
import { canonicalValue } from './canonical-value.ts';
import type { Cause } from './difference.ts';
import type { PairColumn } from './table-pair.ts';
import { textOf } from './value-text.ts';

/** Why the target's value is another one, as far as the two values tell. */
export function findCause(column: PairColumn, source: Buffer | null, target: Buffer | null): Cause {
  if (source === null || target === null) return 'stale';
  switch (column.form.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
    case 'double':
      return causeOfNumbers(column, source.latin1Slice(), target.latin1Slice());
    case 'temporal':
      return causeOfTimes(source.latin1Slice(), target.latin1Slice());
    case 'text':
      return causeOfTexts(textOf(column, source), textOf(column, target));
    case 'bytes':
      return isCut(source.latin1Slice(), target.latin1Slice()) ? 'truncated' : 'stale';
    case 'ascii':
    case 'json':
      return 'stale';
  }
}

const DOUBLE_NOISE = 1e-5;

function causeOfNumbers(column: PairColumn, source: string, target: string): Cause {
  if (isClamped(column, source, target)) return 'truncated';
  const [from, to] = [Number(source), Number(target)];
  if (column.form.kind === 'integer' || from === 0 || to === 0) {
    return column.source.type !== column.target.type && Math.round(from) === to
      ? 'rounding'
      : 'stale';
  }
  if (column.form.kind !== 'decimal') {
    return Math.abs(from - to) <= Math.abs(from) * DOUBLE_NOISE ? 'rounding' : 'stale';
  }
  return causeOfDecimals(source, target);
}

/** To the digits that the target's text has: cut off, or rounded. */
function causeOfDecimals(source: string, target: string): Cause {
  const shown = canonicalValue('decimal', Buffer.from(target)) ?? '';
  const full = canonicalValue('decimal', Buffer.from(source)) ?? '';
  const digits = shown.split('.')[1]?.length ?? 0;
  if (digits >= (full.split('.')[1]?.length ?? 0)) return 'stale';
  const cut = full.slice(0, full.indexOf('.') + (digits === 0 ? 0 : digits + 1));
  const unit = 10 ** -digits;
  const isNear = Math.abs(Number(full) - Number(shown)) <= unit / 2 + Number.EPSILON;
  if (isNear) return 'rounding';
  return cut === shown ? 'truncated' : 'stale';
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

/** The largest or smallest that the target's column takes, and the source's is beyond. */
function isClamped({ target: column }: PairColumn, source: string, target: string): boolean {
  const bits = INTEGER_BITS[column.type];
  if (bits === undefined) {
    const nines = /^-?9+(\.9+)?$/.test(target) && column.type === 'decimal';
    return nines && Math.abs(Number(source)) > Math.abs(Number(target));
  }
  if (!/^-?\d+$/.test(source) || !/^-?\d+$/.test(target)) return false;
  const [value, kept] = [BigInt(source), BigInt(target)];
  const highest = column.isUnsigned ? (1n << bits) - 1n : (1n << (bits - 1n)) - 1n;
  const lowest = column.isUnsigned ? 0n : -(1n << (bits - 1n));
  return (kept === highest && value > highest) || (kept === lowest && value < lowest);
}

const QUARTER_MS = 15 * 60_000;
const MOST_ZONES_MS = 26 * 3_600_000;

function causeOfTimes(source: string, target: string): Cause {
  const [whole = '', fraction = ''] = source.split('.');
  const [targetWhole = '', targetFraction = ''] = target.split('.');
  if (whole === targetWhole) {
    return fraction.startsWith(targetFraction.replace(/0+$/, '')) ? 'truncated' : 'rounding';
  }
  const day = whole.slice(0, 10);
  if (targetWhole === `${day} 00:00:00` || targetWhole === day) return 'truncated';
  return whole.length > 10 ? causeOfShift(timeOf(target) - timeOf(source)) : 'stale';
}

function causeOfShift(apartMs: number): Cause {
  if (Number.isNaN(apartMs) || apartMs === 0) return 'stale';
  if (Math.abs(apartMs) < 1000) return 'rounding';
  const isZone = apartMs % QUARTER_MS === 0 && Math.abs(apartMs) <= MOST_ZONES_MS;
  return isZone ? 'time_zone' : 'stale';
}

function timeOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

function causeOfTexts(source: string, target: string): Cause {
  if (isMisread(source, target) || isMisread(target, source)) return 'charset';
  if (hasLostCharacters(source, target)) return 'charset';
  return isCut(source, target) ? 'truncated' : 'stale';
}

function isCut(source: string, target: string): boolean {
  return target.length < source.length && source.startsWith(target);
}

/** UTF-8 bytes that were taken for single-byte characters: é became Ã©. */
function isMisread(original: string, seen: string): boolean {
  if (original === seen || !/[^\0-\x7f]/.test(original)) return false;
  return seen === Buffer.from(original).latin1Slice() || seen === asWindows1252(original);
}

/** What the servers call latin1. */
function asWindows1252(text: string): string {
  const bytes = Buffer.from(text);
  return decodeText('latin1', bytes, 0, bytes.length);
}

const NOT_ASCII = /[^\0-\x7f]/u;

/** Characters that the target's set lacks: question marks, left away, or the end of the text. */
function hasLostCharacters(source: string, target: string): boolean {
  if (!NOT_ASCII.test(source)) return false;
  const kept = Array.from(source);
  const astral = kept.findIndex((char) => char.length > 1);
  if (astral >= 0 && target === kept.slice(0, astral).join('')) return true;
  const pattern = kept
    .map((char) =>
      NOT_ASCII.test(char) ? `(?:${escapeRegex(char)}|[?\ufffd]{0,4})` : escapeRegex(char),
    )
    .join('');
  return new RegExp(`^${pattern}$`, 'su').test(target);
}

function escapeRegex(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
