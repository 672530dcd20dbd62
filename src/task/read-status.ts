import { readTaskStore } from '../checkpoint/task-store.ts';
import { findProblems } from '../status/task-problems.ts';
import type { ProcessStatus, ShownTask, TaskHistory, TaskStatus } from '../status/task-status.ts';
import { consumerStoreNames } from './consume/consumer-store.ts';
import { TaskBoard } from './task-board.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

const ANSWER_TIMEOUT_MS = 2000;

export interface StatusReading {
  readonly tasks: readonly ShownTask[];
  /** The last hour of those that run. */
  readonly history: readonly TaskHistory[];
  /** Who answered; undefined: no process did, and the state files tell. */
  readonly process: Omit<ProcessStatus, 'tasks'> | undefined;
}

export interface StatusQuestion extends TaskSelection {
  readonly signal: AbortSignal;
}

/** From the running process where one answers; what it left in the state file otherwise. */
export async function readStatus(question: StatusQuestion): Promise<StatusReading> {
  const { config, tasks } = loadTasks(question);
  const { listen } = config.http;
  const [running, history] = await Promise.all([
    ask<ProcessStatus>(listen, '/status', question.signal),
    ask<{ readonly tasks: readonly TaskHistory[] }>(listen, '/history', question.signal),
  ]);
  const { tasks: answered = [], ...about } = isOurs(running) ? running : {};
  const shown = tasks.flatMap(({ name }) => {
    const live = answered.filter((one) => one.name === name);
    const found = live.length > 0 ? live : readFiles(config.stateDir, name);
    return found.map((task) => ({ ...task, problems: findProblems(task) }));
  });
  return {
    tasks: shown,
    history: isOurs(running) ? (history?.tasks ?? []) : [],
    process: isOurs(running) ? (about as Omit<ProcessStatus, 'tasks'>) : undefined,
  };
}

/** Each process that consumes for the task has a file of its own, beside that of run and produce. */
function readFiles(stateDir: string, task: string): readonly TaskStatus[] {
  const stores = [task, ...consumerStoreNames(stateDir, task)];
  const found = stores.flatMap((store) => readLast(stateDir, store) ?? []);
  return found.length > 0 ? found : [{ ...new TaskBoard(task).status(), state: 'stopped' }];
}

async function ask<T>(listen: string, path: string, signal: AbortSignal): Promise<T | undefined> {
  if (listen === '') return undefined;
  try {
    const response = await fetch(`http://${asAsked(listen)}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    // Nobody listens there: then the state file tells.
    return undefined;
  }
}

/** Who listens on every address listens on loopback too. */
function asAsked(listen: string): string {
  return listen.replace(/^(0\.0\.0\.0)?:(?=\d+$)/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

/** Something else may listen there. */
function isOurs(answer: unknown): answer is ProcessStatus {
  const { tasks, version } = Object(answer) as Partial<Record<keyof ProcessStatus, unknown>>;
  return Array.isArray(tasks) && typeof version === 'string';
}

/** How old a snapshot may be and still be that of a running process, which saves one a second. */
const FRESH_MS = 5000;

function readLast(stateDir: string, storeName: string): TaskStatus | undefined {
  const store = readTaskStore({ stateDir, task: storeName });
  try {
    const snapshot = store?.loadStatus();
    if (snapshot === undefined) return undefined;
    const status = JSON.parse(snapshot.json) as TaskStatus;
    const isFresh = Date.now() - snapshot.savedAtMs < FRESH_MS;
    if (status.state === 'failed' || isFresh) return status;
    return { ...status, state: 'stopped', lag: { ...status.lag, seconds: null } };
  } finally {
    store?.close();
  }
}
