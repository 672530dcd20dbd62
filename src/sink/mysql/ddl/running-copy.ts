import { sleep } from '../../../lib/sleep.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { readOptionalText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { quoteText } from '../../../server/sql-text.ts';

const POLL_MS = 200;
const NO_SUCH_THREAD = 1094;

/**
 * Resolves when the session that held this lock is gone. A session runs its statement to the end
 * though its client is dead, and may even begin one that was in its socket when the client died; so
 * the lock, which lives exactly as long as the session, is what is waited for. A session that
 * does nothing is ended; one that executes is left alone, because a DDL that is ended has to be undone.
 */
export async function waitForRunningCopy(
  connection: ServerConnection,
  lock: string,
  { signal, onWait }: { readonly signal: AbortSignal; readonly onWait: () => void },
): Promise<void> {
  let isFirst = true;
  for (;;) {
    signal.throwIfAborted();
    const [row] = await connection.query(`SELECT IS_USED_LOCK(${quoteText(lock)}) AS holder`);
    const holder = readOptionalText(row, 'holder');
    if (holder === undefined) return;
    if (await isIdle(connection, holder)) await endSession(connection, holder);
    else if (isFirst) {
      isFirst = false;
      onWait();
    }
    await sleep(POLL_MS, signal);
  }
}

async function isIdle(connection: ServerConnection, threadId: string): Promise<boolean> {
  const [row] = await connection.query(
    'SELECT COMMAND AS command FROM information_schema.PROCESSLIST WHERE ID = ?',
    [threadId],
  );
  return readOptionalText(row, 'command') === 'Sleep';
}

async function endSession(connection: ServerConnection, threadId: string): Promise<void> {
  try {
    await connection.run(`KILL ${Number(threadId)}`);
  } catch (thrown) {
    if (!isServerErrno(thrown, NO_SUCH_THREAD)) throw thrown;
  }
}
