import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { CheckpointStep, StoredState } from '../core/checkpoint.ts';
import type { DeadLetter, DeadLetterBox, StoredDeadLetter } from '../core/dead-letter.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { silentLogger, type Logger } from '../lib/logger.ts';
import { DeadLetterStore } from './dead-letter-store.ts';
import { openDatabase, openForReading } from './open-database.ts';
import { SinkCheckpoints, type HistoryEntry } from './sink-checkpoints.ts';
import { stateError } from './state-error.ts';
import { lockTask, type TaskLock } from './task-lock.ts';

export interface TaskStoreOptions {
  readonly stateDir: string;
  readonly task: string;
  /** For a damaged file; `move-aside` only when the target is known to hold a checkpoint. */
  readonly recover?: 'refuse' | 'move-aside';
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (owner: string) => void;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Facts about the task itself; a key is set once and for all unless it says otherwise. */
export type MetaKey =
  | 'created_at'
  | 'server_id'
  | 'status'
  | 'owner'
  | 'skip'
  /** 'yes' while the first copy to Kafka is unfinished. */
  | 'kafka_copy'
  /** The servers of both ends that were used last: see `remembered-servers.ts`. */
  | 'source_server'
  | 'target_server';

/** The last status of a task, for `tailrace status` while no process runs. */
export interface StatusSnapshot {
  readonly json: string;
  readonly savedAtMs: number;
}

export function statePath(stateDir: string, task: string): string {
  return join(stateDir, `${task}.sqlite`);
}

/** Locks the task and opens its state; TASK_LOCKED when another process has it for all of ten seconds. */
export async function openTaskStore(options: TaskStoreOptions): Promise<TaskStore> {
  const { stateDir, task } = options;
  const path = statePath(stateDir, task);
  const lock = await lockTask({
    stateDir,
    task,
    describeOwner: () => readOwner(options),
    onWait: options.onWait,
    ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  try {
    const recover = options.recover ?? 'refuse';
    const store = new TaskStore({ database: openDatabase(path, { recover, logger }), path, clock });
    store.claim(lock);
    return store;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Without a lock and for reading only, also beside a running task. undefined: it never ran here. */
export function readTaskStore(
  options: Pick<TaskStoreOptions, 'stateDir' | 'task'>,
): TaskStore | undefined {
  const path = statePath(options.stateDir, options.task);
  const database = openForReading(path);
  return database === undefined ? undefined : new TaskStore({ database, path, clock: systemClock });
}

/** Without a lock, for one small change beside a running task. undefined: it never ran here. */
export function openBesideTask(
  options: Pick<TaskStoreOptions, 'stateDir' | 'task'>,
): TaskStore | undefined {
  const path = statePath(options.stateDir, options.task);
  const present = openForReading(path);
  if (present === undefined) return undefined;
  present.close();
  const database = openDatabase(path, { recover: 'refuse', logger: silentLogger });
  return new TaskStore({ database, path, clock: systemClock });
}

/**
 * All that a task keeps on this machine, in one SQLite file. A sink with a checkpoint of its own (the
 * target's row) is the truth for that sink, and this follows; so the file may be lost.
 *
 * Everything is synchronous: a step is one small transaction and takes some 20 µs.
 */
export class TaskStore implements DeadLetterBox {
  readonly path: string;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #letters: DeadLetterStore;
  readonly #sinks = new Map<string, SinkCheckpoints>();
  #lock: TaskLock | undefined;

  constructor(parts: { database: Database; path: string; clock: Clock }) {
    this.path = parts.path;
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#letters = new DeadLetterStore(parts.database, () => parts.clock.nowMs());
  }

  /** From now on this process owns the task; `close` ends that. */
  claim(lock: TaskLock): void {
    this.#guard(() => {
      if (this.readMeta('created_at') === undefined) {
        this.writeMeta('created_at', new Date(this.#clock.nowMs()).toISOString());
      }
      this.writeMeta('owner', `pid ${process.pid} on ${hostname()}`);
    });
    this.#lock = lock;
  }

  load(sink: string): StoredState | undefined {
    return this.#guard(() => this.#sink(sink).load());
  }

  save(step: CheckpointStep, sink: string): void {
    this.#guard(() => {
      this.#sink(sink).save(step);
    });
  }

  replace(state: StoredState, sink: string): void {
    this.#guard(() => {
      this.#sink(sink).replace(state);
    });
  }

  savedAtMs(sink: string): number | undefined {
    return this.#guard(() => this.#sink(sink).savedAtMs);
  }

  positionAt(timeMs: number, sink: string): HistoryEntry | undefined {
    return this.#guard(() => this.#sink(sink).at(timeMs));
  }

  oldestPosition(sink: string): HistoryEntry | undefined {
    return this.#guard(() => this.#sink(sink).oldest());
  }

  history(sink: string, limit?: number): HistoryEntry[] {
    return this.#guard(() => this.#sink(sink).history(limit));
  }

  /** The sinks that have a checkpoint here. */
  get sinks(): string[] {
    return this.#guard(() =>
      this.#database
        .prepare<[], { sink: string }>('SELECT sink FROM checkpoint ORDER BY sink')
        .all()
        .map(({ sink }) => sink),
    );
  }

