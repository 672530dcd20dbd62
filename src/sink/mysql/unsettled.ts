import type { Delivery } from '../../core/sink.ts';
import type { Position } from '../../core/position.ts';
import type { Ticket } from '../../core/ticket.ts';
import { countRows } from '../../core/transaction.ts';
import type { SinkCounters } from './sink-counters.ts';

/** What is kept of a delivery until its checkpoint is stored; not its rows. */
export interface Unsettled {
  readonly ticket: Ticket;
  readonly seq: number;
  readonly resumeAt: Position | undefined;
  readonly rows: number;
  readonly bytes: number;
  readonly isLast: boolean;
}

/** Deliveries whose checkpoint is not stored yet, in the order in which they came. */
export class UnsettledDeliveries {
  readonly #counters: SinkCounters;
  #waiting: Unsettled[] = [];

  constructor(counters: SinkCounters) {
    this.#counters = counters;
  }

  add({ transaction, ticket }: Delivery): void {
    const { seq, bytes, part, resumeAt } = transaction;
    const rows = countRows(transaction);
    this.#waiting.push({ ticket, seq, bytes, rows, resumeAt, isLast: part.last });
  }

  /** Everything up to this number is durable. */
  settleUpTo(seq: number): void {
    let count = 0;
    for (const one of this.#waiting) {
      if (one.seq > seq) break;
      count += 1;
    }
    for (const one of this.#waiting.splice(0, count)) this.#settle(one);
  }

  /** Those that are durable may stand anywhere. */
  settleThose(isDurable: (one: Unsettled) => boolean): void {
    this.#waiting = this.#waiting.filter((one) => {
      if (!isDurable(one)) return true;
      this.#settle(one);
      return false;
    });
  }

  takeAll(): readonly Unsettled[] {
    return this.#waiting.splice(0);
  }

  #settle({ ticket, rows, bytes, isLast }: Unsettled): void {
    this.#counters.rows += rows;
    this.#counters.bytes += bytes;
    if (isLast) this.#counters.transactions += 1;
    ticket.ack();
  }
}
