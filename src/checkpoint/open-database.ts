import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { systemClock } from '../lib/clock.ts';
import { makeFolder } from '../lib/make-folder.ts';
import type { Logger } from '../lib/logger.ts';
import { migrate } from './migrations.ts';
import { isDamage, stateError } from './state-error.ts';

export interface RecoverOptions {
  /** `move-aside`: only when the caller knows that what is lost is kept elsewhere. */
  readonly recover: 'refuse' | 'move-aside';
  readonly logger: Logger;
}

/** Opens (and makes) the file for writing; a damaged one is refused or moved aside. */
export function openDatabase(path: string, options: RecoverOptions): Database.Database {
  try {
    makeFolder(dirname(path));
    return openChecked(path);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const canMove = options.recover === 'move-aside' && (isDamage(error) || isDamage(cause));
    if (!canMove || !existsSync(path)) throw stateError(error, path);
    return openAnew(path, options.logger, stateError(error, path));
  }
}

/** Opens for reading, while a task may be writing. undefined: there is no such file. */
export function openForReading(path: string): Database.Database | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const database = new Database(path, { readonly: true, timeout: 2000 });
    // The schema is read by the first statement: damage shows here and not somewhere later.
    if (Number(database.pragma('user_version', { simple: true })) > 0) return database;
    database.close();
    return undefined;
  } catch (error) {
    throw stateError(error, path);
  }
}

function openChecked(path: string): Database.Database {
  const database = new Database(path, { timeout: 2000 });
  try {
    database.pragma('journal_mode = WAL');
    // A power cut may cost the last steps, never the file: a checkpoint that is older is still true.
    database.pragma('synchronous = NORMAL');
    const verdict = database.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') throw damaged(String(verdict));
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openAnew(path: string, logger: Logger, error: Error): Database.Database {
  const aside = `${path}.damaged-${new Date(systemClock.nowMs()).toISOString().replace(/:/g, '')}`;
  try {
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    logger.warn(
      { error, path, movedTo: aside },
      'The state file was damaged and is moved aside; going on from the checkpoint of the target',
    );
    return openChecked(path);
  } catch (again) {
    throw stateError(again, path);
  }
}

function damaged(verdict: string): Error {
  return Object.assign(new Error(verdict), { code: 'SQLITE_CORRUPT' });
}
