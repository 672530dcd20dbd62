/** A small generator with a seed (mulberry32): the same seed makes the same workload on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ value < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** 1 … n. */
  upTo(n: number): number {
    return 1 + Math.floor(this.next() * n);
  }

  /** Digits in groups of eleven, as sysbench fills its text columns. */
  text(length: number): string {
    let all = '';
    while (all.length < length)
      all += `${Math.floor(this.next() * 1e11)
        .toString()
        .padStart(11, '0')}-`;
    return all.slice(0, length);
  }

  hex(bytes: number): string {
    let all = '';
    while (all.length < bytes * 2) {
      all += Math.floor(this.next() * 4294967296)
        .toString(16)
        .padStart(8, '0');
    }
    return all.slice(0, bytes * 2);
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}
