import type { StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import {
  CheckpointRow,
  LANE,
  readCheckpointRecord,
  readStoredState,
  whereTask,
  type CheckpointRecord,
} from './checkpoint-row.ts';
import { quoteText } from '../../server/sql-text.ts';
import { ensureStateDatabase, StateTables } from './state-database.ts';
import {
  openTargetSession,
  type TargetSession,
  type TargetSessionOptions,
} from './target-session.ts';
import { OWNER, takeTaskLock } from './task-lock.ts';

export interface OwnedTargetOptions extends TargetSessionOptions {
  readonly task: string;
  readonly stateDatabase: string;
}

/**
 * A session that holds the task's lock and owns its checkpoint row. Taking over raises the row's
 * epoch, so that an older connection that still lives can't commit any more.
 */
export interface OwnedTarget {
  readonly session: TargetSession;
  readonly row: CheckpointRow;
  /** As the row was when it was taken over. */
  readonly record: CheckpointRecord;
}

export async function openOwnedTarget(
  options: OwnedTargetOptions,
  signal: AbortSignal,
): Promise<OwnedTarget> {
  const { task } = options;
  const tables = new StateTables(options.stateDatabase);
  const session = await openTargetSession(options, signal);
  try {
    await ensureStateDatabase(session.connection, options.stateDatabase);
    await takeTaskLock(session.connection, { task, tables }, signal);
    const record = await takeOver(session.connection, tables, task);
    return { session, record, row: new CheckpointRow(task, tables, record) };
  } catch (thrown) {
    session.destroy();
    throw thrown;
  }
}

async function takeOver(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<CheckpointRecord> {
  await connection.run(
    `INSERT IGNORE INTO ${tables.checkpoint}
    (task, lane, seq, epoch, owner, touches, position, updated_at)
    VALUES (${quoteText(task)}, ${LANE}, 0, 0, '', 0, NULL, UTC_TIMESTAMP(6))`,
  );
  await connection.run(
    `UPDATE ${tables.checkpoint} SET epoch = epoch + 1, owner = ${quoteText(OWNER)}
    WHERE ${whereTask(task)}`,
  );
  const record = await readCheckpointRecord(connection, tables, task);
  if (record?.owner === OWNER) return record;
  throw new TailraceError('CHECKPOINT_MOVED', 'the checkpoint row was taken over meanwhile', {
    place: { task },
  });
}

export function loadState(target: OwnedTarget): Promise<StoredState | undefined> {
  const { session, row } = target;
  return readStoredState(session.connection, row.tables, row.task);
}
