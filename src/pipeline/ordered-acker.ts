import type { Checkpoint, CheckpointStep } from '../core/checkpoint.ts';
import { TailraceError } from '../core/errors.ts';
import type { Gtid } from '../core/gtid-set.ts';
import type { BinlogCoordinates, Position } from '../core/position.ts';
import type { SchemaDelta } from '../core/schema-state.ts';
import type { OrderedAcker, Ticket } from '../core/ticket.ts';
import { hasDdl, type Seq, type Transaction } from '../core/transaction.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { createDeferred, type Deferred } from '../lib/deferred.ts';
import { untilAborted } from '../lib/until-aborted.ts';

export interface OrderedAckerOptions {
  /** What is done already: the next transaction is `from.seq + 1`. Default: whatever comes first. */
  readonly from?: Checkpoint;
  readonly maxBytes?: number;
  readonly maxTransactions?: number;
  readonly clock?: Clock;
}

export function createOrderedAcker(options: OrderedAckerOptions = {}): OrderedAcker {
  return new RingAcker(options);
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_TRANSACTIONS = 65_536;
/** A caller that waits is let in again below this share of the limits, so that it doesn't stutter. */
const REOPEN_SHARE = 0.8;

/** One transaction from its first part on until the low-water mark passes it. */
interface Slot {
  /** For `oldest`. The transaction itself is not kept: its rows are what memory is spent on. */
  readonly gtid: Gtid | undefined;
  readonly coordinates: BinlogCoordinates;
  readonly committedAtMs: number;
  readonly hasDdl: boolean;
  readonly sinceMs: number;
  unsettled: number;
  /** Its last part was tracked. */
  isWhole: boolean;
  hasFailed: boolean;
  resumeAt: Position | undefined;
  schemaDelta: SchemaDelta | undefined;
}

/** One tracked part: its bytes count until each receiver has let go of it. */
interface Part {
  readonly slot: Slot;
  readonly bytes: number;
  holders: number;
}

/**
 * The heart of the checkpoints. Transactions come with dense numbers and stand in a ring; each may be
 * split (several receivers, several parts) or vanish (nobody wants it); tickets are settled in any
 * order. The low-water mark moves over the complete prefix only, and only to where a resume is
 * possible. That order is kept by number, never by comparing positions, is all there is to it.
 *
 * Back-pressure: `track` waits once the limits are reached, at the first part of a transaction only.
 * Its later parts never wait, because a receiver may be unable to settle anything before it has the
 * last one; they are bounded by the receiver's own `write`.
 */
class RingAcker implements OrderedAcker {
  readonly failed: Promise<never>;
  readonly #failure: Deferred<never> = createDeferred<never>();
  readonly #maxBytes: number;
  readonly #maxTransactions: number;
  readonly #clock: Clock;
  /** Slot of `seq` at `seq & (length - 1)`; the length is a power of two. */
  #ring: (Slot | undefined)[] = new Array<Slot | undefined>(1024).fill(undefined);
  #head: Seq;
  #next: Seq;
  #partsSeen = 0;
  #bytes = 0;
  #unsettled = 0;
  #failureReason: Error | undefined;
  #reopened: Deferred<undefined> | undefined;
  #drained: Deferred<undefined> | undefined;
  #lowWater: Checkpoint | undefined;
  #isMoved = false;
  /** Deltas up to the low-water mark, and of transactions behind it that can't be resumed at. */
  #stepDelta: Map<string, string | null> | undefined;
  #heldDelta: Map<string, string | null> | undefined;

  constructor(options: OrderedAckerOptions) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxTransactions = options.maxTransactions ?? DEFAULT_MAX_TRANSACTIONS;
    this.#clock = options.clock ?? systemClock;
    this.#lowWater = options.from;
    this.#head = options.from === undefined ? -1 : options.from.seq + 1;
    this.#next = this.#head;
    this.failed = this.#failure.promise;
    this.failed.catch(() => undefined);
  }

  get lowWater(): Checkpoint | undefined {
    return this.#lowWater;
  }

  get bytesInFlight(): number {
    return this.#bytes;
  }

  get oldest(): OrderedAcker['oldest'] {
    const slot = this.#head === this.#next ? undefined : this.#slotOf(this.#head);
    if (slot === undefined) return undefined;
    const { gtid, coordinates, committedAtMs, hasDdl, sinceMs } = slot;
    return { transaction: { seq: this.#head, gtid, coordinates, committedAtMs }, hasDdl, sinceMs };
  }

  track(tx: Transaction, receivers: number, signal: AbortSignal): Ticket[] | Promise<Ticket[]> {
    if (this.#failureReason !== undefined) throw this.#failureReason;
    if (this.#reopened !== undefined) throw fault(`${tx.seq} is tracked while another waits`);
    if (tx.part.index > 0 || !this.#isFull(1)) return this.#admit(tx, receivers);
    return this.#admitLater(tx, receivers, signal);
  }

  async drained(): Promise<void> {
    if (this.#failureReason !== undefined) throw this.#failureReason;
    if (this.#unsettled === 0) return;
    this.#drained ??= createDeferred<undefined>();
    await this.#drained.promise;
  }

  takeStep(): CheckpointStep | undefined {
    if (!this.#isMoved || this.#lowWater === undefined) return undefined;
    const step = { ...this.#lowWater, schemaDelta: this.#stepDelta };
    this.#isMoved = false;
    this.#stepDelta = undefined;
    return step;
  }

  /** A receiver has let go of the part's bytes. */
  released(part: Part): void {
    if (--part.holders > 0) return;
    this.#bytes -= part.bytes;
    if (this.#reopened !== undefined && !this.#isFull(REOPEN_SHARE)) this.#reopen();
  }

  acked(slot: Slot): void {
    slot.unsettled--;
    if (isDone(slot) && this.#slotOf(this.#head) === slot) this.#advance();
    this.#settledOne();
  }

  refused(slot: Slot, reason: Error): void {
    slot.unsettled--;
    slot.hasFailed = true;
    if (this.#failureReason === undefined) {
      this.#failureReason = reason;
      this.#failure.reject(reason);
      this.#reopened?.reject(reason);
      this.#drained?.reject(reason);
    }
    this.#settledOne();
  }

  async #admitLater(tx: Transaction, receivers: number, signal: AbortSignal): Promise<Ticket[]> {
    this.#reopened = createDeferred<undefined>();
    try {
      await untilAborted(this.#reopened.promise, signal);
    } finally {
      this.#reopened = undefined;
    }
    if (this.#failureReason !== undefined) throw this.#failureReason;
    return this.#admit(tx, receivers);
  }

  #admit(tx: Transaction, receivers: number): Ticket[] {
    const slot = this.#slotFor(tx);
    const tickets = new Array<Ticket>(receivers);
    if (receivers > 0) {
      const part: Part = { slot, bytes: tx.bytes, holders: receivers };
      for (let i = 0; i < receivers; i++) tickets[i] = new PartTicket(this, part, tx.seq);
      slot.unsettled += receivers;
      this.#unsettled += receivers;
      this.#bytes += tx.bytes;
    }
    if (tx.part.last) {
      slot.isWhole = true;
      slot.resumeAt = tx.resumeAt;
      slot.schemaDelta = tx.schemaDelta;
      if (isDone(slot) && tx.seq === this.#head) this.#advance();
    }
    return tickets;
  }

  /** The slot of a first part is made, that of a later part found; anything out of order is refused. */
  #slotFor(tx: Transaction): Slot {
    const { index, last } = tx.part;
    if (index !== this.#partsSeen) {
      throw fault(`part ${index} of ${tx.seq} came where part ${this.#partsSeen} was due`);
    }
    if (this.#head === -1) this.#head = this.#next = tx.seq;
    const due = index === 0 ? this.#next : this.#next - 1;
    if (tx.seq !== due) throw fault(`transaction ${tx.seq} came where ${due} was due`);
    this.#partsSeen = last ? 0 : index + 1;
    if (index === 0) return this.#openSlot(tx);
    const slot = this.#slotOf(tx.seq);
    if (slot === undefined) throw fault(`transaction ${tx.seq} has no slot`);
    return slot;
  }

  #openSlot(tx: Transaction): Slot {
    if (this.#next - this.#head === this.#ring.length) this.#grow();
    const slot: Slot = {
      gtid: tx.gtid,
      coordinates: tx.coordinates,
      committedAtMs: tx.committedAtMs,
      hasDdl: hasDdl(tx),
      sinceMs: this.#clock.monotonicMs(),
      unsettled: 0,
      isWhole: false,
      hasFailed: false,
      resumeAt: undefined,
      schemaDelta: undefined,
    };
    this.#ring[this.#next & (this.#ring.length - 1)] = slot;
    this.#next++;
    return slot;
  }

  /** Moves the low-water mark over the complete prefix. */
  #advance(): void {
    const mask = this.#ring.length - 1;
    while (this.#head < this.#next) {
      const slot = this.#ring[this.#head & mask];
      if (slot === undefined || !isDone(slot)) break;
      if (slot.schemaDelta !== undefined) {
        this.#heldDelta = merge(this.#heldDelta, slot.schemaDelta);
      }
      if (slot.resumeAt !== undefined) {
        this.#lowWater = { seq: this.#head, position: slot.resumeAt };
        this.#isMoved = true;
        if (this.#heldDelta !== undefined) {
          this.#stepDelta = merge(this.#stepDelta, this.#heldDelta);
          this.#heldDelta = undefined;
        }
      }
      this.#ring[this.#head & mask] = undefined;
      this.#head++;
    }
    if (this.#reopened !== undefined && !this.#isFull(REOPEN_SHARE)) this.#reopen();
  }

  #settledOne(): void {
    this.#unsettled--;
    if (this.#unsettled > 0 || this.#failureReason !== undefined) return;
    this.#drained?.resolve(undefined);
    this.#drained = undefined;
  }

  #isFull(share: number): boolean {
    const transactions = this.#next - this.#head;
    if (transactions === 0) return false;
    return this.#bytes >= this.#maxBytes * share || transactions >= this.#maxTransactions * share;
  }

  #reopen(): void {
    this.#reopened?.resolve(undefined);
  }

  #slotOf(seq: Seq): Slot | undefined {
    return this.#ring[seq & (this.#ring.length - 1)];
  }

  #grow(): void {
    const grown = new Array<Slot | undefined>(this.#ring.length * 2).fill(undefined);
    for (let seq = this.#head; seq < this.#next; seq++) {
      grown[seq & (grown.length - 1)] = this.#slotOf(seq);
    }
    this.#ring = grown;
  }
}

class PartTicket implements Ticket {
  readonly seq: Seq;
  readonly #acker: RingAcker;
  readonly #part: Part;
  #isReleased = false;
  #isSettled = false;

  constructor(acker: RingAcker, part: Part, seq: Seq) {
    this.#acker = acker;
    this.#part = part;
    this.seq = seq;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#acker.released(this.#part);
  }

  ack(): void {
    this.#settle();
    this.#acker.acked(this.#part.slot);
  }

  fail(reason: Error): void {
    this.#settle();
    this.#acker.refused(this.#part.slot, reason);
  }

  #settle(): void {
    if (this.#isSettled) throw fault(`a ticket of transaction ${this.seq} was settled twice`);
    this.#isSettled = true;
    this.release();
  }
}

function isDone(slot: Slot): boolean {
  return slot.isWhole && slot.unsettled === 0 && !slot.hasFailed;
}

/** Later wins. A single delta is copied: it belongs to its transaction. */
function merge(
  into: Map<string, string | null> | undefined,
  delta: SchemaDelta,
): Map<string, string | null> {
  if (into === undefined) return new Map(delta);
  for (const [key, value] of delta) into.set(key, value);
  return into;
}

function fault(message: string): TailraceError {
  return new TailraceError('INTERNAL_FAULT', message);
}
