import { systemClock } from '../lib/clock.ts';
import type { ServerEnd } from '../server/connect-options.ts';
import type { FetchedRow } from './canonical-value.ts';
import { keyColumns, literalOf, type RowId } from './row-key.ts';
import type { PairColumn } from './table-pair.ts';
import type { KeyBoundary, KeyRange } from './table-sql.ts';
import type { ScanContext, ScanStep, TableScan } from './table-scan.ts';

const FIRST_ROWS = 20_000;
const LEAST_ROWS = 500;
/** Where a checksum differs, so many rows' own are in memory. */
const MOST_ROWS = 250_000;
const WANTED_MS = 600;
/** More keys than this are not left out of a checksum: then each row's own is read. */
const MOST_LEFT_OUT = 1_000;

/**
 * A table in ranges of its key: one checksum a range on either end, keys in flux left out. Where the
 * checksums differ, the checksums of the single rows tell which. The number of rows follows the time
 * that a range takes.
 */
export class RangeScan implements TableScan {
  readonly #context: ScanContext;
  readonly #keyColumns: readonly PairColumn[];
  #after: KeyBoundary | undefined;
  #rows = FIRST_ROWS;
  #ahead: Promise<KeyBoundary | undefined> | undefined;

  constructor(context: ScanContext, after: KeyBoundary | undefined) {
    this.#context = context;
    this.#keyColumns = keyColumns(context.pair);
    this.#after = after;
  }

  async next(): Promise<ScanStep> {
    const sinceMs = systemClock.monotonicMs();
    const upTo = await (this.#ahead ?? this.#findBoundary(this.#after));
    this.#ahead = undefined;
    const range = { after: this.#after, upTo };
    const isLookedAt = this.#context.isSampled();
    const step = isLookedAt ? await this.#compare(range) : { rows: 0, suspects: [] };
    if (step.rows > 0) this.#adapt(systemClock.monotonicMs() - sinceMs);
    this.#after = upTo;
    return { ...step, after: upTo, isLast: upTo === undefined };
  }

  async #findBoundary(after: KeyBoundary | undefined): Promise<KeyBoundary | undefined> {
    const { views, sql } = this.#context;
    const [last] = await views.read('source', sql.boundary(after, this.#rows));
    return last === undefined ? undefined : this.#literals(last);
  }

  /** The source looks for the next range's end while the target may still be at this one's checksum. */
  #lookAhead({ upTo }: KeyRange): void {
    if (upTo === undefined) return;
    this.#ahead = this.#findBoundary(upTo);
    // Thrown where it is waited for.
    this.#ahead.catch(() => undefined);
  }

  async #compare(range: KeyRange): Promise<Pick<ScanStep, 'rows' | 'suspects'>> {
    const { views, sql, pair, log } = this.#context;
    const { seen } = views;
    const flux = seen === undefined || log === undefined ? [] : log.flux(pair, seen);
    if (pair.isShared || flux === 'all' || flux.length > MOST_LEFT_OUT)
      return this.#compareRows(range);
    const reading = this.#both((end) => sql.checksum(end, range, flux));
    this.#lookAhead(range);
    const sums = await reading;
    const [source, target] = sums.map(([row]) => row?.map((value) => value?.latin1Slice()));
    const rows = Number(source?.[0] ?? 0);
    if (source?.join() === target?.join()) return { rows: rows + flux.length, suspects: flux };
    const found = await this.#compareRows(range);
    return { rows: found.rows, suspects: [...new Set([...flux, ...found.suspects])] };
  }

  async #compareRows(range: KeyRange): Promise<Pick<ScanStep, 'rows' | 'suspects'>> {
    const { sql, pair } = this.#context;
    const [source, target] = await this.#both((end) => sql.rowDigests(end, range));
    const digests = this.#digestsOf(source);
    const suspects = new Set<RowId>();
    const seen = new Set<RowId>();
    for (const row of target) {
      const id = this.#idOf(row);
      const expected = digests.get(id);
      const isOthers = expected === undefined && pair.isShared;
      // Twice: the target has no key that forbids it.
      if ((expected !== digestOf(row) && !isOthers) || seen.has(id)) suspects.add(id);
      seen.add(id);
    }
    for (const id of digests.keys()) if (!seen.has(id)) suspects.add(id);
    return { rows: source.length, suspects: [...suspects] };
  }

  #digestsOf(rows: readonly FetchedRow[]): ReadonlyMap<RowId, string> {
    return new Map(rows.map((row) => [this.#idOf(row), digestOf(row)]));
  }

  async #both(
    statement: (end: ServerEnd) => string,
  ): Promise<readonly [readonly FetchedRow[], readonly FetchedRow[]]> {
    const { views } = this.#context;
    return Promise.all([
      views.read('source', statement('source')),
      views.read('target', statement('target')),
    ]);
  }

  #idOf(row: FetchedRow): RowId {
    return this.#literals(row.slice(1)).join(',');
  }

  #literals(row: FetchedRow): readonly string[] {
    return this.#keyColumns.map((column, index) => literalOf(column, row[index] ?? null));
  }

  #adapt(tookMs: number): void {
    const factor = Math.min(4, Math.max(0.25, WANTED_MS / Math.max(1, tookMs)));
    const wanted = Math.round(this.#rows * (1 + (factor - 1) / 2));
    this.#rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, wanted));
  }
}

function digestOf(row: FetchedRow): string {
  return row[0]?.latin1Slice() ?? '';
}
