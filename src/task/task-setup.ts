import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { loadConfig } from '../config/load-config.ts';
import type { Config, SourceConfig, TargetConfig, TaskConfig } from '../config/schema.ts';
import { TailraceError } from '../core/errors.ts';
import type { Router } from '../core/route.ts';
import { createRouter } from '../pipeline/router.ts';
import type { ServerOptions } from '../server/connect-options.ts';

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
  const config = loadConfig(selection.config);
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

export function requireSource(task: TaskConfig): SourceConfig {
  if (task.source !== undefined) return task.source;
  throw missingPart(task, 'source');
}

export function requireTarget(task: TaskConfig): TargetConfig {
  if (task.target !== undefined) return task.target;
  throw missingPart(task, 'target');
}

function missingPart(task: TaskConfig, part: string): TailraceError {
  return new TailraceError('CONFIG_INVALID', `Task "${task.name}" has no [task.${part}].`, {
    place: { task: task.name },
    next: `Add [task.${part}] below its [[task]].`,
  });
}

export function serverOptions(end: SourceConfig | TargetConfig): ServerOptions {
  const { hosts, user, password, tls, tlsCa } = end;
  return { hosts, user, password: password.reveal(), tls, tlsCa };
}

export function routerOf(task: TaskConfig): Router {
  return createRouter({
    filter: task.filter,
    tables: task.tables,
    stateDatabase: task.target?.stateDatabase ?? 'tailrace',
  });
}

/**
 * A replica id of this deployment's own, the same at each start: from task, state folder and machine.
 * In the upper half of the range, where hand-given ids seldom are.
 */
export function deriveServerId(task: string, stateDir: string): number {
  const digest = createHash('sha256').update(`${task}\0${stateDir}\0${hostname()}`).digest();
  return 0x8000_0000 + (digest.readUInt32BE(0) % 0x7fff_fffe);
}
