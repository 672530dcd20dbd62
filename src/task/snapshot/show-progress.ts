import type { SnapshotStatus } from '../../status/task-status.ts';
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

export function describeCopy(progress: CopyProgress): CopyView {
  const { phase, waitsFor, totals } = progress;
  const { rowsPerSecond, bytesPerSecond, secondsLeft } = progress.pace;
  const megabytesPerSecond = (bytesPerSecond / 1e6).toFixed(1);
  const figures = `${count(totals.rows)} rows  ${count(rowsPerSecond)} rows/s  ${megabytesPerSecond} MB/s`;
  const eta = secondsLeft === undefined ? '' : `  ${duration(secondsLeft)} left`;
  const doing = waitsFor === undefined ? phase : `waiting: ${waitsFor}`;
  const all = `${bar(totals.share)} ${totals.tablesDone}/${totals.tables} tables  ${figures}${eta}  (${doing})`;
  return {
    lines: [...underWay(progress).slice(0, SHOWN_TABLES).map(tableLine), all],
    summary: `Copy: ${totals.tablesDone} of ${totals.tables} tables, ${figures}${eta}${waitsFor === undefined ? '' : `; waiting: ${waitsFor}`}`,
    fields: {
      phase,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      tables: totals.tables,
      tablesDone: totals.tablesDone,
      rows: totals.rows,
      rowsPerSecond,
      megabytesPerSecond: Number(megabytesPerSecond),
      percent: Math.floor(totals.share * 100),
      ...(secondsLeft === undefined ? {} : { secondsLeft: Math.round(secondsLeft) }),
    },
  };
}

/** For `status`, the metrics and the page. */
export function copyStatus(progress: CopyProgress, state: SnapshotStatus['state']): SnapshotStatus {
  const { totals, phase, waitsFor } = progress;
  const { rowsPerSecond, bytesPerSecond, secondsLeft } = progress.pace;
  const isRunning = state === 'running';
  return {
    state,
    phase,
    waitsFor: isRunning ? (waitsFor ?? null) : null,
    rows: totals.rows,
    rowsTotal: totals.estimatedRows,
    bytes: totals.bytes,
    tables: totals.tables,
    tablesDone: totals.tablesDone,
    share: Number(totals.share.toFixed(4)),
    rowsPerSecond,
    bytesPerSecond,
    secondsLeft: isRunning && secondsLeft !== undefined ? Math.round(secondsLeft) : null,
    copying: underWay(progress).map(({ table, rows, estimatedRows, state: doing }) => ({
      table,
      rows,
      rowsTotal: estimatedRows,
      isMakingKeys: doing === 'keys',
    })),
  };
}

function underWay(progress: CopyProgress): readonly TableProgress[] {
  return progress.tables.filter(({ state }) => state === 'copying' || state === 'keys');
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
