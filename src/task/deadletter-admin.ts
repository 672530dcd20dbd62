import { openBesideTask, readTaskStore, type TaskStore } from '../checkpoint/task-store.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import type { StoredDeadLetter } from '../core/dead-letter.ts';
import { TailraceError } from '../core/errors.ts';
import { consumerStoreName, consumerStoreNames } from './consume/consumer-store.ts';
import { retryLetter } from './deadletter-retry.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

/** What names a letter among those of its task: each process that consumes keeps its own. */
export interface LetterId {
  readonly id: number;
  readonly consumer?: number | undefined;
}

export interface TaskLetter extends StoredDeadLetter, LetterId {
  readonly task: string;
}

export interface LetterOptions extends TaskSelection {
  readonly signal: AbortSignal;
}

export interface LetterOutcome extends LetterId {
  readonly task: string;
  readonly note: string;
}

/** Every dead letter of the chosen tasks, oldest first. */
export function listLetters(selection: TaskSelection, limit?: number): readonly TaskLetter[] {
  const { config, tasks } = loadTasks(selection);
  return tasks.flatMap((task) => lettersOf(config, task, limit));
}

function lettersOf({ stateDir }: Config, { name }: TaskConfig, limit?: number): TaskLetter[] {
  const numbers = consumerStoreNames(stateDir, name).map((store) =>
    Number(store.slice(store.lastIndexOf('-') + 1)),
  );
  return [undefined, ...numbers].flatMap((consumer) => {
    const store = readTaskStore({ stateDir, task: storeOf(name, consumer) });
    try {
      const about = { task: name, ...(consumer === undefined ? {} : { consumer }) };
      return (store?.deadLetters(limit) ?? []).map((letter) => ({ ...about, ...letter }));
    } finally {
      store?.close();
    }
  });
}

function storeOf(task: string, consumer: number | undefined): string {
  return consumer === undefined ? task : consumerStoreName(task, consumer);
}

export function showLetter(selection: TaskSelection, letterId: LetterId): TaskLetter {
  const { config, tasks } = loadTasks(selection);
  const task = theOne(tasks);
  const { id, consumer } = letterId;
  const store = readTaskStore({ stateDir: config.stateDir, task: storeOf(task.name, consumer) });
  try {
    const letter = store?.deadLetter(id);
    if (letter === undefined) throw unknown(task, letterId);
    return { task: task.name, ...letterId, ...letter };
  } finally {
    store?.close();
  }
}

/** Forgets letters; undefined `ids`: all. A number that is not there: none is forgotten. */
export function dropLetters(
  selection: TaskSelection,
  ids: readonly LetterId[] | undefined,
): readonly LetterOutcome[] {
  const { config, tasks } = loadTasks(selection);
  const task = theOne(tasks);
  const chosen = ids ?? lettersOf(config, task).map(idOf);
  for (const letterId of chosen) {
    withStore(config, task, letterId, (store) => {
      if (store.deadLetter(letterId.id) === undefined) throw unknown(task, letterId);
    });
  }
  return chosen.map((letterId) =>
    withStore(config, task, letterId, (store) => {
      store.dropDeadLetter(letterId.id);
      return { task: task.name, ...letterId, note: 'dropped' };
    }),
  );
}

/** Tries again what was passed over, one after the other; what went through is dropped. */
export async function retryLetters(
  options: LetterOptions,
  ids: readonly LetterId[] | undefined,
): Promise<readonly LetterOutcome[]> {
  const { config, tasks } = loadTasks(options);
  const task = theOne(tasks);
  const outcomes: LetterOutcome[] = [];
  for (const letterId of ids ?? lettersOf(config, task).map(idOf)) {
    const outcome = await withStore(config, task, letterId, async (store) => {
      const letter = store.deadLetter(letterId.id);
      if (letter === undefined) throw unknown(task, letterId);
      const note = await retryLetter({ config, task, letter, signal: options.signal });
      store.dropDeadLetter(letterId.id);
      return { task: task.name, ...letterId, note };
    });
    outcomes.push(outcome);
  }
  return outcomes;
}

function idOf({ id, consumer }: TaskLetter): LetterId {
  return consumer === undefined ? { id } : { id, consumer };
}

function withStore<T>(
  config: Config,
  task: TaskConfig,
  { consumer }: LetterId,
  use: (store: TaskStore) => T,
): T {
  const store = openBesideTask({ stateDir: config.stateDir, task: storeOf(task.name, consumer) });
  if (store === undefined) {
    throw new TailraceError('USAGE', `Task "${task.name}" has no state: it never ran here.`);
  }
  const close = (): void => {
    store.close();
  };
  try {
    const result = use(store);
    if (result instanceof Promise) return result.finally(close) as T;
    close();
    return result;
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/** Numbers are a task's own. */
function theOne(tasks: readonly TaskConfig[]): TaskConfig {
  const [first, second] = tasks;
  if (first !== undefined && second === undefined) return first;
  throw new TailraceError('USAGE', 'The file has several tasks.', {
    next: 'Name one with --task NAME.',
  });
}

/** As it is written on the command line: `5`, or `consume-2:5` of the second process that consumes. */
export function formatLetterId({ id, consumer }: LetterId): string {
  return consumer === undefined ? String(id) : `consume-${consumer}:${id}`;
}

function unknown(task: TaskConfig, letterId: LetterId): TailraceError {
  const name = formatLetterId(letterId);
  return new TailraceError('USAGE', `Task "${task.name}" has no dead letter ${name}.`, {
    next: 'tailrace deadletter list shows those that there are.',
  });
}
