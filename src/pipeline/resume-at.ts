import type { Delivery, Sink } from '../core/sink.ts';
import type { Seq } from '../core/transaction.ts';

/** A sink that is ahead of the others: what it has already is acknowledged and not handed to it again. */
export function resumeAt(sink: Sink, doneSeq: Seq): Sink {
  return {
    name: sink.name,
    open: (signal) => sink.open(signal),
    drain: () => sink.drain(),
    close: () => sink.close(),
    write: (batch, signal) => writeFresh(sink, batch, { doneSeq, signal }),
  };
}

async function writeFresh(
  sink: Sink,
  batch: readonly Delivery[],
  { doneSeq, signal }: { readonly doneSeq: Seq; readonly signal: AbortSignal },
): Promise<void> {
  const done = batch.filter(({ transaction }) => transaction.seq <= doneSeq);
  for (const { ticket } of done) ticket.ack();
  if (done.length < batch.length) await sink.write(batch.slice(done.length), signal);
}
