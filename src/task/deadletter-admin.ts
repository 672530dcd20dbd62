import { openBesideTask, readTaskStore, type TaskStore } from '../checkpoint/task-store.ts';
import { kafkaOptions, requireKafka } from '../config/server-options.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import type { StoredDeadLetter } from '../core/dead-letter.ts';
import { TailraceError } from '../core/errors.ts';
import { silentLogger } from '../lib/logger.ts';
import { sendAgain, type KeptMessage } from '../sink/kafka/send-again.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

export interface TaskLetter extends StoredDeadLetter {
  readonly task: string;
}

export interface LetterOptions extends TaskSelection {
  readonly signal: AbortSignal;
}

export interface LetterOutcome {
  readonly task: string;
  readonly id: number;
  readonly note: string;
}

/** Every dead letter of the chosen tasks, oldest first. */
export function listLetters(selection: TaskSelection, limit?: number): readonly TaskLetter[] {
  const { config, tasks } = loadTasks(selection);
  return tasks.flatMap(({ name }) => {
    const store = readTaskStore({ stateDir: config.stateDir, task: name });
    try {
      return (store?.deadLetters(limit) ?? []).map((letter) => ({ task: name, ...letter }));
    } finally {
      store?.close();
    }
  });
}

export function showLetter(selection: TaskSelection, id: number): TaskLetter {
  const { config, tasks } = loadTasks(selection);
  const task = theOne(tasks);
  const store = readTaskStore({ stateDir: config.stateDir, task: task.name });
  try {
    const letter = store?.deadLetter(id);
    if (letter === undefined) throw unknown(task, id);
    return { task: task.name, ...letter };
  } finally {
    store?.close();
  }
}

/** Forgets letters; undefined `ids`: all. */
export function dropLetters(
  selection: TaskSelection,
  ids: readonly number[] | undefined,
): readonly LetterOutcome[] {
  const { config, tasks } = loadTasks(selection);
  const task = theOne(tasks);
  return withStore(config, task, (store) => {
    const chosen = ids ?? store.deadLetters().map(({ id }) => id);
    return chosen.map((id) => {
      if (!store.dropDeadLetter(id)) throw unknown(task, id);
      return { task: task.name, id, note: 'dropped' };
    });
  });
}

/** Sends messages again that could not be sent; what went through is dropped. */
export async function retryLetters(
  options: LetterOptions,
  ids: readonly number[] | undefined,
): Promise<readonly LetterOutcome[]> {
  const { config, tasks } = loadTasks(options);
  const task = theOne(tasks);
  return withStore(config, task, async (store) => {
    const all = ids ?? store.deadLetters().map(({ id }) => id);
    const outcomes: LetterOutcome[] = [];
    for (const id of all) {
      const letter = store.deadLetter(id);
      if (letter === undefined) throw unknown(task, id);
      const topic = await sendLetter(task, letter, options.signal);
      store.dropDeadLetter(id);
      outcomes.push({ task: task.name, id, note: `sent to ${topic}` });
    }
    return outcomes;
  });
}

async function sendLetter(
  task: TaskConfig,
  letter: StoredDeadLetter,
  signal: AbortSignal,
): Promise<string> {
  const message = keptMessage(letter);
  if (message === undefined) {
    throw new TailraceError(
      'USAGE',
      `Dead letter ${letter.id} is no message that could be sent again (${letter.kind}).`,
      {
        place: { task: task.name },
        next: 'See it with tailrace deadletter show; tailrace inspect --repair mends rows at the target.',
      },
    );
  }
  const kafka = requireKafka(task);
  await sendAgain(
    {
      connect: kafkaOptions(kafka, task.name),
      compression: kafka.compression,
      logger: silentLogger,
      headers: headersOf(task, letter),
    },
    message,
    signal,
  );
  return message.topic;
}

function headersOf(task: TaskConfig, letter: StoredDeadLetter): Record<string, string> {
  const { seq, gtid, coordinates } = letter;
  return {
    'tailrace-task': task.name,
    ...(seq === undefined ? {} : { 'tailrace-seq': String(seq) }),
    ...(gtid === undefined ? {} : { 'tailrace-gtid': gtid }),
    ...(gtid === undefined && coordinates !== undefined
      ? { 'tailrace-position': coordinates }
      : {}),
    'tailrace-retry': String(letter.id),
  };
}

function keptMessage({ kind, payload }: StoredDeadLetter): KeptMessage | undefined {
  if (kind !== 'message' || payload === undefined) return undefined;
  const { topic, partition, key, value } = Object(JSON.parse(payload)) as Record<string, unknown>;
  if (typeof topic !== 'string' || typeof partition !== 'number') return undefined;
  if (typeof value !== 'string' || (typeof key !== 'string' && key !== null)) return undefined;
  return { topic, partition, key, value };
}

function withStore<T>(config: Config, task: TaskConfig, use: (store: TaskStore) => T): T {
  const store = openBesideTask({ stateDir: config.stateDir, task: task.name });
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

function unknown(task: TaskConfig, id: number): TailraceError {
  return new TailraceError('USAGE', `Task "${task.name}" has no dead letter ${id}.`, {
    next: 'tailrace deadletter list shows those that there are.',
  });
}
