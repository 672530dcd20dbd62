import { formatPosition } from '../core/position.ts';
import { systemClock } from '../lib/clock.ts';
import { canonicalRow, type FetchedRow, type ValueKind } from './canonical-value.ts';
import type { ChangeLog, SeenPositions } from './change-log.ts';
import type { DifferingRows } from './describe-difference.ts';
import { fetchSuspects, type SuspectRows } from './fetch-suspects.ts';
import { idOfRow } from './row-key.ts';
import type { TablePair } from './table-pair.ts';
import type { TableSql } from './table-sql.ts';
import type { ViewPair } from './view-pair.ts';

export interface SettlerOptions {
  readonly pair: TablePair;
  readonly sql: TableSql;
  readonly views: ViewPair;
  readonly log: ChangeLog | undefined;
  /** How long changes may be under way to a target whose place is not known. */
  readonly settleMs: number;
  /** Whether a process runs the task now. */
  readonly isRunning: () => Promise<boolean>;
}

/** What became of a suspect. */
export type Verdict =
  | { readonly kind: 'equal'; readonly id: string }
  | {
      readonly kind: 'different';
      readonly id: string;
      readonly rows: readonly DifferingRows[];
      /** The source changed it after where the target is, and nobody brings it there. */
      readonly isBehind: boolean;
    }
  /** It changed all the time. */
  | { readonly kind: 'unsettled'; readonly id: string };

interface Suspect {
  readonly id: string;
  tries: number;
  sinceMs: number;
  nextMs: number;
  /** What both ends held at the last look, and since when. */
  content: string;
  contentSinceMs: number;
  contentTries: number;
  /** What the source held at any look, and the target at the first. */
  readonly held: Set<string>;
  firstTarget: string | undefined;
}

const AT_ONCE = 500;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;
const REMEMBERED = 32;
const TRIES_WITHOUT_PLACE = 3;
/** A target that stands still for so long, though its task runs, is stuck. */
const STUCK_MS = 30_000;
const STANDING_MS = 500;
const UNSETTLED_MS = 60_000;
const UNSETTLED_TRIES = 40;

