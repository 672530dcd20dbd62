import { TailraceError } from '../../../core/errors.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { readOptionalText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { quoteText } from '../../../server/sql-text.ts';
import { LANE } from '../checkpoint-row.ts';
import type { StateTables } from '../state-database.ts';
import { lockName } from '../task-lock.ts';
import { TUNING } from '../tuning.ts';

interface TaskTables {
  readonly task: string;
  readonly tables: StateTables;
}

/** By the lock the next owner finds a session that lives on at the server, with all that it has not committed. */
export async function takeLaneLock(
  connection: ServerConnection,
  task: TaskTables,
  number: number,
): Promise<void> {
  const name = laneLock(task, number);
  const [row] = await connection.query(
    `SELECT GET_LOCK(${name}, ${TUNING.laneLockSeconds}) AS got`,
  );
  if (readOptionalText(row, 'got') === '1') return;
  throw new TailraceError('TARGET_BUSY', `lane ${number} is held by another connection`, {
    place: { task: task.task },
  });
}

/**
 * Ends what an earlier owner's lanes left behind: whoever has the task's lock is the only owner, and what they have not
 * committed never will be.
 */
export async function endOldLanes(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<void> {
  const rows = await connection.query(
    `SELECT lane FROM ${tables.checkpoint} WHERE task=${quoteText(task)} AND lane>${LANE}`,
  );
  for (const { lane } of rows) {
    const name = laneLock({ task, tables }, Number(lane));
    const [found] = await connection.query(`SELECT IS_USED_LOCK(${name}) AS holder`);
    const holder = readOptionalText(found, 'holder');
    if (holder !== undefined) await kill(connection, holder);
  }
}

function laneLock({ task, tables }: TaskTables, number: number): string {
  return quoteText(lockName(`${task}/${number}`, tables.database));
}

const NO_SUCH_THREAD = 1094;
const NOT_OURS = 1095;

async function kill(connection: ServerConnection, thread: string): Promise<void> {
  try {
    await connection.run(`KILL ${thread}`);
  } catch (thrown) {
    if (!isServerErrno(thrown, NO_SUCH_THREAD, NOT_OURS)) throw thrown;
  }
}
