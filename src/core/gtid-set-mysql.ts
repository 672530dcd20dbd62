import { TailraceError } from './errors.ts';
import type { Gtid, GtidSet } from './gtid-set.ts';

/** Intervals of one `uuid[:tag]`, flat: first, last, first, last, … Ascending, inclusive, never touching. */
export type Intervals = readonly number[];
export type IntervalsBySource = ReadonlyMap<string, Intervals>;

/** The run of numbers that grows while transactions of one server follow each other. */
interface OpenInterval {
  readonly source: string;
  readonly first: number;
  readonly last: number;
}

const NOTHING: IntervalsBySource = new Map();

/**
 * A MySQL GTID set. A position is made for every transaction, and nearly always its GTID follows the
 * one before, so the set is kept as `#closed` (a normalised map, shared by all sets of a run) plus one
 * open interval: `with` then makes one set and one interval and touches nothing else. The open
 * interval may touch or overlap what is closed; `#normalised` folds it in when somebody needs the whole.
 */
export class MysqlGtidSet implements GtidSet {
  readonly flavor = 'mysql';
  readonly #closed: IntervalsBySource;
  readonly #open: OpenInterval | undefined;
  #folded: IntervalsBySource | undefined;

  constructor(closed: IntervalsBySource = NOTHING, open?: OpenInterval) {
    this.#closed = closed;
    this.#open = open;
  }

  get isEmpty(): boolean {
    return this.#open === undefined && this.#closed.size === 0;
  }

  with(gtid: Gtid): GtidSet {
    if (gtid.flavor !== 'mysql') throw mixedFlavors();
    const open = this.#open;
    const { source, number } = gtid;
    if (open?.source === source) {
      if (number === open.last + 1) {
        return new MysqlGtidSet(this.#closed, { source, first: open.first, last: number });
      }
      if (number >= open.first && number <= open.last) return this;
    }
    return this.#openAt(source, number);
  }

  /** A GTID that doesn't follow: what was open is closed, and the interval that it continues is opened. */
  #openAt(source: string, number: number): MysqlGtidSet {
    const closed = this.#normalised();
    const intervals = closed.get(source) ?? [];
    for (let i = 0; i < intervals.length; i += 2) {
      const first = intervals[i] ?? 0;
      const last = intervals[i + 1] ?? 0;
      if (number >= first && number <= last) return this;
      if (number === last + 1) return new MysqlGtidSet(closed, { source, first, last: number });
    }
    return new MysqlGtidSet(closed, { source, first: number, last: number });
  }

  union(other: GtidSet): GtidSet {
    const theirs = asMysql(other).#normalised();
    const merged = new Map(this.#normalised());
    for (const [source, intervals] of theirs) {
      merged.set(source, normaliseIntervals([...(merged.get(source) ?? []), ...intervals]));
    }
    return new MysqlGtidSet(merged);
  }

  contains(gtid: Gtid): boolean {
    if (gtid.flavor !== 'mysql') return false;
    const open = this.#open;
    if (open?.source === gtid.source && gtid.number >= open.first && gtid.number <= open.last) {
      return true;
    }
    return covers(this.#closed.get(gtid.source), gtid.number, gtid.number);
  }

  includes(other: GtidSet): boolean {
    const ours = this.#normalised();
    for (const [source, intervals] of asMysql(other).#normalised()) {
      for (let i = 0; i < intervals.length; i += 2) {
        if (!covers(ours.get(source), intervals[i] ?? 0, intervals[i + 1] ?? 0)) return false;
      }
    }
    return true;
  }

  countBeyond(other: GtidSet): number {
    const theirs = asMysql(other).#normalised();
    let count = 0;
    for (const [source, intervals] of this.#normalised()) {
      count += countUncovered(intervals, theirs.get(source) ?? []);
    }
    return count;
  }

  /** `uuid:1-3:7:tag:1-2,uuid2:1`: the tags of a uuid follow its untagged intervals. */
  toString(): string {
    let text = '';
    let uuidBefore = '';
    const folded = this.#normalised();
    for (const source of [...folded.keys()].sort()) {
      const colon = source.indexOf(':');
      const uuid = colon === -1 ? source : source.slice(0, colon);
      if (uuid === uuidBefore) text += source.slice(uuid.length);
      else text += text === '' ? source : `,${source}`;
      text += formatIntervals(folded.get(source) ?? []);
      uuidBefore = uuid;
    }
    return text;
  }

  toJSON(): string {
    return this.toString();
  }

  #normalised(): IntervalsBySource {
    const open = this.#open;
    if (open === undefined) return this.#closed;
    if (this.#folded === undefined) {
      const folded = new Map(this.#closed);
      const others = folded.get(open.source) ?? [];
      folded.set(open.source, normaliseIntervals([...others, open.first, open.last]));
      this.#folded = folded;
    }
    return this.#folded;
  }
}

/** Any pairs of first and last number, sorted and merged where they touch. */
export function normaliseIntervals(pairs: readonly number[]): Intervals {
  const sorted: (readonly [number, number])[] = [];
  for (let i = 0; i < pairs.length; i += 2) sorted.push([pairs[i] ?? 0, pairs[i + 1] ?? 0]);
  sorted.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [first, last] of sorted) {
    const lastBefore = merged.at(-1);
    if (lastBefore !== undefined && first <= lastBefore + 1) {
      merged[merged.length - 1] = Math.max(lastBefore, last);
    } else {
      merged.push(first, last);
    }
  }
  return merged;
}

function covers(intervals: Intervals | undefined, first: number, last: number): boolean {
  if (intervals === undefined) return false;
  for (let i = 0; i < intervals.length; i += 2) {
    if ((intervals[i] ?? 0) <= first && last <= (intervals[i + 1] ?? 0)) return true;
  }
  return false;
}

/** Numbers in the first that are not in the second. */
function countUncovered(ours: Intervals, theirs: Intervals): number {
  let count = 0;
  for (let i = 0; i < ours.length; i += 2) {
    const first = ours[i] ?? 0;
    const last = ours[i + 1] ?? 0;
    count += last - first + 1;
    for (let j = 0; j < theirs.length; j += 2) {
      const from = Math.max(first, theirs[j] ?? 0);
      const to = Math.min(last, theirs[j + 1] ?? 0);
      if (to >= from) count -= to - from + 1;
    }
  }
  return count;
}

function formatIntervals(intervals: Intervals): string {
  let text = '';
  for (let i = 0; i < intervals.length; i += 2) {
    const first = intervals[i] ?? 0;
    const last = intervals[i + 1] ?? 0;
    text += first === last ? `:${first}` : `:${first}-${last}`;
  }
  return text;
}

function asMysql(set: GtidSet): MysqlGtidSet {
  if (set instanceof MysqlGtidSet) return set;
  throw mixedFlavors();
}

function mixedFlavors(): TailraceError {
  return new TailraceError('INTERNAL_FAULT', 'a MySQL GTID set met a MariaDB GTID');
}
