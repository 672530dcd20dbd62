import type { Delivery, Sink } from '../core/sink.ts';
import type { OrderedAcker, Ticket } from '../core/ticket.ts';
import type { Transaction } from '../core/transaction.ts';
import { untilAborted } from '../lib/until-aborted.ts';

export interface PumpOptions {
  readonly transactions: AsyncIterable<readonly Transaction[]>;
  readonly sinks: readonly Sink[];
  readonly acker: OrderedAcker;
  readonly signal: AbortSignal;
}

/**
 * Moves transactions from a source to every sink, each with its ticket. Data goes one way; what comes
 * back are settled tickets, and through them the acker holds this loop, and with it the source's
 * socket, when too much is in flight. Resolves when the source has ended and everything is settled.
 */
export async function pump(options: PumpOptions): Promise<void> {
  const { acker } = options;
  await Promise.race([moveAll(options), acker.failed]);
}

async function moveAll(options: PumpOptions): Promise<void> {
  const { sinks, acker, signal } = options;
  const source = new FaultyEnd(options.transactions);
  try {
    while (await moveNext(source, options)) signal.throwIfAborted();
  } finally {
    await source.close();
  }
  if (source.fault !== undefined) {
    // What it gave before it failed is done first: the checkpoint ends right before the fault.
    if (!signal.aborted) await drainAll(sinks, signal);
    throw source.fault.thrown;
  }
  await drainAll(sinks, signal);
  await acker.drained();
}

/** Keeps what a source threw apart from what its reader throws. */
class FaultyEnd {
  readonly #iterator: AsyncIterator<readonly Transaction[]>;
  fault: { readonly thrown: unknown } | undefined;

  constructor(transactions: PumpOptions['transactions']) {
    this.#iterator = transactions[Symbol.asyncIterator]();
  }

  /** undefined: it has ended, or failed. */
  async next(): Promise<readonly Transaction[] | undefined> {
    try {
      const next = await this.#iterator.next();
      return next.done === true ? undefined : next.value;
    } catch (thrown) {
      this.fault = { thrown };
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/**
 * False: the source has ended. A step of its own, because a loop would keep its last batch, with all of its bytes, until
 * it has the next.
 */
async function moveNext(source: FaultyEnd, options: PumpOptions): Promise<boolean> {
  const batch = await source.next();
  if (batch !== undefined) await moveBatch(batch, options);
  return batch !== undefined;
}

async function moveBatch(
  batch: readonly Transaction[],
  { sinks, acker, signal }: PumpOptions,
): Promise<void> {
  let deliveries: Delivery[][] = sinks.map(() => []);
  for (const transaction of batch) {
    let tickets = acker.track(transaction, sinks.length, signal);
    if (tickets instanceof Promise) {
      // What is in flight can only become less when the sinks have what was admitted before.
      await writeAll(sinks, deliveries, signal);
      deliveries = sinks.map(() => []);
      tickets = await tickets;
    }
    hand(transaction, tickets, deliveries);
  }
  await writeAll(sinks, deliveries, signal);
}

async function drainAll(sinks: readonly Sink[], signal: AbortSignal): Promise<void> {
  await untilAborted(Promise.all(sinks.map((sink) => sink.drain())), signal);
}

function hand(
  transaction: Transaction,
  tickets: readonly Ticket[],
  deliveries: readonly Delivery[][],
): void {
  for (let i = 0; i < tickets.length; i++) {
    deliveries[i]?.push({ transaction, ticket: tickets[i] as Ticket });
  }
}

async function writeAll(
  sinks: readonly Sink[],
  deliveries: readonly Delivery[][],
  signal: AbortSignal,
): Promise<void> {
  const writes = sinks.map(async (sink, index) => {
    const batch = deliveries[index] ?? [];
    if (batch.length > 0) await sink.write(batch, signal);
  });
  await Promise.all(writes);
}
