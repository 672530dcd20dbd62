import type { TaskStatus } from './task-status.ts';

/** How long nothing may be done, with something to do, before a task counts as stuck. */
const STUCK_AFTER_SECONDS = 60;

/** Why the process is not healthy: a task has failed, or gets nothing done. */
export function judgeHealth(tasks: readonly TaskStatus[]): string | undefined {
  for (const task of tasks) {
    const error = task.error === null ? '' : `: ${task.error.code}: ${task.error.message}`;
    if (task.state === 'failed') return `task ${task.name} has stopped${error}`;
    if (task.stalledSeconds > STUCK_AFTER_SECONDS) {
      const at = task.lag.oldest === null ? '' : `, at transaction ${task.lag.oldest}`;
      return `task ${task.name} has done nothing for ${Math.round(task.stalledSeconds)} s${at}${error}`;
    }
  }
  return undefined;
}

/** Why the process is not ready: not every task streams. */
export function judgeReadiness(tasks: readonly TaskStatus[]): string | undefined {
  const waiting = tasks.find((task) => task.state !== 'streaming' && task.state !== 'stopped');
  return waiting === undefined ? undefined : `task ${waiting.name} is ${waiting.state}`;
}
