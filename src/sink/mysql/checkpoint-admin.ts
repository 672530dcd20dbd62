import type { Checkpoint, StoredState } from '../../core/checkpoint.ts';
import type { DeadLetter } from '../../core/dead-letter.ts';
import { formatPosition, type Position } from '../../core/position.ts';
import type { SchemaState } from '../../core/schema-state.ts';
import { connectServer } from '../../server/connect.ts';
import { readNumber } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { readStoredState, schemaStatements } from './checkpoint-row.ts';
import { letterStatement } from './dead-letters.ts';
import { openOwnedTask, type OwnedTarget, type OwnedTargetOptions } from './owned-target.ts';
import { quoteText } from '../../server/sql-text.ts';
import { readReplayMark, replayStatement } from './replay-mark.ts';
import { CHECKPOINT_TABLE, REPLAY_TABLE, listTables, StateTables } from './state-database.ts';
import { forgetSideMark } from './side-mark.ts';
import { TargetTransaction } from './target-transaction.ts';
import { OWNER } from './task-lock.ts';

export type CheckpointAdminOptions = Omit<OwnedTargetOptions, 'sqlLogBin'> & {
  readonly sqlLogBin?: boolean;
};

/** What the target holds for a task; changes nothing, needs no lock. undefined: nothing yet. */
export async function readCheckpoint(
  options: CheckpointAdminOptions,
  signal: AbortSignal,
): Promise<StoredState | undefined> {
  const connection = await connectServer(options.server, 'target', { signal });
  try {
    const tables = await listTables(connection, options.stateDatabase);
    if (tables?.has(CHECKPOINT_TABLE) !== true) return undefined;
    return await readStoredState(connection, new StateTables(options.stateDatabase), options.task);
  } finally {
    await connection.close();
  }
}

/** Up to where the task replays now; undefined: it does not. */
export async function readReplay(
  options: CheckpointAdminOptions,
  signal: AbortSignal,
): Promise<Position | undefined> {
  const connection = await connectServer(options.server, 'target', { signal });
  try {
    const tables = await listTables(connection, options.stateDatabase);
    if (tables?.has(REPLAY_TABLE) !== true) return undefined;
    return await readReplayMark(connection, new StateTables(options.stateDatabase), options.task);
  } finally {
    await connection.close();
  }
}

export interface CheckpointWrite {
  readonly checkpoint: Checkpoint;
  /** Replaces the stored definitions; undefined: they stay. */
  readonly schema?: SchemaState;
  /** `position set`, `position rewind`, …; for the audit table. */
  readonly action: string;
  readonly reason: string;
  /** Where the target stands already; undefined: the checkpoint does not go back. */
  readonly replayUntil?: Position | undefined;
}

/**
 * Moves a task's checkpoint by an operator's wish. Takes the task's lock, so it fails with
 * TASK_LOCKED while the task runs. Prepared XA groups stay: they may be needed from there on.
 */
export async function writeCheckpoint(
  options: CheckpointAdminOptions,
  write: CheckpointWrite,
  signal: AbortSignal,
): Promise<void> {
  await withOwnedTarget(options, signal, async (target) => {
    const { session, row } = target;
    const schema = await schemaReplacement(session.connection, row, write.schema);
    const place = formatPosition(write.checkpoint.position);
    const step = { ...write.checkpoint, schemaDelta: undefined };
    await commit(target, step, [
      ...schema,
      // What a DDL left undone belongs to where the checkpoint was.
      `DELETE FROM ${row.tables.pendingDdl} WHERE task=${quoteText(row.task)}`,
      replayStatement(row.tables, row.task, write.replayUntil),
      ...forgetSideMark(row.task, row.tables, 'kafka'),
      auditStatement(row, { ...write, place }),
    ]);
  });
}

export interface SkipRecord {
  /** Behind the transaction that is passed. */
  readonly checkpoint: Checkpoint;
  readonly letter: DeadLetter;
  /** GTID or coordinates of what is passed. */
  readonly place: string;
  readonly reason: string;
}

/** Passes one transaction: checkpoint, dead letter and audit in one target transaction. */
export async function recordSkip(
  options: CheckpointAdminOptions,
  skip: SkipRecord,
  signal: AbortSignal,
): Promise<void> {
  await withOwnedTarget(options, signal, async (target) => {
    const { row } = target;
    const step = { ...skip.checkpoint, schemaDelta: undefined };
    await commit(target, step, [
      `DELETE FROM ${row.tables.pendingDdl} WHERE task=${quoteText(row.task)}`,
      letterStatement(row.task, row.tables, skip.letter),
      auditStatement(row, { action: 'position skip', place: skip.place, reason: skip.reason }),
    ]);
  });
}

async function withOwnedTarget(
  options: CheckpointAdminOptions,
  signal: AbortSignal,
  work: (target: OwnedTarget) => Promise<void>,
): Promise<void> {
  const target = await openOwnedTask({ sqlLogBin: true, ...options }, signal);
  try {
    await work(target);
  } finally {
    await target.session.close();
  }
}

async function commit(
  target: OwnedTarget,
  step: Checkpoint & { readonly schemaDelta: undefined },
  statements: readonly string[],
): Promise<void> {
  const transaction = new TargetTransaction(target, step);
  try {
    await transaction.runAll(statements);
    await transaction.commit(step);
  } catch (thrown) {
    target.session.destroy();
    throw thrown;
  }
}

type TaskTables = Pick<OwnedTarget['row'], 'task' | 'tables'>;

export async function schemaReplacement(
  connection: ServerConnection,
  { task, tables }: TaskTables,
  schema: SchemaState | undefined,
): Promise<string[]> {
  if (schema === undefined) return [];
  const where = `FROM ${tables.schema} WHERE task=${quoteText(task)}`;
  const [row] = await connection.query(`SELECT COUNT(*) AS found ${where}`);
  const clear = readNumber(row, 'found') === 0 ? [] : [`DELETE ${where}`];
  return [...clear, ...schemaStatements(task, tables, schema)];
}

function auditStatement(
  { task, tables }: TaskTables,
  entry: { readonly action: string; readonly place: string; readonly reason: string },
): string {
  const values = [task, entry.action, OWNER, entry.place, entry.reason].map(quoteText).join(',');
  return (
    `INSERT INTO ${tables.audit} (task,action,who,place,reason,created_at) ` +
    `VALUES (${values},UTC_TIMESTAMP(6))`
  );
}
