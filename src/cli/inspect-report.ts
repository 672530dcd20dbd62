import {
  countRemaining,
  type FoundDifference,
  type InspectionResult,
  type TableReport,
} from '../task/inspect.ts';
import { formatTable } from './print-table.ts';

/** Differences of one table that are shown; --json has more. */
const SHOWN = 20;

const count = (value: number): string => value.toLocaleString('en-US');

/** What an operator reads: a table of tables, then each difference with its cause. */
export function formatInspection(result: InspectionResult): string {
  const { tables, resumedFromMs, withoutBinlog } = result;
  const notes: string[] = [];
  if (resumedFromMs !== undefined) {
    const since = new Date(resumedFromMs).toISOString();
    notes.push(`Went on with the inspection that began at ${since} (--restart begins anew).`);
  }
  if (withoutBinlog !== undefined) {
    notes.push(`Compared without the source's binlog (${withoutBinlog}).`);
  }
  const header = ['TABLE', 'TARGET', 'ROWS', 'MISSING', 'EXTRA', 'STALE', 'REPAIRED', ''];
  const details = tables.flatMap(formatDifferences);
  return [
    ...notes,
    formatTable(header, tables.map(formatRow)),
    ...(details.length === 0 ? [] : [...details, '']),
    `${summarize(result)}\n`,
  ].join('\n');
}

function formatRow(table: TableReport): readonly string[] {
  const { missing, extra, stale, repaired, problem } = table;
  if (problem !== null) return [table.table, table.target, '-', '-', '-', '-', '-', problem];
  return [
    table.table,
    table.target === table.table ? '=' : table.target,
    count(table.rows),
    ...[missing, extra, stale, repaired].map(count),
    table.unsettled > 0 ? `${count(table.unsettled)} rows changed all the time` : '',
  ];
}

function formatDifferences({ differences, table }: TableReport): readonly string[] {
  const lines = differences.slice(0, SHOWN).flatMap((one) => formatDifference(one, table));
  const more = differences.length - SHOWN;
  return more > 0 ? [...lines, `${table}: ${count(more)} more (see --json)`] : lines;
}

function formatDifference(difference: FoundDifference, table: string): readonly string[] {
  const { key, kind, cause, columns, copies, isRepaired } = difference;
  const reason = cause === kind ? kind : `${kind} (${cause.replace('_', ' ')})`;
  const times = copies > 1 ? ` × ${copies}` : '';
  const head = `${table}  ${key}  ${reason}${times}${isRepaired ? ', repaired' : ''}`;
  return [
    head,
    ...columns.map(
      ({ column, source, target, cause: why }) =>
        `    ${column}: source ${show(source)}, target ${show(target)}${why === cause ? '' : ` (${why.replace('_', ' ')})`}`,
    ),
  ];
}

function show(value: string | null): string {
  return value === null ? 'NULL' : JSON.stringify(value);
}

function counted(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

function summarize(result: InspectionResult): string {
  const { task, tables, isRunning, targetPosition, sourcePosition } = result;
  const sum = (pick: (table: TableReport) => number): number =>
    tables.reduce((total, table) => total + pick(table), 0);
  const rows = counted(
    sum((table) => table.rows),
    'row',
  );
  const repaired = sum((table) => table.repaired);
  const left = countRemaining(tables);
  const mended = repaired > 0 ? `, ${counted(repaired, 'difference')} repaired` : '';
  if (left === 0) return `${task}: ${rows} compared${mended}: source and target are equal.`;
  const behind = sum((table) => table.behind);
  const lines = [
    `${task}: ${rows} compared${mended}: ${counted(left, 'difference')} ${left === 1 ? 'remains' : 'remain'}.`,
  ];
  if (behind > 0) {
    const nobody = isRunning ? 'it does not move' : 'no process runs the task';
    lines.push(
      `${count(behind)} of them are changes that wait: the target is at ${targetPosition ?? '-'}, the source at ${sourcePosition ?? '-'}, and ${nobody}. Start tailrace run; --repair leaves them to it.`,
    );
  }
  if (left > behind && repaired === 0) lines.push('tailrace inspect --repair mends the target.');
  return lines.join('\n');
}
