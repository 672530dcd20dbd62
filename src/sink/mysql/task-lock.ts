import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { TailraceError } from '../../core/errors.ts';
import { systemClock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { isServerErrno } from '../../server/error-from-server.ts';
import { readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { readCheckpointRecord } from './checkpoint-row.ts';
import { quoteText } from '../../server/sql-text.ts';
import type { StateTables } from './state-database.ts';
import { TUNING } from './tuning.ts';

/** Names this process in the checkpoint row. Made once: a connection that we lost is still ours. */
export const OWNER = `${hostname()} pid ${process.pid} ${randomBytes(6).toString('hex')}`;

const MAX_LOCK_NAME = 64;
const NO_SUCH_THREAD = 1094;

/** Servers refuse or cut lock names beyond 64 characters. */
export function lockName(task: string, stateDatabase: string): string {
  const name = `tailrace:${stateDatabase}:${task}`;
  if (name.length <= MAX_LOCK_NAME) return name;
  return `tailrace:${createHash('sha1').update(name).digest('hex')}`;
}

export interface TaskLockOptions {
  readonly task: string;
  readonly tables: StateTables;
  /** However long it takes. */
  readonly waitsForLock?: boolean | undefined;
  /** Told each time that it was not had, and by whom it is. */
  readonly onWait?: ((owner: string) => void) | undefined;
}

/**
 * Takes the task's lock on the target. It belongs to the connection that writes, so it is lost with
 * it. Tried for ten seconds: the server may not have noticed yet that our last process died. A lock
 * that a connection of this very process still holds (it was cut off) is taken away from it.
 */
export async function takeTaskLock(
  connection: ServerConnection,
  { task, tables, onWait, waitsForLock }: TaskLockOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = quoteText(lockName(task, tables.database));
  const deadlineMs = systemClock.monotonicMs() + TUNING.lockTimeoutMs;
  for (;;) {
    const [row] = await connection.query(`SELECT GET_LOCK(${name}, 0) AS got`);
    if (readOptionalText(row, 'got') === '1') return;
    const record = await readCheckpointRecord(connection, tables, task);
    if (record?.owner === OWNER) await killHolder(connection, name);
    if (waitsForLock === true) onWait?.(record?.owner ?? '');
    else if (systemClock.monotonicMs() >= deadlineMs) throw locked(task, record?.owner);
    await sleep(TUNING.lockRetryMs, signal);
  }
}

async function killHolder(connection: ServerConnection, name: string): Promise<void> {
  const [row] = await connection.query(`SELECT IS_USED_LOCK(${name}) AS holder`);
  const holder = readOptionalText(row, 'holder');
  if (holder === undefined || Number(holder) === connection.threadId) return;
  try {
    await connection.run(`KILL ${holder}`);
  } catch (thrown) {
    if (!isServerErrno(thrown, NO_SUCH_THREAD)) throw thrown;
  }
}

function locked(task: string, owner: string | undefined): TailraceError {
  const who = owner === undefined || owner === '' ? 'another process' : owner;
  return new TailraceError('TASK_LOCKED', `task ${task} is run by ${who}`, { place: { task } });
}
