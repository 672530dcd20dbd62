import type { Logger } from '../lib/logger.ts';

/** Says that a stop was asked for. Returns how to take it back. */
export function announceStop(logger: Logger, signal: AbortSignal): () => void {
  const say = (): void => {
    logger.info('Stopping: what is under way is finished or rolled back');
  };
  signal.addEventListener('abort', say, { once: true });
  return () => {
    signal.removeEventListener('abort', say);
  };
}
