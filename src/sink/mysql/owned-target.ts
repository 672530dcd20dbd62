import type { StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/position.ts';
import { deserializePosition } from '../../core/position-parse.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import {
  CheckpointRow,
  LANE,
  readCheckpointRecord,
  readStoredState,
  type CheckpointRecord,
} from './checkpoint-row.ts';
import { firstFitting, refuseUnfit, targetIdOf, type TargetMemory } from './choose-target.ts';
import { endOldLanes } from './lanes/lane-lock.ts';
import { quoteText } from '../../server/sql-text.ts';
import { PartitionMarks, takePartitions } from './partition-marks.ts';
import { readReplayMark, ReplayMark } from './replay-mark.ts';
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
  /** Of a standby: the lock is waited for as long as another has it. */
  readonly waitsForLock?: boolean;
  readonly onWaitForLock?: (owner: string) => void;
}

/**
 * A session that owns a mark on the target: the task's checkpoint row, with the task's lock, or the rows of a
 * consumer's partitions, without a lock. Taking over raises epoch or generations, so that an older connection that
 * still lives can't commit any more.
 */
export interface OwnedTarget<M extends TargetMark = TargetMark> {
  readonly session: TargetSession;
  readonly row: M;
  /** What of the source was applied before the checkpoint was set back. */
  readonly replay: ReplayMark;
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
    if (consumer === undefined) return takeTask(connection, { ...options, tables }, signal);
    const { partitions } = consumer;
    const marks = before instanceof PartitionMarks ? before : undefined;
    return takePartitions(connection, { task, tables, partitions, before: marks });
  });
}

/** The same for the task's checkpoint row, whatever else the task has. */
export function openOwnedTask(
  options: OwnedTargetOptions,
  signal: AbortSignal,
): Promise<OwnedTarget<CheckpointRow>> {
  const tables = new StateTables(options.stateDatabase);
  return withSession(options, signal, ({ connection }) =>
    takeTask(connection, { ...options, tables }, signal),
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
  return { session, row, replay: await readReplay(session.connection, row) };
}

/** A consumer's offsets are not set back by positions. */
async function readReplay(connection: ServerConnection, row: TargetMark): Promise<ReplayMark> {
  const { task, tables } = row;
  const isTask = row instanceof CheckpointRow;
  const until = isTask ? await readReplayMark(connection, tables, task) : undefined;
  if (until === undefined) return new ReplayMark(undefined, undefined);
  const record = await readCheckpointRecord(connection, tables, task);
  const at = record?.position === undefined ? undefined : deserializePosition(record.position);
  return new ReplayMark(until, at);
}

async function takeTask(
  connection: ServerConnection,
  options: OwnedTargetOptions & { readonly tables: StateTables },
  signal: AbortSignal,
): Promise<CheckpointRow> {
  const { task, tables, waitsForLock, onWaitForLock: onWait } = options;
  await takeTaskLock(connection, { task, tables, waitsForLock, onWait }, signal);
  await endOldLanes(connection, tables, task);
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
    WHERE task=${quoteText(task)}`,
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
