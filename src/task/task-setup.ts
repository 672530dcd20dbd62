import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { loadConfig } from '../config/load-config.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import { TailraceError } from '../core/errors.ts';
import type { Router } from '../core/route.ts';
import { createRouter } from '../pipeline/router.ts';

const DEFAULT_STATE_DATABASE = 'tailrace';

export interface TaskSelection {
  readonly config: string;
  /** Names; undefined: every task of the file. */
  readonly task?: readonly string[] | undefined;
}

export interface SelectedTasks {
  readonly config: Config;
  readonly tasks: readonly TaskConfig[];
}

export function loadTasks(selection: TaskSelection): SelectedTasks {
  return selectTasks(loadConfig(selection.config), selection);
}

export function selectTasks(config: Config, selection: TaskSelection): SelectedTasks {
  const wanted = selection.task;
  if (wanted === undefined) return { config, tasks: config.tasks };
  const unknown = wanted.find((name) => !config.tasks.some((task) => task.name === name));
  if (unknown !== undefined) {
    const names = config.tasks.map((task) => task.name).join(', ');
    throw new TailraceError('USAGE', `There is no task "${unknown}" in ${selection.config}.`, {
      next: `Its tasks are: ${names}.`,
    });
  }
  return { config, tasks: config.tasks.filter((task) => wanted.includes(task.name)) };
}

export function routerOf(task: TaskConfig): Router {
  return createRouter(
    task.filter,
    task.tables,
    task.target?.stateDatabase ?? DEFAULT_STATE_DATABASE,
  );
}

/**
 * Of messages. Names in them are those at the target of whoever sent them, so `[[task.table]]` is done with; and what
 * the task's own producer left out does not come. A task without a source filters what others send.
 */
export function consumeRouter(task: TaskConfig): Router {
  const filter = task.source === undefined ? task.filter : { exclude: [] };
  const stateDatabase = task.target?.stateDatabase ?? DEFAULT_STATE_DATABASE;
  return createRouter(filter, task.consumeTables, stateDatabase);
}

/**
 * A replica id of this deployment's own, the same at each start: from task, state folder and machine.
 * In the upper half of the range, where hand-given ids seldom are.
 */
export function deriveServerId(task: string, stateDir: string): number {
  const digest = createHash('sha256').update(`${task}\0${stateDir}\0${hostname()}`).digest();
  return 0x8000_0000 + (digest.readUInt32BE(0) % 0x7fff_fffe);
}
