import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Ticket } from '../../../src/core/ticket.ts';
import { createEncoder } from '../../../src/message/create-encoder.ts';
import { StdoutSink, type StdoutSinkOptions } from '../../../src/sink/stdout/stdout-sink.ts';
import { fakeDelete, fakeInsert, fakeTable, fakeTransaction } from '../../support/fake-change.ts';

const table = fakeTable({ columns: [['id', 'int']] });
const signal = new AbortController().signal;

class FakeTicket implements Ticket {
  readonly seq = 1;
  isAcked = false;
  ack(): void {
    this.isAcked = true;
  }
  fail(reason: Error): void {
    throw reason;
  }
}

/** A pipe whose reader takes a piece only when `read` is called. */
class SlowPipe extends Writable {
  text = '';
  #done: ((error?: Error) => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    this.#done = done;
  }

  read(): void {
    this.#done?.();
  }

  fail(code: string): void {
    this.#done?.(Object.assign(new Error(code), { code }));
  }
}

function deliver(sink: StdoutSink, changes: Parameters<typeof fakeTransaction>[0]['changes'] = []) {
  const ticket = new FakeTicket();
  const delivery = { transaction: fakeTransaction({ changes }), ticket };
  return { ticket, done: sink.write([delivery], signal) };
}

function makeSink(output: Writable, more: Partial<StdoutSinkOptions> = {}): StdoutSink {
  const encoder = createEncoder('maxwell', { commitInfo: false });
  return new StdoutSink({ encoder, task: 'tail', output, now: () => 0, ...more });
}

const LINE = '{"database":"shop","table":"orders","type":"insert","ts":1700000000,"data":{"id":1}}';
/** Lets what is ready run; nothing is waited for. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('StdoutSink', () => {
  it('prints a message a line and acknowledges when the output has taken it', async () => {
    const pipe = new SlowPipe();
    const { ticket, done } = deliver(makeSink(pipe), [fakeInsert(table, [[1]])]);
    await turn();
    expect([pipe.text, ticket.isAcked]).toEqual([`${LINE}\n`, false]);
    pipe.read();
    await done;
    expect(ticket.isAcked).toBe(true);
  });

  it('prints keys and headers', async () => {
    const pipe = new SlowPipe();
    const sink = makeSink(pipe, { keys: true });
    const { done } = deliver(sink, [fakeInsert(table, [[1]])]);
    await turn();
    pipe.read();
    await done;
    expect(pipe.text).toBe(
      `{"key":{"database":"shop","table":"orders","pk.id":1},"value":${LINE},"headers":{"tailrace-task":"tail",` +
        '"tailrace-seq":"42","tailrace-gtid":"00000000-0000-0000-0000-000000000001:7","tailrace-part":"1/1"}}\n',
    );
  });

  it.each([false, true])('prints nothing for a tombstone (keys: %s)', async (keys) => {
    const pipe = new SlowPipe();
    const sink = makeSink(pipe, { encoder: createEncoder('debezium'), keys });
    const { done } = deliver(sink, [fakeDelete(table, [[1]])]);
    await turn();
    pipe.read();
    await done;
    expect(pipe.text.trimEnd().split('\n')).toHaveLength(1);
  });

  it('waits within a large transaction too', async () => {
    const pipe = new SlowPipe();
    const rows = Array.from({ length: 5_000 }, (_, i) => [i]);
    const { ticket, done } = deliver(makeSink(pipe), [fakeInsert(table, rows)]);
    let pieces = 0;
    while (!ticket.isAcked) {
      await turn();
      expect(pipe.writableLength).toBeLessThan(70_000);
      pipe.read();
      pieces += 1;
      await turn();
    }
    await done;
    expect(pieces).toBeGreaterThan(3);
    expect(pipe.text.split('\n')).toHaveLength(5_001);
  });

  it.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('%s ends it cleanly', async (code) => {
    const pipe = new SlowPipe();
    const sink = makeSink(pipe);
    const { ticket, done } = deliver(sink, [fakeInsert(table, [[1]])]);
    await turn();
    pipe.fail(code);
    await Promise.all([sink.closed, done]);
    expect(ticket.isAcked).toBe(true);
    // What comes after is taken and dropped.
    await deliver(sink, [fakeInsert(table, [[2]])]).done;
    await sink.close();
  });

  it('any other failure is one', async () => {
    const pipe = new SlowPipe();
    const { ticket, done } = deliver(makeSink(pipe), [fakeInsert(table, [[1]])]);
    await turn();
    pipe.fail('ENOSPC');
    await expect(done).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
    expect(ticket.isAcked).toBe(false);
  });

  it('an abort ends the wait', async () => {
    const controller = new AbortController();
    const sink = makeSink(new SlowPipe());
    const transaction = fakeTransaction({ changes: [fakeInsert(table, [[1]])] });
    const done = sink.write([{ transaction, ticket: new FakeTicket() }], controller.signal);
    controller.abort(new Error('stop'));
    await expect(done).rejects.toThrow('stop');
  });
});
