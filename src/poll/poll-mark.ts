import type { CopyMark } from '../core/copy.ts';

/** A key, as literals of the source. */
export type KeyLiterals = readonly string[];

/** At that moment (ms since 1970) every row up to that key was read that was there; null: none. */
export interface PollPoint {
  readonly at: number;
  readonly key: KeyLiterals | null;
}

/** How far one table is; it moves in the transaction of the rows. */
export interface PollMark {
  /** The last row that was read; null: none yet. */
  readonly last: KeyLiterals | null;
  /** The oldest first. Behind one that is old enough no row can come any more. */
  readonly points: readonly PollPoint[];
}

export const BEGINNING: PollMark = { last: null, points: [] };

/** So many points within the time that is looked back. */
const POINTS = 6;

/** Rows behind this key may still come; all before it are there. */
export function sinceOf({ last, points }: PollMark, oldestMs: number): KeyLiterals | null {
  const settled = points.findLast(({ at }) => at <= oldestMs) ?? points[0];
  return settled === undefined ? last : settled.key;
}

/** The points with the moment of now among them, without those that are of no use any more. */
export function addPoint(
  points: readonly PollPoint[],
  point: PollPoint,
  lookBackMs: number,
): readonly PollPoint[] {
  const newest = points.at(-1);
  const isNear = newest !== undefined && point.at - newest.at < lookBackMs / POINTS;
  const all = isNear ? points : [...points, point];
  const settled = all.findLastIndex(({ at }) => at <= point.at - lookBackMs);
  return settled > 0 ? all.slice(settled) : all;
}

export function pollMark(key: string, mark: PollMark): CopyMark {
  return { key, text: JSON.stringify(mark) };
}

export function parsePollMark(text: string): PollMark {
  return JSON.parse(text) as PollMark;
}
