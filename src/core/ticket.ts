import type { Checkpoint, CheckpointStep } from './checkpoint.ts';
import type { Seq, Transaction, TransactionName } from './transaction.ts';

/** One sink's promise about one transaction (or part). Settled exactly once. */
export interface Ticket {
  readonly seq: Seq;
  /** It is durable there. */
  ack(): void;
  /** Its bytes are no longer held, though it is not durable yet (a part that was sent on). Settling implies it. */
  release?(): void;
  fail(reason: Error): void;
}

/**
 * Tracks transactions in flight and knows the low-water mark: the last transaction of the complete
 * prefix. Invariants I1–I5 (src/ARCHITECTURE.md) are its own.
 */
export interface OrderedAcker {
  /**
   * Takes a transaction (or part) and gives one ticket for each receiver; with `receivers` 0 it is done
   * at once. Returns a promise only when it has to wait because too many bytes are in flight.
   */
  track(tx: Transaction, receivers: number, signal: AbortSignal): Ticket[] | Promise<Ticket[]>;
  readonly lowWater: Checkpoint | undefined;
  readonly bytesInFlight: number;
  /** The oldest transaction that is not done, and since when (monotonic ms). */
  readonly oldest:
    | {
        readonly transaction: TransactionName;
        readonly hasDdl: boolean;
        readonly sinceMs: number;
      }
    | undefined;
  /** Rejects with the first failed ticket's reason. Never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when nothing is in flight. */
  drained(): Promise<void>;
  /** Hands what moved since the last call to the store, at most one merged step. */
  takeStep(): CheckpointStep | undefined;
}
