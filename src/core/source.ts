import type { Checkpoint } from './checkpoint.ts';
import type { Position } from './position.ts';
import type { Transaction } from './transaction.ts';

/** Where transactions come from, in order, from a position on. */
export interface Source {
  /**
   * Transactions after `from`, numbered from `from.seq + 1`, in batches as they come in. Ends when
   * `until` is reached (with every transaction before it handed out); throws a TailraceError otherwise.
   */
  stream(from: Checkpoint, options: StreamOptions): AsyncIterable<readonly Transaction[]>;
  /** Where the source stands now. */
  head(signal: AbortSignal): Promise<Position>;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly until?: Position;
}
