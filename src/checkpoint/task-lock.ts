import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TailraceError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { makeFolder } from '../lib/make-folder.ts';
import { sleep } from '../lib/sleep.ts';
import { isBusy, isForeign, stateError } from './state-error.ts';

export interface TaskLock {
  release(): void;
}

export interface TaskLockOptions {
  readonly stateDir: string;
  readonly task: string;
  /** How long to try: a process that was killed a moment ago may still be dying. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Who holds it, for the message. */
  readonly describeOwner?: () => string | undefined;
  /** Told now and then who has it, while it is waited for longer than a restart takes. */
  readonly onWait?: ((owner: string) => void) | undefined;
}

export const LOCK_TIMEOUT_MS = 10_000;
const RETRY_MS = 100;
const SAID_AFTER_MS = 1_000;

/**
 * One process for each task and state folder. The lock is an exclusive transaction, never ended, on an
 * empty database of its own: SQLite holds it as a lock of the operating system, which goes with the
 * process, however it dies. A file of its own, so that others can read the state meanwhile.
 */
export async function lockTask(options: TaskLockOptions): Promise<TaskLock> {
  const { stateDir, task, timeoutMs = LOCK_TIMEOUT_MS } = options;
  const path = join(stateDir, `${task}.lock`);
  const signal = options.signal ?? new AbortController().signal;
  const sinceMs = systemClock.monotonicMs();
  const deadlineMs = sinceMs + timeoutMs;
  for (;;) {
    const lock = tryLock(stateDir, path);
    if (lock !== undefined) return lock;
    const nowMs = systemClock.monotonicMs();
    if (nowMs - sinceMs > SAID_AFTER_MS) options.onWait?.(options.describeOwner?.() ?? '');
    if (nowMs >= deadlineMs) {
      const owner = options.describeOwner?.();
      const who = owner === undefined ? 'another process' : `another process (${owner})`;
      throw new TailraceError('TASK_LOCKED', `${who} runs the task ${task}`, {
        place: { task, path },
      });
    }
    await sleep(RETRY_MS, signal);
  }
}

function tryLock(stateDir: string, path: string): TaskLock | undefined {
  let database: Database.Database | undefined;
  try {
    makeFolder(stateDir);
    database = new Database(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    if (!isForeign(error)) throw stateError(error, path);
    // Overwritten by something. Nobody holds it, or it were busy; nothing of worth is in it. Tried again.
    truncateSync(path);
    return undefined;
  }
  const held = database;
  return {
    release: () => {
      held.close();
    },
  };
}