/**
 * Rows that may differ are read on both ends until it is certain. Equal rows are done. Rows that differ
 * and whose last change both views have are different. All others are looked at again in new views:
 * their change is on its way. A row that changes faster than that is taken for equal when the target
 * shows what the source showed before, and moves on.
 *
 * Where the target's place is not known, a row is different when it stays so long enough.
 */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #kinds: readonly ValueKind[];
  readonly #suspects = new Map<string, Suspect>();
  readonly #equal = new Set<string>();
  #mark = '';
  #markSinceMs = 0;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#kinds = options.pair.columns.map(({ form }) => form.kind);
  }

  get size(): number {
    return this.#suspects.size;
  }

  get ids(): readonly string[] {
    return [...this.#suspects.keys()];
  }

  /** When the next look is worth it; Infinity: there is nothing to look at. */
  get dueInMs(): number {
    const nowMs = systemClock.monotonicMs();
    let next = Infinity;
    for (const { nextMs } of this.#suspects.values()) next = Math.min(next, nextMs);
    return Math.max(0, next - nowMs);
  }

  /** Those that were found equal once need no second look in the same pass over the table. */
  add(ids: readonly string[], isAgain = false): void {
    const nowMs = systemClock.monotonicMs();
    for (const id of ids) {
      if (this.#suspects.has(id) || (!isAgain && this.#equal.has(id))) continue;
      this.#suspects.set(id, {
        id,
        tries: 0,
        sinceMs: nowMs,
        nextMs: nowMs,
        content: '',
        contentSinceMs: nowMs,
        contentTries: 0,
        held: new Set(),
        firstTarget: undefined,
      });
    }
  }

  /** Looks once at the suspects whose time has come, in the views that are open. */
  async look(): Promise<readonly Verdict[]> {
    const nowMs = systemClock.monotonicMs();
    const due: Suspect[] = [];
    for (const suspect of this.#suspects.values()) {
      if (suspect.nextMs <= nowMs) due.push(suspect);
      if (due.length === AT_ONCE) break;
    }
    if (due.length === 0) return [];
    const rows = await fetchSuspects(
      this.#options,
      due.map(({ id }) => id),
    );
    const isStanding = await this.#isStanding();
    const verdicts: Verdict[] = [];
    for (const suspect of due) {
      const found = rows.get(suspect.id) ?? { source: [], target: [] };
      const verdict = this.#judge(suspect, found, isStanding);
      if (verdict === undefined) continue;
      this.#suspects.delete(suspect.id);
      if (verdict.kind === 'equal') this.#equal.add(suspect.id);
      verdicts.push(verdict);
    }
    return verdicts;
  }

  #judge(suspect: Suspect, found: SuspectRows, isStanding: boolean): Verdict | undefined {
    const { id } = suspect;
    const source = found.source.map((row) => canonicalRow(this.#kinds, row)).sort();
    const target = found.target.map((row) => canonicalRow(this.#kinds, row)).sort();
    const content = { source: source.join('\n'), target: target.join('\n') };
    const isOthers = this.#options.pair.isShared && source.length === 0;
    if (isOthers || content.source === content.target) return { kind: 'equal', id };
    const nowMs = systemClock.monotonicMs();
    this.#note(suspect, content, nowMs);
    const isInFlux = this.#isInFlux(suspect, found);
    if (isInFlux ? isStanding : this.#isCertain(suspect, nowMs)) {
      const rows = unmatched(this.#kinds, found, this.#options.pair.key !== undefined);
      return { kind: 'different', id, rows, isBehind: isInFlux };
    }
    if (isInFlux && this.#follows(suspect, content.target)) return { kind: 'equal', id };
    if (suspect.tries >= UNSETTLED_TRIES && nowMs - suspect.sinceMs >= UNSETTLED_MS) {
      return { kind: 'unsettled', id };
    }
    return undefined;
  }

  #note(
    suspect: Suspect,
    content: { readonly source: string; readonly target: string },
    nowMs: number,
  ): void {
    const both = `${content.source}\0${content.target}`;
    if (suspect.content !== both) {
      suspect.content = both;
      suspect.contentSinceMs = nowMs;
      suspect.contentTries = 0;
    }
    suspect.tries += 1;
    suspect.contentTries += 1;
    suspect.firstTarget ??= content.target;
    if (suspect.held.size < REMEMBERED) suspect.held.add(content.source);
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 1.5 ** (suspect.tries - 1));
    suspect.nextMs = nowMs + waitMs;
  }

  /** The target shows what the source held a while ago, and it shows something new now and then. */
  #follows(suspect: Suspect, target: string): boolean {
    return target !== suspect.firstTarget && suspect.held.has(target);
  }

  #isInFlux({ id }: Suspect, { source, target }: SuspectRows): boolean {
    const { log, views, pair } = this.#options;
    const { seen } = views;
    if (log === undefined || seen === undefined) return false;
    const rows = [...source, ...target].map((row) => ({ source: row, target: undefined }));
    return isRowInFlux(log, pair, { id, rows }, seen);
  }

  #isCertain(suspect: Suspect, nowMs: number): boolean {
    const { views, log, settleMs } = this.#options;
    if (log !== undefined && views.mark !== undefined) return true;
    return (
      suspect.contentTries >= TRIES_WITHOUT_PLACE && nowMs - suspect.contentSinceMs >= settleMs
    );
  }

  /** The target has stopped: what it lacks does not come by itself. */
  async #isStanding(): Promise<boolean> {
    const { mark } = this.#options.views;
    if (mark === undefined) return false;
    const nowMs = systemClock.monotonicMs();
    const text = formatPosition(mark);
    if (text !== this.#mark) {
      this.#mark = text;
      this.#markSinceMs = nowMs;
      return false;
    }
    const standingMs = nowMs - this.#markSinceMs;
    if (standingMs >= STUCK_MS) return true;
    return standingMs >= STANDING_MS && !(await this.#options.isRunning());
  }
}

interface RowsOfSuspect {
  readonly id: string;
  readonly rows: readonly Pick<DifferingRows, 'source' | 'target'>[];
}

/** Whether the last change of a suspect's rows may be in one view only. */
export function isRowInFlux(
  log: ChangeLog,
  pair: TablePair,
  { id, rows }: RowsOfSuspect,
  seen: SeenPositions,
): boolean {
  if (pair.key !== undefined) return log.isInFlux(pair, id, seen);
  return rows
    .flatMap(({ source, target }) => [source, target])
    .some((row) => row !== undefined && log.isInFlux(pair, idOfRow(pair, row), seen));
}

/** The rows that one end has and the other has not, or not so often; paired where a key says so. */
function unmatched(
  kinds: readonly ValueKind[],
  { source, target }: SuspectRows,
  hasKey: boolean,
): readonly DifferingRows[] {
  const counts = new Map<string, { readonly row: FetchedRow; balance: number }>();
  const count = (rows: readonly FetchedRow[], step: number): void => {
    for (const row of rows) {
      const text = canonicalRow(kinds, row);
      const known = counts.get(text);
      if (known === undefined) counts.set(text, { row, balance: step });
      else known.balance += step;
    }
  };
  count(source, 1);
  count(target, -1);
  const missing = [...counts.values()].filter(({ balance }) => balance > 0);
  const extra = [...counts.values()].filter(({ balance }) => balance < 0);
  const [from, to] = [missing[0], extra[0]];
  if (hasKey && missing.length === 1 && extra.length === 1 && from && to) {
    return [{ source: from.row, target: to.row, copies: 1 }];
  }
  return [
    ...missing.map(({ row, balance }) => ({ source: row, target: undefined, copies: balance })),
    ...extra.map(({ row, balance }) => ({ source: undefined, target: row, copies: -balance })),
  ];
}
