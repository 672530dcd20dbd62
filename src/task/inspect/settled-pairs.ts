import type { Position } from '../../core/position.ts';
import { isReached } from '../../core/position-order.ts';
import { systemClock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { isPair, type PairProblem, type TablePair } from '../../inspect/table-pair.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import type { CheckpointReader } from '../../sink/mysql/checkpoint-fence.ts';
import { readPairs, type PairSelection } from './read-pairs.ts';

export interface SettledPairsOptions {
  readonly checkpoint: CheckpointReader | undefined;
  readonly readHead: (source: ServerConnection) => Promise<Position>;
  readonly signal: AbortSignal;
}

const ATTEMPTS = 3;
const LONGEST_MS = 30_000;
const POLL_MS = 250;

/** The pairs; a table that the target lacks may be on its way there, and is waited for. */
export async function readSettledPairs(
  selection: PairSelection,
  { checkpoint, readHead, signal }: SettledPairsOptions,
): Promise<readonly (TablePair | PairProblem)[]> {
  const { source, target } = selection.connections;
  const deadlineMs = systemClock.monotonicMs() + LONGEST_MS;
  let pairs = await readPairs(selection);
  for (let attempt = 0; attempt < ATTEMPTS && !pairs.every(isPair); attempt += 1) {
    if (checkpoint === undefined) return pairs;
    const head = await readHead(source);
    for (;;) {
      const mark = await checkpoint.read(target);
      if (mark === undefined || isReached(mark, head)) break;
      if (systemClock.monotonicMs() > deadlineMs) return pairs;
      if (!(await checkpoint.isRunning(target))) return pairs;
      await sleep(POLL_MS, signal);
    }
    pairs = await readPairs(selection);
  }
  return pairs;
}
