import { TailraceError, toTailraceError } from '../core/errors.ts';
import { createBackoff } from '../lib/backoff.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import { abortReason } from '../lib/until-aborted.ts';
import { DamageWatch } from './damage-watch.ts';
import type { TaskBoard } from './task-board.ts';

export interface RetryOptions {
  readonly board: TaskBoard;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Worth another try though it does not pass by itself: something else goes on meanwhile. */
  readonly mayMend?: ((error: TailraceError) => boolean) | undefined;
}

const RETRY = { minMs: 200, maxMs: 30_000 };

/**
 * What may pass is tried again, with backoff, for ever; what can't pass by itself is thrown. Rejects
 * with the signal's reason when it was asked to stop. `onProgress` makes the next waits short again.
 */
export async function retryForever<T>(
  attempt: (onProgress: () => void) => Promise<T>,
  { board, logger, signal, mayMend }: RetryOptions,
): Promise<T> {
  const backoff = createBackoff(RETRY);
  const damage = new DamageWatch();
  for (;;) {
    try {
      return await attempt(() => {
        backoff.reset();
      });
    } catch (thrown) {
      if (isStop(thrown, signal)) throw abortReason(signal);
      const error = damage.judge(toTailraceError(thrown));
      if (!error.isTransient && mayMend?.(error) !== true) throw error;
      const delayMs = backoff.next();
      board.retry(error);
      logger.warn({ error, delayMs }, 'Interrupted; trying again');
      await sleep(delayMs, signal);
    }
  }
}

/** Did it end because it was asked to, and not by a fault that came at the same time? */
export function isStop(thrown: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (thrown === signal.reason) return true;
  if (thrown instanceof TailraceError) return thrown.isTransient;
  return thrown instanceof Error && thrown.name === 'AbortError';
}
