import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { openDatabase } from './open-database.ts';
import { stateError } from './state-error.ts';
import { lockTask, type TaskLock } from './task-lock.ts';

export interface InspectionStoreOptions {
  readonly stateDir: string;
  readonly task: string;
  /** Who inspects: a command, or the running task. Each has a file of its own. */
  readonly purpose: 'inspect' | 'rounds';
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A difference that was there in some rounds, one after the other. */
export interface KnownDifference {
  readonly table: string;
  readonly key: string;
  /** What exactly differs: another one is a new difference. */
  readonly fingerprint: string;
  readonly rounds: number;
  readonly firstSeenAtMs: number;
  readonly isAlarmed: boolean;
}

/** An interrupted inspection is taken up again within this time; what it saw is too old then. */
const RESUMABLE_MS = 3_600_000;

/** Locks the inspections of a task against each other and opens what they keep. */
export async function openInspectionStore(
  options: InspectionStoreOptions,
): Promise<InspectionStore> {
  const { stateDir, task, purpose, logger, signal } = options;
  const name = `${task}.${purpose}`;
  const lock = await lockTask({ stateDir, task: name, signal });
  const path = join(stateDir, `${name}.sqlite`);
  try {
    // What is lost with it is the progress of an inspection.
    const database = openDatabase(path, { recover: 'move-aside', logger });
    return new InspectionStore(database, path, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** How far an inspection is, table by table, and the differences that stay from round to round. */
export class InspectionStore {
  readonly #database: Database;
  readonly #path: string;
  readonly #lock: TaskLock;

  constructor(database: Database, path: string, lock: TaskLock) {
    this.#database = database;
    this.#path = path;
    this.#lock = lock;
  }

  /**
   * Goes on with an inspection of the same kind that was interrupted a short while ago, else begins
   * anew. Returns since when it goes on; undefined: from the start.
   */
  begin(signature: string, restart: boolean): number | undefined {
    return this.#guard(() => {
      const nowMs = systemClock.nowMs();
      const last = this.#database
        .prepare<[], { signature: string; started_at_ms: number; saved_at_ms: number }>(
          'SELECT signature, started_at_ms, saved_at_ms FROM inspection',
        )
        .get();
      const canResume =
        !restart && last?.signature === signature && nowMs - last.saved_at_ms < RESUMABLE_MS;
      if (canResume) return last.started_at_ms;
      this.end();
      this.#database
        .prepare(
          'INSERT INTO inspection (id, signature, started_at_ms, saved_at_ms) VALUES (1, ?, ?, ?)',
        )
        .run(signature, nowMs, nowMs);
      return undefined;
    });
  }

  /** It is over: nothing to go on with. */
  end(): void {
    this.#guard(() => {
      this.#database.exec('DELETE FROM inspection; DELETE FROM inspected_table;');
    });
  }

  load(table: string): string | undefined {
    return this.#guard(
      () =>
        this.#database
          .prepare<[string], { progress: string }>(
            'SELECT progress FROM inspected_table WHERE name = ?',
          )
          .get(table)?.progress,
    );
  }

  save(table: string, progress: string): void {
    this.#guard(() => {
      this.#database.transaction(() => {
        this.#database
          .prepare('INSERT OR REPLACE INTO inspected_table (name, progress) VALUES (?, ?)')
          .run(table, progress);
        this.#database.prepare('UPDATE inspection SET saved_at_ms = ?').run(systemClock.nowMs());
      })();
    });
  }

  knownDifferences(): readonly KnownDifference[] {
    return this.#guard(() =>
      this.#database
        .prepare<[], Omit<KnownDifference, 'isAlarmed'> & { isAlarmed: number }>(
          `SELECT table_name AS "table", key, fingerprint, rounds,
             first_seen_at_ms AS firstSeenAtMs, is_alarmed AS isAlarmed FROM known_difference`,
        )
        .all()
        .map((row) => ({ ...row, isAlarmed: row.isAlarmed === 1 })),
    );
  }

  replaceDifferences(differences: readonly KnownDifference[]): void {
    this.#guard(() => {
      this.#database.transaction(() => {
        this.#database.exec('DELETE FROM known_difference');
        const insert = this.#database.prepare(
          `INSERT OR REPLACE INTO known_difference
             (table_name, key, fingerprint, rounds, first_seen_at_ms, is_alarmed)
           VALUES (?, ?, ?, ?, ?, ?)`,
        );
        for (const one of differences) {
          const { table, key, fingerprint, rounds, firstSeenAtMs, isAlarmed } = one;
          insert.run(table, key, fingerprint, rounds, firstSeenAtMs, isAlarmed ? 1 : 0);
        }
      })();
    });
  }

  close(): void {
    try {
      this.#database.close();
    } finally {
      this.#lock.release();
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw stateError(error, this.#path);
    }
  }
}
