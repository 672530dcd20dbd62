import {
  formatAge,
  formatBytes,
  formatCount,
  formatSeconds,
  formatTime,
} from '../../status/format-text.ts';
import type { ShownTask, TaskHistory, TaskProblem } from '../../status/task-status.ts';
import { formatTable } from '../print-table.ts';
import { drawHour, type Figure } from './hour-spark.ts';
import { harmless, paint, type Look, type Tone } from './look.ts';

const SPARK_WIDTH = 30;
const NAME_WIDTH = 12;
const VALUE_WIDTH = 9;
const SHOWN_TABLES = 10;
const SHOWN_LETTERS = 5;

const STATE_TONES: Readonly<Partial<Record<ShownTask['state'], Tone>>> = {
  streaming: 'good',
  failed: 'bad',
  retrying: 'warn',
  paused: 'warn',
};

/** Everything about one task. */
export function taskDetails(
  task: ShownTask,
  history: TaskHistory | undefined,
  look: Look,
): readonly string[] {
  const state = paint(task.state, STATE_TONES[task.state] ?? 'dim', look);
  const since = paint(`since ${formatTime(task.since)}`, 'dim', look);
  return [
    `${paint(task.name, 'bold', look)}  ${state} ${since}`,
    ...task.problems.flatMap((problem) => problemLines(problem, look)),
    ...figureLines(task, history, look),
    ...placeLines(task),
    ...workLines(task),
    ...tableLines(task),
    ...letterLines(task),
  ];
}

const MARKS = { bad: '✗', warn: '!', note: '·' } as const;

