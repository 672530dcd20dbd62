import type { Delivery, Sink } from '../core/sink.ts';
import type { OrderedAcker, Ticket } from '../core/ticket.ts';
import type { Transaction } from '../core/transaction.ts';

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

async function moveAll({ transactions, sinks, acker, signal }: PumpOptions): Promise<void> {
  for await (const batch of transactions) {
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
    signal.throwIfAborted();
  }
  await Promise.all(sinks.map((sink) => sink.drain()));
  await acker.drained();
}

function hand(
  transaction: Transaction,
  tickets: readonly Ticket[],
  deliveries: readonly Delivery[][],
): void {
  tickets.forEach((ticket, index) => {
    deliveries[index]?.push({ transaction, ticket });
  });
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
