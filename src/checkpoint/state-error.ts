import { TailraceError } from '../core/errors.ts';

/** The SQLite code of an error (`SQLITE_FULL`, `SQLITE_IOERR_WRITE`), '' for other errors. */
export function sqliteCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : '';
}

/** True when the file itself is no longer what it was, as against a disk that is full or read-only. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return (
    code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_CANTOPEN'
  );
}

/** True when what is in the file is no database. */
export function isForeign(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_NOTADB';
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY');
}

const MOVE_AWAY =
  'If the target holds a checkpoint, or the history may be lost, move the file away (with its -wal and -shm) and start again; otherwise bring it back from a backup.';

/** Whatever the file system or SQLite said about `path`, as an error that says what to do. */
export function stateError(error: unknown, path: string): TailraceError {
  const isUnreadable = error instanceof TailraceError && error.code === 'POSITION_INVALID';
  if (error instanceof TailraceError && !isUnreadable) return error;
  const said = error instanceof Error ? error.message : String(error);
  const code = isUnreadable ? 'SQLITE_CORRUPT' : sqliteCode(error);
  const { reason, next } = explain(code);
  return new TailraceError('STATE_UNUSABLE', `${path} ${reason}: ${said}`, {
    place: { path },
    cause: error,
    ...(next === undefined ? {} : { next }),
  });
}

function explain(code: string): { reason: string; next?: string } {
  if (code === 'SQLITE_FULL') {
    return { reason: 'cannot be written, the disk is full', next: 'Make room under state_dir.' };
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return { reason: 'is damaged', next: MOVE_AWAY };
  }
  if (code.startsWith('SQLITE_READONLY')) return { reason: 'may not be written' };
  return { reason: 'cannot be used' };
}
