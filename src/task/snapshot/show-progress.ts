import { shareOf, type CopyProgress, type TableProgress } from '../../snapshot/progress.ts';

export type { CopyProgress } from '../../snapshot/progress.ts';
export type { SnapshotResult } from './snapshot-task.ts';

export interface CopyView {
  /** One for each table under way, the last for all. */
  readonly lines: readonly string[];
  readonly summary: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

const BAR_CELLS = 24;
const SHOWN_TABLES = 8;

export function describeCopy(progress: CopyProgress, elapsedMs: number): CopyView {
  const totals = progress.totals;
  const seconds = Math.max(elapsedMs / 1000, 0.001);
  const rowsPerSecond = Math.round(totals.rows / seconds);
  const megabytesPerSecond = totals.bytes / seconds / 1e6;
  const left = totals.share > 0.005 ? (seconds * (1 - totals.share)) / totals.share : undefined;
  const tables = progress.tables
    .filter(({ state }) => state === 'copying' || state === 'keys')
    .slice(0, SHOWN_TABLES)
    .map(tableLine);
  const figures = `${count(totals.rows)} rows  ${count(rowsPerSecond)} rows/s  ${megabytesPerSecond.toFixed(1)} MB/s`;
  const eta = left === undefined ? '' : `  ${duration(left)} left`;
  const { waitsFor } = progress;
  const phase = waitsFor === undefined ? progress.phase : `waiting: ${waitsFor}`;
  const all = `${bar(totals.share)} ${totals.tablesDone}/${totals.tables} tables  ${figures}${eta}  (${phase})`;
  return {
    lines: [...tables, all],
    summary: `Copy: ${totals.tablesDone} of ${totals.tables} tables, ${figures}${eta}${waitsFor === undefined ? '' : `; waiting: ${waitsFor}`}`,
    fields: {
      phase: progress.phase,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      tables: totals.tables,
      tablesDone: totals.tablesDone,
      rows: totals.rows,
      rowsPerSecond,
      megabytesPerSecond: Number(megabytesPerSecond.toFixed(1)),
      percent: Math.floor(totals.share * 100),
      ...(left === undefined ? {} : { secondsLeft: Math.round(left) }),
    },
  };
}

function tableLine(table: TableProgress): string {
  const what = table.state === 'keys' ? 'making keys' : `${count(table.rows)} rows`;
  return `${bar(shareOf(table))} ${table.table}  ${what}`;
}

function bar(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}]${percent}`;
}

const count = (value: number): string => value.toLocaleString('en-US');

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
