import type { Checkpoint, StoredState } from './checkpoint.ts';
import type { Ticket } from './ticket.ts';
import type { Transaction } from './transaction.ts';

export interface Delivery {
  readonly transaction: Transaction;
  readonly ticket: Ticket;
}

/**
 * Where transactions go. A sink takes deliveries in order, makes them durable and settles each ticket
 * once. It never sees bytes of the binlog beyond `RowImages`, and never another sink.
 */
export interface Sink {
  readonly name: string;
  /** Connects and locks. A sink with a checkpoint of its own returns it: it is the truth for that sink. */
  open(signal: AbortSignal): Promise<StoredState | undefined>;
  /**
   * Keeps where a task begins that begins "now": after a crash, or on another machine, a later now would pass over what
   * lies between. Called before the first `write`, and only when no mark was found anywhere.
   */
  storeStart?(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>;
  /**
   * Accepts a batch; resolves when the sink is ready for more. Whatever goes wrong with an accepted
   * delivery is told through its ticket, or by a rejection here.
   */
  write(batch: readonly Delivery[], signal: AbortSignal): Promise<void>;
  /** Resolves when everything accepted so far is settled. */
  drain(): Promise<void>;
  /** Ends: the group in flight is finished or rolled back. Never rejects. */
  close(): Promise<void>;
  /** The payload of an XaPrepare that is not ended yet, when this sink keeps them. */
  loadPrepared?(xid: string): Promise<readonly Uint8Array[] | undefined>;
}