/** What is wrong, where, what to do next. */
export function problemLines(problem: TaskProblem, look: Look): readonly string[] {
  const { level, what, where, next, at } = problem;
  const when = at === null ? '' : paint(` (${formatTime(at)})`, 'dim', look);
  return [
    `  ${paint(`${MARKS[level]} ${harmless(what)}`, level, look)}${when}`,
    ...(where === '' ? [] : [`      where: ${harmless(where)}`]),
    `      next:  ${harmless(next)}`,
  ];
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${text}`;
}

function figureLines(
  { lag, rates, retention }: ShownTask,
  history: TaskHistory | undefined,
  look: Look,
): readonly string[] {
  const spark = (figure: Figure, format: (value: number) => string): string => {
    const drawn = drawHour(history, figure, { width: SPARK_WIDTH });
    if (drawn === undefined) return '';
    const peak = paint(`1 h, at most ${format(drawn.highest)}`, 'dim', look);
    return `${paint(drawn.text, figure === 'lag' ? 'warn' : 'note', look)}  ${peak}  `;
  };
  const transactions =
    lag.transactions === null ? '' : `${formatCount(lag.transactions)} transactions, `;
  const behind = lag.bytes === null ? '' : `${transactions}${formatBytes(lag.bytes)} behind`;
  const oldest =
    lag.oldestSeconds === null ? '' : `, the oldest for ${formatSeconds(lag.oldestSeconds)}`;
  const waiting = lag.oldest === null ? '' : ` (${lag.oldest})`;
  const spare = retention?.spareSeconds ?? null;
  return [
    line(
      'lag',
      `${formatSeconds(lag.seconds).padEnd(VALUE_WIDTH)}${spark('lag', formatSeconds)}${behind}`,
    ),
    line(
      'rows/s',
      `${formatCount(rates.rowsPerSecond).padEnd(VALUE_WIDTH)}${spark('rows', formatCount)}${formatCount(rates.transactionsPerSecond)} transactions/s`,
    ),
    line('in flight', `${formatBytes(lag.bytesInFlight)}${oldest}${waiting}`),
    ...(spare === null
      ? []
      : [line('kept for', `${formatSeconds(spare)} by the source, if nothing more were done`)]),
  ];
}

function placeLines({ position, coordinates, source, checkpointAt }: ShownTask): readonly string[] {
  const { host, head } = source;
  const headText = head === null ? '' : `, its head ${head.coordinates} (${formatAge(head.at)})`;
  return [
    ...(position === null ? [] : [line('done up to', position)]),
    ...(coordinates === null ? [] : [line('binlog', coordinates)]),
    ...(host === null ? [] : [line('source', `${host}${headText}`)]),
    ...(checkpointAt === null ? [] : [line('checkpoint', formatAge(checkpointAt))]),
  ];
}

function workLines(task: ShownTask): readonly string[] {
  const { snapshot, poll, inspection } = task;
  const lines: string[] = [];
  if (snapshot !== null) lines.push(...copyLines(snapshot));
  if (poll !== null) lines.push(...pollLines(poll));
  if (inspection !== null) {
    const { rounds, failedRounds, lastRoundAt, rowsCompared, differences } = inspection;
    const last = `the last ${formatAge(lastRoundAt)}: ${formatCount(rowsCompared)} rows, ${formatCount(differences)} differ`;
    lines.push(
      line(
        'compared',
        `${formatCount(rounds)} rounds (${formatCount(failedRounds)} not finished), ${last}`,
      ),
    );
    for (const one of inspection.differing) {
      lines.push(line('', `${one.table}: ${formatCount(one.differences)} differ`));
    }
  }
  const faults = faultText(task);
  return faults === '' ? lines : [...lines, line('faults', faults)];
}

function copyLines(copy: NonNullable<ShownTask['snapshot']>): readonly string[] {
  const of = copy.rowsTotal === null ? '' : ` of about ${formatCount(copy.rowsTotal)}`;
  const tables = `${formatCount(copy.tablesDone)} of ${formatCount(copy.tables)} tables`;
  const lines = [
    line('first copy', `${copy.state}: ${tables}, ${formatCount(copy.rows)}${of} rows`),
  ];
  if (copy.state !== 'running') return lines;
  const left = copy.secondsLeft === null ? '' : `, ${formatSeconds(copy.secondsLeft)} left`;
  const pace = `${formatCount(copy.rowsPerSecond)} rows/s, ${formatBytes(copy.bytesPerSecond)}/s${left}`;
  const doing = copy.waitsFor === null ? copy.phase : `waiting: ${copy.waitsFor}`;
  lines.push(line('', `${doing}; ${pace}`));
  for (const one of copy.copying.slice(0, SHOWN_TABLES)) {
    const rows = `${formatCount(one.rows)} of about ${formatCount(one.rowsTotal)} rows`;
    lines.push(line('', `${one.table}: ${one.isMakingKeys ? 'making keys' : rows}`));
  }
  return lines;
}

function pollLines(poll: NonNullable<ShownTask['poll']>): readonly string[] {
  const { state, rounds, rows, lateRows, lastRoundAt, unusable } = poll;
  const doing = state === 'polling' ? 'at work' : 'stepping back for the stream';
  const done = `${formatCount(rounds)} rounds, ${formatCount(rows)} rows (${formatCount(lateRows)} late)`;
  return [
    line('polling', `${doing}: ${done}, the last ${formatAge(lastRoundAt)}`),
    ...unusable.map(({ table, reason }) => line('', `${harmless(table)}: not polled, ${reason}`)),
  ];
}

function faultText({ errors, retries, source }: ShownTask): string {
  const dropped = Object.entries(source.dropped).filter(([, count]) => count > 0);
  return [
    ...Object.entries(errors).map(([code, count]) => `${code} ${formatCount(count)}`),
    ...(retries > 0 ? [`${formatCount(retries)} retries`] : []),
    ...(source.reconnects > 0 ? [`${formatCount(source.reconnects)} reconnects`] : []),
    ...dropped.map(([reason, count]) => `left out (${reason}) ${formatCount(count)}`),
  ].join(', ');
}

function tableLines({ tables }: ShownTask): readonly string[] {
  const rows = tables
    .slice(0, SHOWN_TABLES)
    .map((one) => [
      harmless(one.table),
      ...[one.rowsPerSecond, one.inserts, one.updates, one.deletes].map(formatCount),
    ]);
  return indented(['TABLE', 'ROWS/S', 'INSERTED', 'UPDATED', 'DELETED'], rows);
}

function letterLines({ deadLetters }: ShownTask): readonly string[] {
  const rows = deadLetters.latest
    .slice(0, SHOWN_LETTERS)
    .map((one) => [
      String(one.id),
      one.kind,
      one.table ?? '-',
      formatTime(one.at),
      harmless(one.reason),
    ]);
  return indented(['DEAD LETTER', 'KIND', 'TABLE', 'WHEN', 'REASON'], rows);
}

function indented(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  const text = formatTable(header, rows).trimEnd();
  return ['', ...text.split('\n').map((row) => `  ${row}`)];
}
