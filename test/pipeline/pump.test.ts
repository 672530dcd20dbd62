import { describe, expect, it } from 'vitest';
import type { Delivery, Sink } from '../../src/core/sink.ts';
import type { Transaction } from '../../src/core/transaction.ts';
import { createOrderedAcker } from '../../src/pipeline/ordered-acker.ts';
import { pump } from '../../src/pipeline/pump.ts';

const position = (seq: number): Transaction['resumeAt'] => ({
  kind: 'coordinates',
  coordinates: { file: 'binlog.000001', offset: seq },
});

function transaction(seq: number): Transaction {
  return {
    seq,
    origin: 'binlog',
    gtid: undefined,
    coordinates: { file: 'binlog.000001', offset: seq - 1 },
    committedAtMs: 0,
    serverId: 1,
    threadId: undefined,
    xid: undefined,
    part: { index: 0, last: true },
    changes: [],
    bytes: 10,
    isTransactional: true,
    resumeAt: position(seq),
    schemaDelta: undefined,
  };
}

/** Takes everything at once and does it when it is drained. */
class LazySink implements Sink {
  readonly name = 'lazy';
  readonly #waiting: Delivery[] = [];
  drains = 0;
  refusal: Error | undefined;

  open(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  write(batch: readonly Delivery[]): Promise<void> {
    this.#waiting.push(...batch);
    return Promise.resolve();
  }

  drain(): Promise<void> {
    this.drains += 1;
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    for (const { ticket } of this.#waiting.splice(0)) ticket.ack();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function* source(thrown?: Error): AsyncGenerator<readonly Transaction[]> {
  yield [transaction(1)];
  await Promise.resolve();
  yield [transaction(2), transaction(3)];
  if (thrown !== undefined) throw thrown;
}

function setUp(thrown?: Error) {
  const sink = new LazySink();
  const start = position(0);
  if (start === undefined) throw new Error('no start');
  const acker = createOrderedAcker({ from: { seq: 0, position: start } });
  const stop = new AbortController();
  const { signal } = stop;
  const run = (): Promise<void> =>
    pump({ transactions: source(thrown), sinks: [sink], acker, signal });
  return { sink, acker, stop, run };
}

describe('pump', () => {
  it('ends when everything is settled', async () => {
    const { acker, run } = setUp();
    await run();
    expect(acker.lowWater?.seq).toBe(3);
  });

  it('finishes what came before a fault of the source', async () => {
    const fault = new Error('an event that cannot be read');
    const { acker, run } = setUp(fault);
    await expect(run()).rejects.toBe(fault);
    expect(acker.lowWater?.seq).toBe(3);
  });

  it("throws the sink's fault when both fail", async () => {
    const { sink, run } = setUp(new Error('the source'));
    sink.refusal = new Error('the sink');
    await expect(run()).rejects.toBe(sink.refusal);
  });

  it('waits for nothing once it is told to stop', async () => {
    const { sink, stop, run } = setUp(new Error('aborted'));
    stop.abort(new Error('stop'));
    await expect(run()).rejects.toThrow('stop');
    expect(sink.drains).toBe(0);
  });
});