  /** Forgets every checkpoint with its schema state; the history stays, it is how to go back. */
  forgetCheckpoints(): void {
    this.#guard(() => {
      this.#database.exec('DELETE FROM checkpoint; DELETE FROM schema_state;');
    });
  }

  add(letter: DeadLetter): number {
    return this.#guard(() => this.#letters.add(letter));
  }

  get deadLetterCount(): number {
    return this.#guard(() => this.#letters.count);
  }

  deadLetters(limit?: number): StoredDeadLetter[] {
    return this.#guard(() => this.#letters.list(limit));
  }

  /** Newest first. */
  latestDeadLetters(limit: number): StoredDeadLetter[] {
    return this.#guard(() => this.#letters.latest(limit));
  }

  deadLetter(id: number): StoredDeadLetter | undefined {
    return this.#guard(() => this.#letters.get(id));
  }

  dropDeadLetter(id: number): boolean {
    return this.#guard(() => this.#letters.drop(id));
  }

  readMeta(key: MetaKey): string | undefined {
    const read = this.#database.prepare<[string], { value: string }>(
      'SELECT value FROM meta WHERE key = ?',
    );
    return this.#guard(() => read.get(key)?.value);
  }

  writeMeta(key: MetaKey, value: string): void {
    this.#guard(() => {
      this.#database
        .prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
        .run(key, value);
    });
  }

  saveStatus(json: string): void {
    this.writeMeta('status', JSON.stringify({ json, savedAtMs: this.#clock.nowMs() }));
  }

  loadStatus(): StatusSnapshot | undefined {
    const text = this.readMeta('status');
    return text === undefined ? undefined : (JSON.parse(text) as StatusSnapshot);
  }

  /** Closes the file and gives the lock back. */
  close(): void {
    try {
      this.#database.close();
    } finally {
      this.#lock?.release();
      this.#lock = undefined;
    }
  }

  #sink(name: string): SinkCheckpoints {
    let sink = this.#sinks.get(name);
    if (sink === undefined) {
      sink = new SinkCheckpoints(this.#database, name, () => this.#clock.nowMs());
      this.#sinks.set(name, sink);
    }
    return sink;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw stateError(error, this.path);
    }
  }
}

function readOwner(options: Pick<TaskStoreOptions, 'stateDir' | 'task'>): string | undefined {
  try {
    const store = readTaskStore(options);
    const owner = store?.readMeta('owner');
    store?.close();
    return owner;
  } catch {
    // The message does without: that the task is locked is what counts.
    return undefined;
  }
}
