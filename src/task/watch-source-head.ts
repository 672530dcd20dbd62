import { TailraceError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import type { ServerOptions } from '../server/connect-options.ts';
import { HeadProbe } from '../source/binlog/head-probe.ts';
import type { TaskBoard } from './task-board.ts';

const EVERY_MS = 3000;
const AFTER_FAULT_MS = 15_000;

export interface HeadWatchOptions {
  readonly server: ServerOptions;
  readonly board: TaskBoard;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Tells the board every few seconds where the source is, for the life of a task. Never rejects. */
export async function watchSourceHead(options: HeadWatchOptions): Promise<void> {
  const { signal } = options;
  const probe = new HeadProbe(options.server);
  try {
    while (!signal.aborted) {
      const isAnswered = await lookOnce(probe, options);
      await sleep(isAnswered ? EVERY_MS : AFTER_FAULT_MS, signal);
    }
  } catch (thrown) {
    if (!signal.aborted) options.logger.warn({ error: thrown }, 'The source is no longer watched');
  } finally {
    probe.close();
  }
}

/** False: it did not answer; the stream, which reads the same server, says why. */
async function lookOnce(probe: HeadProbe, options: HeadWatchOptions): Promise<boolean> {
  const { board, logger, signal } = options;
  const host = board.sourceHost;
  if (host === undefined) return true;
  try {
    board.observeHead(await probe.look(host, signal));
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    const code = thrown instanceof TailraceError ? thrown.code : 'INTERNAL_FAULT';
    logger.debug({ code, error: thrown }, 'The source did not say where its binlog ends');
    return false;
  }
}
