import { quoteText } from '../../../server/sql-text.ts';
import { checkpointMoved, LANE, type CheckpointRow } from '../checkpoint-row.ts';
import type { TargetSession } from '../target-session.ts';

/**
 * Begins a transaction that holds a shared lock on the checkpoint row at our epoch: several connections
 * hold it at once, and whoever takes the task over waits for all of them.
 */
export async function beginFenced(session: TargetSession, row: CheckpointRow): Promise<void> {
  const fence =
    `SELECT seq FROM ${row.tables.checkpoint} WHERE task=${quoteText(row.task)}` +
    ` AND lane=${LANE} AND epoch=${row.epoch} LOCK IN SHARE MODE`;
  const replies = await session.run(`BEGIN;${fence}`);
  if (replies[1]?.rows?.length === 1) return;
  throw checkpointMoved(row.task, 'another process took the task over');
}
