import { isWorking } from '../lib/run-state.ts';
import type { TaskStatus } from './task-status.ts';

/** How long nothing may be done, with something to do, before a task counts as stuck. */
export const STUCK_AFTER_SECONDS = 60;

/** Why the process is not healthy: a task has failed, or gets nothing done. */
export function judgeHealth(
  tasks: readonly TaskStatus[],
  stuckAfterSeconds: number = STUCK_AFTER_SECONDS,
): string | undefined {
  for (const task of tasks) {
    const error = task.error === null ? '' : `: ${task.error.code}: ${task.error.message}`;
    if (task.state === 'failed') return `task ${task.name} has stopped${error}`;
    if (task.stalledSeconds > stuckAfterSeconds) {
      const for_ = `for ${Math.round(task.stalledSeconds)} s`;
      return `task ${task.name} has done nothing ${for_}${placeOf(task)}${error}`;
    }
  }
  return undefined;
}

function placeOf({ lag, source }: TaskStatus): string {
  if (lag.oldest !== null) return `, at transaction ${lag.oldest}`;
  if (source.head === null || source.coordinates === null) return '';
  return `: the source is at ${source.head.coordinates}, the stream at ${source.coordinates}`;
}

/** Healthy, and yet worth a word: a pause is on purpose, and a restart would end it. */
export function noteHealth(tasks: readonly TaskStatus[]): string {
  const paused = tasks.filter(({ state }) => state === 'paused');
  if (paused.length === 0) return 'ok';
  return `ok (${paused.map(({ name, since }) => `${name} is paused since ${since}`).join(', ')})`;
}

/** Why the process is not ready: not every task streams (or polls, or compares, where that is all it does). */
export function judgeReadiness(tasks: readonly TaskStatus[]): string | undefined {
  const waiting = tasks.find((task) => !isWorking(task.state) && task.state !== 'stopped');
  return waiting === undefined ? undefined : `task ${waiting.name} is ${waiting.state}`;
}
