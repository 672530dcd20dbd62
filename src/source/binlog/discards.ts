import { formatCoordinates, type BinlogCoordinates } from '../../core/position.ts';

/**
 * Rows that a transaction took back itself (ROLLBACK TO, or ROLLBACK after MyISAM rows) when part of it
 * had been handed on: the stream is read again from the checkpoint, and this time these rows are left
 * out. Kept over reconnects, keyed by where the transaction starts.
 */
export class Discards {
  readonly #ranges = new Map<string, { from: number; to: number }[]>();

  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  add(transaction: BinlogCoordinates, from: number, to: number): void {
    const key = formatCoordinates(transaction);
    const ranges = this.#ranges.get(key) ?? [];
    ranges.push({ from, to });
    this.#ranges.set(key, ranges);
  }

  covers(transaction: BinlogCoordinates, offset: number): boolean {
    if (this.#ranges.size === 0) return false;
    const ranges = this.#ranges.get(formatCoordinates(transaction));
    return ranges?.some((range) => offset >= range.from && offset < range.to) ?? false;
  }
}
