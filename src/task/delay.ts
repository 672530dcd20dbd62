import type { Transaction } from '../core/transaction.ts';
import { sleep } from '../lib/sleep.ts';
import type { TaskBoard } from './task-board.ts';

interface DelayOptions {
  readonly delayMs: number;
  readonly board: TaskBoard;
  readonly signal: AbortSignal;
}

/**
 * Hands each transaction on when it is as old as the task is set to be late. What waits is not read on:
 * the source's socket is paused, so a day's delay costs no memory.
 */
export async function* delayed(
  batches: AsyncIterable<readonly Transaction[]>,
  { delayMs, board, signal }: DelayOptions,
): AsyncGenerator<readonly Transaction[]> {
  for await (const batch of batches) {
    let from = 0;
    while (from < batch.length) {
      const to = countDue(batch, from, Date.now() - delayMs);
      if (to > from) yield batch.slice(from, to);
      from = to;
      const next = batch[from];
      if (next === undefined) break;
      const dueMs = next.committedAtMs + delayMs;
      board.holdUntil(dueMs, next.committedAtMs);
      await sleep(Math.min(MAX_WAIT_MS, Math.max(1, dueMs - Date.now())), signal);
    }
  }
}

/** Clocks are set; a wait is looked at again now and then. */
const MAX_WAIT_MS = 5000;

/** Index behind the last that is old enough; the parts of one transaction have the same age. */
function countDue(batch: readonly Transaction[], from: number, bornBeforeMs: number): number {
  let to = from;
  while (to < batch.length && (batch[to]?.committedAtMs ?? 0) <= bornBeforeMs) to += 1;
  return to;
}
