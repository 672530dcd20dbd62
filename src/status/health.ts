import type { TaskStatus } from './task-status.ts';

/** How long a task may try again before it counts as stuck. */
const STUCK_AFTER_MS = 60_000;

/** Why the process is not healthy: a task has failed, or has been trying again for too long. */
export function judgeHealth(
  tasks: readonly TaskStatus[],
  nowMs: number = Date.now(),
): string | undefined {
  for (const task of tasks) {
    const error = task.error === null ? '' : `: ${task.error.code}: ${task.error.message}`;
    if (task.state === 'failed') return `task ${task.name} has stopped${error}`;
    const isStuck = task.state === 'retrying' && nowMs - Date.parse(task.since) > STUCK_AFTER_MS;
    if (isStuck) return `task ${task.name} cannot go on${error}`;
  }
  return undefined;
}

/** Why the process is not ready: not every task streams. */
export function judgeReadiness(tasks: readonly TaskStatus[]): string | undefined {
  const waiting = tasks.find((task) => task.state !== 'streaming' && task.state !== 'stopped');
  return waiting === undefined ? undefined : `task ${waiting.name} is ${waiting.state}`;
}
