import type { ChangeLog } from './change-log.ts';
import type { TablePair } from './table-pair.ts';
import type { KeyBoundary, TableSql } from './table-sql.ts';
import type { ViewPair } from './view-pair.ts';

export interface ScanContext {
  readonly pair: TablePair;
  readonly sql: TableSql;
  readonly views: ViewPair;
  readonly log: ChangeLog | undefined;
  /** Asked for each range: is it among those that are looked at? */
  readonly isSampled: () => boolean;
}

/** What one step over a table found: rows that may differ, to be looked at by themselves. */
export interface ScanStep {
  readonly rows: number;
  /** Keys; of a table without a key: checksums of rows. */
  readonly suspects: readonly string[];
  /** Where to go on after an interruption. */
  readonly after: KeyBoundary | undefined;
  readonly isLast: boolean;
}

export interface TableScan {
  /** In the views that are open; never called again after the last. */
  next(): Promise<ScanStep>;
}
