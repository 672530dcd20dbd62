import { TailraceError } from '../core/errors.ts';
import { formatPosition, type Position } from '../core/position.ts';
import type { TableName } from '../core/table.ts';
import type { Logger } from '../lib/logger.ts';
import { isServerErrno } from '../server/error-from-server.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { quoteName } from '../server/sql-text.ts';

export const LOCK_MODES = ['auto', 'global', 'tables', 'none'] as const;
export type LockMode = (typeof LOCK_MODES)[number];

export interface ViewOptions {
  readonly connect: () => Promise<ServerConnection>;
  readonly readers: number;
  readonly lock: LockMode;
  /** What has to stand still: every table that is copied. */
  readonly tables: readonly TableName[];
  readonly readPosition: (connection: ServerConnection) => Promise<Position>;
  /** Runs while nothing is written: other programs may open their own views, and what has no views is copied. */
  readonly whileLocked: (view: ConsistentView) => Promise<void>;
  readonly logger: Logger;
}

/** Several connections that all see the source as of one position. */
export interface ConsistentView {
  readonly position: Position;
  readonly readers: readonly ServerConnection[];
  close(): Promise<void>;
}

/** Access denied in its several forms; a lock that the server does not give at all (managed servers). */
const DENIED = [1044, 1045, 1142, 1227, 1290] as const;
/** The source waits for nobody longer than this: its writers would queue behind our lock. */
const LOCK_WAIT_SECONDS = 20;
const LOCK_TIMEOUT = 1205;
const SAVEPOINT = 'tailrace';
const LOCK_ATTEMPTS = 5;

/**
 * Opens transactions that see one and the same state, and says at which position of the binlog it is.
 *
 * A transaction that is in the binlog's position need not be in a view opened next to it, and the other
 * way round, so commits must stand still for the moment in which both are taken: by a lock on everything
 * (RELOAD), else by one on the tables that are copied (LOCK TABLES), which waits until transactions on
 * them are over. The lock is held for milliseconds; rows are read from the views afterwards.
 */
export async function openConsistentView(options: ViewOptions): Promise<ConsistentView> {
  const locker = await options.connect();
  const readers: ServerConnection[] = [];
  try {
    for (let index = 0; index < options.readers; index++) readers.push(await options.connect());
    for (const reader of readers) await prepareReader(reader);
    const before = options.lock === 'none' ? await options.readPosition(locker) : undefined;
    const lock = await takeLock(locker, options);
    for (const reader of readers) {
      await reader.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
      await reader.run(`SAVEPOINT ${SAVEPOINT}`);
    }
    const position = await options.readPosition(locker);
    if (before !== undefined) assertQuiet(before, position);
    const view: ConsistentView = { position, readers, close: () => closeAll(readers) };
    await options.whileLocked(view);
    if (lock !== 'none') await locker.run('UNLOCK TABLES');
    if (before !== undefined) assertQuiet(before, await options.readPosition(locker));
    await locker.close();
    return view;
  } catch (thrown) {
    locker.destroy();
    for (const reader of readers) reader.destroy();
    throw thrown;
  }
}

/**
 * Gives back the metadata locks of what was read, and keeps the view: a DDL on a table that is through must
 * not wait for the rest of the copy, with everybody else's statements behind it.
 */
export async function releaseTables(reader: ServerConnection): Promise<void> {
  await reader.run(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
}

async function closeAll(readers: readonly ServerConnection[]): Promise<void> {
  await Promise.all(readers.map((reader) => reader.close()));
}

/** A reader may be slow because the target is; bytes come in each column's own character set. */
export async function prepareReader(reader: ServerConnection): Promise<void> {
  const { flavor, versionNumber } = reader.info;
  await reader.run(
    'SET SESSION net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 28800',
  );
  if (flavor === 'mariadb') await reader.run('SET SESSION max_statement_time = 0');
  else if (versionNumber >= 50_708) await reader.run('SET SESSION max_execution_time = 0');
  await reader.run('SET SESSION character_set_results = NULL');
  await reader.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
}

async function takeLock(
  locker: ServerConnection,
  options: ViewOptions,
): Promise<Exclude<LockMode, 'auto'>> {
  const { lock, logger } = options;
  if (lock === 'none') return 'none';
  await locker.run(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_SECONDS}`);
  if (lock === 'global' || lock === 'auto') {
    const denied = await tryLock(locker, 'FLUSH TABLES WITH READ LOCK');
    if (denied === undefined) return 'global';
    if (lock === 'global') throw lockDenied(denied, locker, 'FLUSH TABLES WITH READ LOCK');
    logger.info('No right to lock the whole source (RELOAD): locking the copied tables instead');
  }
  const tables = options.tables.map(
    (name) => `${quoteName(name.database)}.${quoteName(name.table)}`,
  );
  if (tables.length === 0) return 'none';
  const denied = await tryLock(locker, `LOCK TABLES ${tables.join(' READ, ')} READ`);
  if (denied !== undefined) throw lockDenied(denied, locker, 'LOCK TABLES … READ');
  return 'tables';
}

/** The refusal for lack of a right; undefined: the lock is ours. */
async function tryLock(locker: ServerConnection, statement: string): Promise<Error | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await locker.run(statement);
      return undefined;
    } catch (thrown) {
      if (isServerErrno(thrown, ...DENIED) && thrown instanceof Error) return thrown;
      if (!isServerErrno(thrown, LOCK_TIMEOUT) || attempt === LOCK_ATTEMPTS) throw thrown;
    }
  }
}

function lockDenied(cause: Error, { info }: ServerConnection, statement: string): TailraceError {
  return new TailraceError(
    'SNAPSHOT_LOCK_DENIED',
    `The user of the source may not run ${statement}, and without a moment of rest no position belongs to the copy: ${cause.message}`,
    { place: { host: info.host }, cause },
  );
}

function assertQuiet(before: Position, after: Position): void {
  if (formatPosition(before) === formatPosition(after) && isSamePlace(before, after)) return;
  throw new TailraceError(
    'SNAPSHOT_NOT_QUIET',
    `lock = "none", and the source was written to while the view was opened: ${formatPosition(before)} → ${formatPosition(after)}`,
  );
}

function isSamePlace({ coordinates: a }: Position, { coordinates: b }: Position): boolean {
  return a.file === b.file && a.offset === b.offset;
}
