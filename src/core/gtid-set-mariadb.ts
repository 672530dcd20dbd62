import { TailraceError } from './errors.ts';
import type { Gtid, GtidSet } from './gtid-set.ts';

export type MariadbGtid = Extract<Gtid, { flavor: 'mariadb' }>;
export type GtidByDomain = ReadonlyMap<number, MariadbGtid>;

const NOTHING: GtidByDomain = new Map();

/**
 * A MariaDB position: the last GTID of each domain. As with MySQL's sets, the domain that moves is
 * kept apart from the shared rest, so that the next GTID of the same domain makes one object only.
 *
 * `with` replaces: in a domain the binlog's order counts, not the sequence number (without strict mode
 * a sequence number may be lower than the one before it).
 */
export class MariadbGtidSet implements GtidSet {
  readonly flavor = 'mariadb';
  readonly #others: GtidByDomain;
  /** Stands over an entry of the same domain in `#others`. */
  readonly #latest: MariadbGtid | undefined;
  #folded: GtidByDomain | undefined;

  constructor(others: GtidByDomain = NOTHING, latest?: MariadbGtid) {
    this.#others = others;
    this.#latest = latest;
  }

  get isEmpty(): boolean {
    return this.#latest === undefined && this.#others.size === 0;
  }

  with(gtid: Gtid): GtidSet {
    if (gtid.flavor !== 'mariadb') throw mixedFlavors();
    const isSameDomain = this.#latest === undefined || this.#latest.domain === gtid.domain;
    return new MariadbGtidSet(isSameDomain ? this.#others : this.#whole(), gtid);
  }

  union(other: GtidSet): GtidSet {
    const merged = new Map(this.#whole());
    for (const gtid of asMariadb(other).#whole().values()) {
      const ours = merged.get(gtid.domain);
      if (ours === undefined || gtid.sequence > ours.sequence) merged.set(gtid.domain, gtid);
    }
    return new MariadbGtidSet(merged);
  }

  contains(gtid: Gtid): boolean {
    if (gtid.flavor !== 'mariadb') return false;
    const ours = this.#of(gtid.domain);
    return ours !== undefined && gtid.sequence <= ours.sequence;
  }

  includes(other: GtidSet): boolean {
    for (const gtid of asMariadb(other).#whole().values()) {
      if (!this.contains(gtid)) return false;
    }
    return true;
  }

  countBeyond(other: GtidSet): number {
    const theirs = asMariadb(other);
    let count = 0;
    for (const { domain, sequence } of this.#whole().values()) {
      count += Math.max(0, sequence - (theirs.#of(domain)?.sequence ?? 0));
    }
    return count;
  }

  toString(): string {
    return [...this.#whole().values()]
      .sort((a, b) => a.domain - b.domain)
      .map((gtid) => `${gtid.domain}-${gtid.server}-${gtid.sequence}`)
      .join(',');
  }

  toJSON(): string {
    return this.toString();
  }

  #of(domain: number): MariadbGtid | undefined {
    return this.#latest?.domain === domain ? this.#latest : this.#others.get(domain);
  }

  #whole(): GtidByDomain {
    const latest = this.#latest;
    if (latest === undefined) return this.#others;
    this.#folded ??= new Map(this.#others).set(latest.domain, latest);
    return this.#folded;
  }
}

function asMariadb(set: GtidSet): MariadbGtidSet {
  if (set instanceof MariadbGtidSet) return set;
  throw mixedFlavors();
}

function mixedFlavors(): TailraceError {
  return new TailraceError('INTERNAL_FAULT', 'a MariaDB GTID set met a MySQL GTID');
}
