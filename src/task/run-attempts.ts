import { toTailraceError } from '../core/errors.ts';
import { isStop, retryForever, type RetryOptions } from './retry-forever.ts';
import type { TaskControl } from './task-control.ts';

export interface AttemptsOptions extends RetryOptions {
  /** By which it is paused; absent: it can't be. */
  readonly control?: TaskControl | undefined;
}

/**
 * Attempts until one ends well or the signal is aborted, with pauses between where an operator asks for them;
 * throws what can't pass by itself.
 */
export async function runAttempts(
  attempt: (signal: AbortSignal, onProgress: () => void) => Promise<void>,
  options: AttemptsOptions,
): Promise<void> {
  const { board, signal } = options;
  try {
    while (!(await runUntilPaused(attempt, options))) await waitPaused(options);
  } catch (thrown) {
    if (!isStop(thrown, signal)) {
      const error = toTailraceError(thrown);
      board.fail(error);
      throw error;
    }
  }
  board.end();
}

/** False: it was paused. */
async function runUntilPaused(
  attempt: (signal: AbortSignal, onProgress: () => void) => Promise<void>,
  options: AttemptsOptions,
): Promise<boolean> {
  const { signal, control } = options;
  const inner = control?.attemptSignal(signal) ?? signal;
  try {
    await retryForever((onProgress) => attempt(inner, onProgress), { ...options, signal: inner });
    return true;
  } catch (thrown) {
    if (signal.aborted || control?.isPaused !== true || !isStop(thrown, inner)) throw thrown;
    return false;
  }
}

async function waitPaused({ board, logger, control, signal }: AttemptsOptions): Promise<void> {
  board.pause();
  logger.warn('Paused; POST /tasks/NAME/resume, or a new start, goes on');
  await control?.untilResumed(signal);
  board.begin();
  logger.info('Resumed');
}
