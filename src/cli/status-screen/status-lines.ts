import { formatTime } from '../../status/format-text.ts';
import { worstFirst } from '../../status/task-problems.ts';
import type { ShownTask, TaskHistory } from '../../status/task-status.ts';
import type { StatusReading } from '../../task/read-status.ts';
import { formatTable } from '../print-table.ts';
import { drawHour } from './hour-spark.ts';
import { clip, paint, type Look } from './look.ts';
import { problemLines, taskDetails } from './task-details.ts';

/** With more tasks than this only those that need somebody are shown in full. */
const FEW = 3;
const SPARK_WIDTH = 12;

/** The page as text: the verdict, all tasks in a table, then each with its details, those in trouble first. */
export function statusLines(reading: StatusReading, look: Look): readonly string[] {
  const { tasks } = reading;
  const past = new Map(reading.history.map((one) => [one.name, one]));
  const sorted = worstFirst(tasks);
  const lines = [verdict(reading, look), '', ...overview(sorted, past)];
  for (const task of sorted) {
    if (tasks.length <= FEW) lines.push('', ...taskDetails(task, past.get(task.name), look));
    else if (task.problems.length > 0) {
      const problems = task.problems.flatMap((problem) => problemLines(problem, look));
      lines.push('', paint(task.name, 'bold', look), ...problems);
    }
  }
  if (tasks.length > FEW) lines.push('', paint('--task NAME shows one in full', 'dim', look));
  return lines.map((line) => clip(line.trimEnd(), look.width));
}

function verdict({ tasks, process }: StatusReading, look: Look): string {
  const bad = tasks.filter(({ problems }) => problems.some(({ level }) => level === 'bad'));
  const count = `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`;
  const names = bad.map(({ name }) => name).join(', ');
  const about =
    process === undefined
      ? 'no process answers: as the state files have it'
      : `tailrace ${process.version}, pid ${process.pid}, since ${formatTime(process.startedAt)}`;
  const isCalm = bad.length === 0 && process !== undefined;
  const good = isCalm ? `All is well: ${count}` : count;
  const head =
    bad.length === 0 ? paint(good, 'good', look) : paint(`Needs you: ${names}`, 'bad', look);
  return `${head}  ${paint(about, 'dim', look)}`;
}

function overview(
  tasks: readonly ShownTask[],
  past: ReadonlyMap<string, TaskHistory>,
): readonly string[] {
  const hasPast = past.size > 0;
  const header = ['TASK', 'STATE', 'LAG', 'TX/S', 'ROWS/S', 'BINLOG', 'POSITION'];
  const rows = tasks.map((task) => {
    const spark = drawHour(past.get(task.name), 'lag', { width: SPARK_WIDTH });
    const cells = [
      task.name,
      task.state,
      task.lag.seconds === null ? '-' : `${task.lag.seconds.toFixed(1)} s`,
      `${task.rates.transactionsPerSecond}`,
      `${task.rates.rowsPerSecond}`,
      task.coordinates ?? '-',
      task.position ?? '-',
    ];
    return hasPast ? withSpark(cells, spark?.text ?? '') : cells;
  });
  const wholeHeader = hasPast ? withSpark(header, 'LAST HOUR') : header;
  return formatTable(wholeHeader, rows).trimEnd().split('\n');
}

/** Behind the lag. */
function withSpark(cells: readonly string[], spark: string): readonly string[] {
  return [...cells.slice(0, 3), spark, ...cells.slice(3)];
}
