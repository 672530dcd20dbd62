import { describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { StreamTask, type StreamTaskOptions } from '../../src/task/stream-task.ts';
import { TaskBoard } from '../../src/task/task-board.ts';
import { waitFor } from '../support/wait-for.ts';
import { FakeSink, FakeSource, FakeStore, positionAt, recordingLogger } from './fake-stream.ts';

const lost = (): TailraceError => new TailraceError('SOURCE_CONNECTION_LOST', 'cut');
const refused = (): TailraceError => new TailraceError('TARGET_CONFLICT', 'in the way');

function setUp(source: FakeSource, more: Partial<StreamTaskOptions> = {}) {
  const { logger, warnings } = recordingLogger();
  const store = new FakeStore();
  const sink = new FakeSink();
  const board = new TaskBoard('shop');
  let resolved = 0;
  const task = new StreamTask({
    name: 'shop',
    logger,
    board,
    store,
    createSource: source.create,
    createSinks: () => [sink],
    resolveStart: () => {
      resolved += 1;
      return Promise.resolve(positionAt(1000 + resolved));
    },
    startsNow: true,
    untilHead: false,
    maxBytesInFlight: 1 << 20,
    ...more,
  });
  const stop = new AbortController();
  return { task, stop, store, sink, board, warnings, resolved: () => resolved };
}

describe('StreamTask', () => {
  it('moves everything, stores where it stands, and ends with its source', async () => {
    const { task, stop, store, sink, board } = setUp(new FakeSource({ upTo: 3 }));
    await task.run(stop.signal);
    expect([sink.written, sink.closed, board.state]).toEqual([[1, 2, 3], 1, 'stopped']);
    expect(store.stored?.checkpoint).toEqual({ seq: 3, position: positionAt(3) });
  });

  it('what may pass is tried again from the checkpoint, nothing lost and nothing twice', async () => {
    const source = new FakeSource(
      { upTo: 2, fails: lost() },
      { describeFails: lost() },
      { upTo: 5 },
    );
    const { task, stop, sink, warnings, board } = setUp(source);
    await task.run(stop.signal);
    expect(sink.written).toEqual([1, 2, 3, 4, 5]);
    expect(source.starts.map(({ seq }) => seq)).toEqual([0, 2]);
    expect(warnings).toEqual(['SOURCE_CONNECTION_LOST', 'SOURCE_CONNECTION_LOST']);
    expect(board.status().retries).toBe(2);
  });

  it('a start at "now" is kept before anything is read: a later now is another place', async () => {
    const { task, stop, sink, store } = setUp(new FakeSource({ idles: true }));
    const started: unknown[] = [];
    Object.assign(sink, { storeStart: (at: unknown) => Promise.resolve(started.push(at)) });
    const run = task.run(stop.signal);
    const begin = { seq: 0, position: positionAt(1001) };
    await waitFor('the start', () => started.length === 1);
    expect([store.stored?.checkpoint, started]).toEqual([begin, [begin]]);
    stop.abort(new Error('stopped by a signal'));
    await run;
    const placed = setUp(new FakeSource({ upTo: 0 }), { startsNow: false });
    await placed.task.run(placed.stop.signal);
    expect(placed.store.stored).toBeUndefined();
  });

  it('a sink that fails a transaction gets it again', async () => {
    const { task, stop, sink, store } = setUp(new FakeSource({ upTo: 3 }, { upTo: 3 }));
    sink.failsAt = { seq: 2, error: new TailraceError('TARGET_BUSY', 'deadlock') };
    await task.run(stop.signal);
    expect(sink.written).toEqual([1, 2, 3]);
    expect(store.stored?.checkpoint.seq).toBe(3);
  });

  it('what cannot pass ends it: the checkpoint stays before it', async () => {
    const { task, stop, sink, store, board } = setUp(new FakeSource({ upTo: 3 }));
    sink.failsAt = { seq: 2, error: refused() };
    await expect(task.run(stop.signal)).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
    expect([store.stored?.checkpoint.seq, sink.closed, board.state]).toEqual([1, 1, 'failed']);
    expect(board.status().error).toMatchObject({ code: 'TARGET_CONFLICT' });
  });

  it('a fault that nobody foresaw is an internal one and is not retried', async () => {
    const { task, stop, warnings } = setUp(
      new FakeSource({ fails: new TypeError('x of undefined') }),
    );
    await expect(task.run(stop.signal)).rejects.toMatchObject({
      code: 'INTERNAL_FAULT',
      message: 'x of undefined',
    });
    expect(warnings).toEqual([]);
  });

  it('a checkpoint that cannot be stored stops it', async () => {
    const { task, stop, store } = setUp(new FakeSource({ upTo: 2, idles: true }));
    store.failsWith = new TailraceError('STATE_UNUSABLE', 'the disk is full');
    await expect(task.run(stop.signal)).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
  });

  it('a stop ends it quietly: while it streams, while it waits to try again, before it began', async () => {
    const streaming = setUp(new FakeSource({ upTo: 1, idles: true }));
    const run = streaming.task.run(streaming.stop.signal);
    await waitFor('a transaction', () => streaming.sink.written.length === 1);
    streaming.stop.abort(new Error('stopped by a signal'));
    await run;
    expect([streaming.board.state, streaming.sink.closed]).toEqual(['stopped', 1]);
    expect(streaming.store.stored?.checkpoint.seq).toBe(1);

    const never = Array.from({ length: 100 }, () => ({ describeFails: lost() }));
    const waiting = setUp(new FakeSource(...never));
    const tries = waiting.task.run(waiting.stop.signal);
    await waitFor('a few tries', () => waiting.warnings.length > 2);
    waiting.stop.abort(new Error('stopped by a signal'));
    await tries;
    expect(waiting.board.state).toBe('stopped');

    const before = setUp(new FakeSource({ idles: true }));
    before.stop.abort(new Error('stopped by a signal'));
    await before.task.run(before.stop.signal);
    expect(before.board.state).toBe('stopped');
  });

  it('a refusal that comes together with a stop is still told', async () => {
    const { task, stop } = setUp(new FakeSource({ idles: true }), {
      createSinks: () => [new RefusingSink(stopNow)],
    });
    function stopNow(): void {
      stop.abort(new Error('stopped by a signal'));
    }
    await expect(task.run(stop.signal)).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
  });

  it('asks once where "now" is: a connection lost before the first transaction skips nothing', async () => {
    const source = new FakeSource({ fails: lost() }, { fails: lost() }, {});
    const { task, stop, resolved } = setUp(source);
    await task.run(stop.signal);
    expect(source.starts.map(({ position }) => position)).toEqual(
      Array.from({ length: 3 }, () => positionAt(1001)),
    );
    expect(resolved()).toBe(1);
  });

  it("a sink's own mark wins over the store's", async () => {
    const source = new FakeSource({ upTo: 6 });
    const { task, stop, sink, store } = setUp(source);
    const at = (seq: number) => ({
      checkpoint: { seq, position: positionAt(seq) },
      schema: new Map(),
    });
    sink.mark = at(4);
    store.stored = at(2);
    await task.run(stop.signal);
    expect([source.starts[0]?.seq, sink.written]).toEqual([4, [5, 6]]);
  });

  it('with --until head every attempt goes to the one head of the beginning', async () => {
    const heads: unknown[] = [];
    let asked = 0;
    const source = new FakeSource({ fails: lost() }, {});
    const createSource: StreamTaskOptions['createSource'] = () => {
      const made = source.create();
      const stream = made.stream.bind(made);
      made.head = () => Promise.resolve(positionAt(++asked));
      made.stream = (from, options) => {
        heads.push(options.until);
        return stream(from, options);
      };
      return made;
    };
    const { task, stop } = setUp(source, { createSource, untilHead: true });
    await task.run(stop.signal);
    expect(heads).toEqual([positionAt(1), positionAt(1)]);
  });
});

/** Refuses for good in the same moment in which the stop comes. */
class RefusingSink extends FakeSink {
  readonly #stop: () => void;

  constructor(stop: () => void) {
    super();
    this.#stop = stop;
  }

  override open(): Promise<undefined> {
    this.#stop();
    return Promise.reject(refused());
  }
}
