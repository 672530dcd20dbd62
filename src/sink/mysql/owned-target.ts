import type { StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/position.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import {
  CheckpointRow,
  LANE,
  readCheckpointRecord,
  readStoredState,
  whereTask,
  type CheckpointRecord,
} from './checkpoint-row.ts';
import { firstFitting, refuseUnfit, targetIdOf, type TargetMemory } from './choose-target.ts';
import { quoteText } from '../../server/sql-text.ts';
import { PartitionMarks, takePartitions } from './partition-marks.ts';
import { ensureStateDatabase, StateTables } from './state-database.ts';
import type { TargetMark } from './target-mark.ts';
import {
  openTargetSession,
  type TargetSession,
  type TargetSessionOptions,
} from './target-session.ts';
import { OWNER, takeTaskLock } from './task-lock.ts';

export interface OwnedTargetOptions extends TargetSessionOptions {
  readonly task: string;
  readonly stateDatabase: string;
  readonly consumer?: { readonly partitions: readonly TopicPartition[] };
  readonly memory?: TargetMemory;
}

/**
 * A session that owns a mark on the target: the task's checkpoint row, with the task's lock, or the rows of a
 * consumer's partitions, without a lock. Taking over raises epoch or generations, so that an older connection that
 * still lives can't commit any more.
 */
export interface OwnedTarget<M extends TargetMark = TargetMark> {
  readonly session: TargetSession;
  readonly row: M;
}

/** `before`: the mark of a connection of ours that was lost. */
export async function openOwnedTarget(
  options: OwnedTargetOptions,
  signal: AbortSignal,
  before?: TargetMark,
): Promise<OwnedTarget> {
  const { task, consumer } = options;
  const tables = new StateTables(options.stateDatabase);
  return withSession(options, signal, async ({ connection }) => {
    if (consumer === undefined) return takeTask(connection, { task, tables }, signal);
    const known = before instanceof PartitionMarks ? before.generations : undefined;
    const { partitions } = consumer;
    return takePartitions(connection, { task, tables, partitions, known });
  });
}

/** The same for the task's checkpoint row, whatever else the task has. */
export function openOwnedTask(
  options: OwnedTargetOptions,
  signal: AbortSignal,
): Promise<OwnedTarget<CheckpointRow>> {
  const { task } = options;
  const tables = new StateTables(options.stateDatabase);
  return withSession(options, signal, ({ connection }) =>
    takeTask(connection, { task, tables }, signal),
  );
}

async function withSession<M extends TargetMark>(
  options: OwnedTargetOptions,
  signal: AbortSignal,
  take: (session: TargetSession) => Promise<M>,
): Promise<OwnedTarget<M>> {
  const { server } = options;
  return firstFitting(server.hosts, signal, async (host) => {
    const at = { ...options, server: { ...server, hosts: [host] } };
    const session = await openTargetSession(at, signal);
    try {
      return await takeAt(session, { options, take });
    } catch (thrown) {
      session.destroy();
      throw thrown;
    }
  });
}

async function takeAt<M extends TargetMark>(
  session: TargetSession,
  { options, take }: { options: OwnedTargetOptions; take: (session: TargetSession) => Promise<M> },
): Promise<OwnedTarget<M>> {
  const { task, stateDatabase, memory, server } = options;
  const hasOthers = server.hosts.length > 1;
  await refuseUnfit(session.connection, { task, stateDatabase, memory, hasOthers });
  await ensureStateDatabase(session.connection, stateDatabase);
  const row = await take(session);
  memory?.remember(targetIdOf(session.connection));
  return { session, row };
}

async function takeTask(
  connection: ServerConnection,
  { task, tables }: { readonly task: string; readonly tables: StateTables },
  signal: AbortSignal,
): Promise<CheckpointRow> {
  await takeTaskLock(connection, { task, tables }, signal);
  return new CheckpointRow(task, tables, await takeOver(connection, tables, task));
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

export async function loadState(target: OwnedTarget): Promise<StoredState | undefined> {
  const { session, row } = target;
  if (row instanceof PartitionMarks) {
    return { checkpoint: { seq: 0, position: row.position }, schema: new Map() };
  }
  return readStoredState(session.connection, row.tables, row.task);
}
