import { formatCount, formatSeconds } from './format-text.ts';
import type { TaskProblem, TaskStatus } from './task-status.ts';

const STALLED_SECONDS = 30;
/** A night and the morning after it. */
const LOST_SOON_SECONDS = 86_400;

/** What is wrong with a task and what to do about it, in the order in which it wants to be known. */
export function findProblems(task: TaskStatus): readonly TaskProblem[] {
  const found = [
    errorProblem(task),
    stallProblem(task),
    pauseProblem(task),
    retentionProblem(task),
    snapshotProblem(task),
    pollProblem(task),
    differenceProblem(task),
    letterProblem(task),
  ];
  return found.filter((one) => one !== undefined);
}

type Found = TaskProblem | undefined;

function errorProblem({ error, state }: TaskStatus): Found {
  if (error === null) return undefined;
  const hasStopped = state === 'failed';
  const prefix = hasStopped ? 'It has stopped' : 'Interrupted, trying again by itself';
  return {
    level: hasStopped ? 'bad' : 'warn',
    what: `${prefix}: ${error.message} (${error.code})`,
    where: placeText(error.place),
    next: error.next,
    at: error.at,
  };
}

function stallProblem({ stalledSeconds, state, lag }: TaskStatus): Found {
  if (stalledSeconds <= STALLED_SECONDS || state === 'failed') return undefined;
  return {
    level: 'bad',
    what: `Nothing was done for ${formatSeconds(stalledSeconds)} although there is something to do`,
    where: lag.oldest === null ? '' : `transaction ${lag.oldest}`,
    next: 'Look for a lock on the target (SHOW PROCESSLIST), and whether both servers answer.',
    at: null,
  };
}

function pauseProblem({ name, state, since }: TaskStatus): Found {
  if (state !== 'paused') return undefined;
  const next = `Resume it when the work is done: POST /tasks/${name}/resume.`;
  return { level: 'warn', what: 'Paused', where: '', next, at: since };
}

function retentionProblem({ retention }: TaskStatus): Found {
  const seconds = retention?.lostInSeconds ?? null;
  if (seconds === null || seconds >= LOST_SOON_SECONDS) return undefined;
  return {
    level: 'bad',
    what: `At this speed the source purges the position in ${formatSeconds(seconds)}`,
    where: retention?.oldestFile ?? '',
    next: 'Let the source keep its binlog longer (binlog_expire_logs_seconds), and see what slows the task.',
    at: null,
  };
}

function snapshotProblem({ snapshot }: TaskStatus): Found {
  if (snapshot?.state !== 'failed' && snapshot?.state !== 'stopped') return undefined;
  const hasFailed = snapshot.state === 'failed';
  const far = `after ${formatCount(snapshot.tablesDone)} of ${formatCount(snapshot.tables)} tables`;
  return {
    level: hasFailed ? 'bad' : 'warn',
    what: `The first copy ${hasFailed ? 'has failed' : 'was stopped'} ${far}`,
    where: '',
    next: `tailrace snapshot goes on with it${hasFailed ? '; its log says why it failed' : ''}.`,
    at: null,
  };
}

function pollProblem({ poll }: TaskStatus): Found {
  if (poll === null) return undefined;
  if (poll.error !== null) {
    const next = 'It is tried again by itself; the log says more.';
    return { level: 'warn', what: `Polling: ${poll.error}`, where: '', next, at: poll.lastRoundAt };
  }
  if (poll.unusable.length === 0) return undefined;
  return {
    level: 'note',
    what: `${formatCount(poll.unusable.length)} tables cannot be polled`,
    where: poll.unusable.map(({ table }) => table).join(', '),
    next: 'Give them a primary key, or set poll = "off" for them in [[task.table]].',
    at: null,
  };
}

function differenceProblem({ inspection }: TaskStatus): Found {
  if (inspection === null || inspection.differences === 0) return undefined;
  const rows = inspection.differences === 1 ? 'row differs' : 'rows differ';
  return {
    level: 'bad',
    what: `${formatCount(inspection.differences)} ${rows} between source and target`,
    where: inspection.differing.map(({ table }) => table).join(', '),
    next: 'tailrace inspect --repair, after a look at who writes to the target.',
    at: inspection.lastRoundAt,
  };
}

function letterProblem({ deadLetters: { count, latest } }: TaskStatus): Found {
  if (count === 0) return undefined;
  const what =
    count === 1 ? '1 dead letter is kept' : `${formatCount(count)} dead letters are kept`;
  const at = latest[0]?.at ?? null;
  return { level: 'note', what, where: '', next: 'tailrace deadletter list', at };
}

function placeText(place: NonNullable<TaskStatus['error']>['place']): string {
  return Object.entries(place)
    .filter(([name]) => name !== 'task')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

const LEVELS = ['bad', 'warn', 'note'] as const;

/** A task that needs somebody comes first; equal ones stay in their order. */
export function worstFirst<T extends { readonly problems: readonly TaskProblem[] }>(
  tasks: readonly T[],
): readonly T[] {
  const rank = ({ problems }: T): number =>
    Math.min(LEVELS.length, ...problems.map(({ level }) => LEVELS.indexOf(level)));
  return [...tasks].sort((a, b) => rank(a) - rank(b));
}
