import { systemClock } from '../lib/clock.ts';
import { sleep } from '../lib/sleep.ts';
import { BucketScan } from './bucket-scan.ts';
import { findRecent } from './recent-rows.ts';
import type { ChangeLog } from './change-log.ts';
import { describeDifference, type DifferingRows } from './describe-difference.ts';
import { Findings } from './findings.ts';
import type { TableReport } from './inspection-report.ts';
import { RangeScan } from './range-scan.ts';
import { Settler, type Verdict } from './settler.ts';
import type { TablePair } from './table-pair.ts';
import type { ScanContext, ScanStep, TableScan } from './table-scan.ts';
import { TableSql, type KeyBoundary } from './table-sql.ts';
import type { ViewPair } from './view-pair.ts';
import type { ServerEnd } from '../server/connect-options.ts';

/** A suspect that differs, to be made equal on the target. */
export interface MendItem {
  readonly id: string;
  readonly rows: readonly DifferingRows[];
}

/** Makes rows of the target equal to what was read of the source, where that is still true. */
export interface Mender {
  mend(pair: TablePair, items: readonly MendItem[], views: ViewPair): Promise<void>;
}

/** How far the inspection of a table is: enough to go on after a crash. */
export interface TableProgress {
  readonly after: KeyBoundary | undefined;
  readonly rows: number;
  readonly isScanned: boolean;
  /** Suspects that are not settled, and those that differ: looked at again. */
  readonly suspects: readonly string[];
}

export interface TableInspectionOptions {
  readonly pair: TablePair;
  readonly views: ViewPair;
  readonly log: ChangeLog | undefined;
  readonly where: Readonly<Record<ServerEnd, string | undefined>>;
  readonly isSampled: () => boolean;
  readonly settleMs: number;
  readonly isRunning: () => Promise<boolean>;
  /** undefined: differences are found and left. */
  readonly mender: Mender | undefined;
  /** Called with rows that differ for certain. */
  readonly onDifferent?: ((pair: TablePair, item: MendItem) => Promise<void>) | undefined;
  readonly resume: TableProgress | undefined;
  /** Only so many of the highest keys, unless the number of rows differs; undefined: all rows. */
  readonly recentRows: number | undefined;
  readonly save: (progress: TableProgress) => void;
  /** Rows that were compared by now; rows that are looked at again. */
  readonly onRows: (rows: number, suspects: number) => void;
  readonly signal: AbortSignal;
}

/** Views grow old: what they hold back on the servers is let go after this. */
const VIEW_MS = 2_000;
/** With more suspects than this the scan waits for them. */
const MOST_SUSPECTS = 5_000;
const MEND_ATTEMPTS = 3;

/** One table from its first row to its last, its suspects settled, mended where that is wanted. */
export class TableInspection {
  readonly #options: TableInspectionOptions;
  readonly #sql: TableSql;
  readonly #settler: Settler;
  readonly #findings: Findings;
  readonly #mendings = new Map<string, number>();
  readonly #startedMs = systemClock.monotonicMs();
  #after: KeyBoundary | undefined;
  #rows = 0;
  #isScanned = false;

  constructor(options: TableInspectionOptions) {
    this.#options = options;
    this.#sql = new TableSql(options.pair, options.where);
    this.#settler = new Settler({ ...options, sql: this.#sql });
    this.#findings = new Findings(options.pair);
    const { resume } = options;
    if (resume === undefined) return;
    this.#after = resume.after;
    this.#rows = resume.rows;
    this.#isScanned = resume.isScanned;
    this.#settler.add(resume.suspects);
  }

  async run(): Promise<TableReport> {
    if (this.#options.recentRows !== undefined) await this.#startRecent(this.#options.recentRows);
    const scan = this.#createScan();
    while (!this.#isScanned) {
      await this.#freshViews();
      this.#take(await scan.next());
      while (this.#settler.dueInMs === 0 || this.#settler.size > MOST_SUSPECTS) {
        await this.#settle();
      }
    }
    while (this.#settler.size > 0) await this.#settle();
    this.#save();
    return this.#findings.report(this.#rows, (systemClock.monotonicMs() - this.#startedMs) / 1000);
  }

  async #startRecent(rows: number): Promise<void> {
    await this.#freshViews();
    const start = await findRecent(this.#scanContext(), rows);
    if (start === 'none') this.#isScanned = true;
    else this.#after = start;
  }

  #scanContext(): ScanContext {
    const { pair, views, log, isSampled } = this.#options;
    return { pair, views, log, isSampled, sql: this.#sql };
  }

  #createScan(): TableScan {
    return this.#options.pair.key?.isSortedAlike === true
      ? new RangeScan(this.#scanContext(), this.#after)
      : new BucketScan(this.#scanContext());
  }

  async #freshViews(): Promise<void> {
    const { views } = this.#options;
    if (views.ageMs > VIEW_MS) await views.renew();
  }

  #take(step: ScanStep): void {
    this.#rows += step.rows;
    this.#after = step.after;
    this.#isScanned = step.isLast;
    this.#settler.add(step.suspects);
    this.#save();
  }

  /** Each look is in new views: in the old ones nothing would have changed. */
  async #settle(): Promise<void> {
    const { views, signal } = this.#options;
    const waitMs = this.#settler.dueInMs;
    if (waitMs > 0) await sleep(waitMs, signal);
    await views.renew();
    const verdicts = await this.#settler.look();
    const different: Extract<Verdict, { kind: 'different' }>[] = [];
    for (const verdict of verdicts) {
      const { id } = verdict;
      if (verdict.kind === 'equal') this.#findings.equal(id, this.#mendings.has(id));
      else if (verdict.kind === 'unsettled') this.#findings.unsettled();
      else different.push(verdict);
    }
    await this.#different(different);
    this.#options.onRows(this.#rows, this.#settler.size);
  }

  async #different(verdicts: readonly Extract<Verdict, { kind: 'different' }>[]): Promise<void> {
    const { pair, mender, views, onDifferent } = this.#options;
    const items: MendItem[] = [];
    for (const { id, rows, isBehind } of verdicts) {
      const differences = rows.map((row) => describeDifference(pair, row, isBehind));
      this.#findings.different(id, differences);
      if (isBehind) continue;
      await onDifferent?.(pair, { id, rows });
      const attempts = this.#mendings.get(id) ?? 0;
      if (mender === undefined || attempts >= MEND_ATTEMPTS) continue;
      this.#mendings.set(id, attempts + 1);
      items.push({ id, rows });
    }
    if (mender === undefined || items.length === 0) return;
    await mender.mend(pair, items, views);
    this.#settler.add(
      items.map(({ id }) => id),
      true,
    );
  }

  #save(): void {
    this.#options.onRows(this.#rows, this.#settler.size);
    this.#options.save({
      after: this.#after,
      rows: this.#rows,
      isScanned: this.#isScanned,
      suspects: [...new Set([...this.#settler.ids, ...this.#findings.ids])],
    });
  }
}
