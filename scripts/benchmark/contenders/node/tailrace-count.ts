/**
 * tailrace's own way from the socket to a sink, with a sink that decodes every value of every row and
 * counts: what `tailrace run` does before it writes. Runs the built code in dist/.
 */
import type { Delivery, Sink } from '../../../../src/core/sink.ts';
import type { StoredState } from '../../../../src/core/checkpoint.ts';
import type { RowsChange } from '../../../../src/core/change.ts';
import type * as BinlogSourceModule from '../../../../src/source/binlog/binlog-source.ts';
import type * as DiscardsModule from '../../../../src/source/binlog/discards.ts';
import type * as StreamTaskModule from '../../../../src/task/stream-task.ts';
import type * as TaskBoardModule from '../../../../src/task/task-board.ts';
import type * as MemoryModule from '../../../../src/task/memory.ts';
import type * as TaskFromUrlModule from '../../../../src/config/task-from-url.ts';
import type * as ServerOptionsModule from '../../../../src/config/server-options.ts';
import type * as RouterOfModule from '../../../../src/task/task-setup.ts';
import type * as CreateLoggerModule from '../../../../src/lib/logger.ts';
import { MARKS, serve, serverFromArguments, type Counted, type Span } from './serve.js';

const dist = process.env['TAILRACE_DIST'] ?? '';
const load = async <T>(path: string): Promise<T> => (await import(`${dist}/${path}.js`)) as T;

const { BinlogSource } = await load<typeof BinlogSourceModule>('source/binlog/binlog-source');
const { Discards } = await load<typeof DiscardsModule>('source/binlog/discards');
const { StreamTask } = await load<typeof StreamTaskModule>('task/stream-task');
const { TaskBoard } = await load<typeof TaskBoardModule>('task/task-board');
const { MEMORY } = await load<typeof MemoryModule>('task/memory');
const { taskFromUrl } = await load<typeof TaskFromUrlModule>('config/task-from-url');
const { serverOptions } = await load<typeof ServerOptionsModule>('config/server-options');
const { routerOf } = await load<typeof RouterOfModule>('task/task-setup');
const { createLogger } = await load<typeof CreateLoggerModule>('lib/logger');

class CountingSink implements Sink {
  readonly name = 'count';
  rows = 0;
  sum = 0;
  readonly #mark: number;
  readonly #onMark: () => void;
  #isDone = false;

  constructor(mark: number, onMark: () => void) {
    this.#mark = mark;
    this.#onMark = onMark;
  }

  open(): Promise<StoredState | undefined> {
    return Promise.resolve(undefined);
  }

  write(batch: readonly Delivery[]): Promise<void> {
    for (const { transaction, ticket } of batch) {
      for (const change of transaction.changes) {
        if (change.kind === 'rows' && !this.#isDone) this.#count(change);
      }
      ticket.ack();
    }
    return Promise.resolve();
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #count(change: RowsChange): void {
    if (change.table.name === MARKS) {
      this.#isDone = Number(change.after?.at(0)[0]) >= this.#mark;
      if (this.#isDone) this.#onMark();
      return;
    }
    const { before, after } = change;
    const last = after ?? before;
    for (let row = 0; row < last.length; row += 1) {
      if (before !== undefined && after !== undefined) before.at(row);
      this.sum += Number(last.at(row)[0]);
    }
    this.rows += last.length;
  }
}

const server = serverFromArguments();
const task = taskFromUrl(`mysql://root@127.0.0.1:${server.port}/`);
const logger = createLogger({ level: 'warn' });
const router = routerOf(task);
/** As a running task has them: the definitions that it learnt at its start. */
let schema: StoredState['schema'] = new Map();

async function read({ file, position, mark }: Span): Promise<Counted> {
  const stop = new AbortController();
  const sink = new CountingSink(mark, () => {
    stop.abort(new Error('the mark was read'));
  });
  const start = { kind: 'coordinates', coordinates: { file, offset: position } } as const;
  const source = task.source;
  if (source === undefined) throw new Error('no source');
  const taken = new Map(schema);
  await new StreamTask({
    name: task.name,
    logger,
    board: new TaskBoard(task.name),
    store: {
      load: () => ({ checkpoint: { seq: 0, position: start }, schema }),
      save: ({ schemaDelta }) => {
        for (const [key, definition] of schemaDelta ?? []) {
          if (definition === null) taken.delete(key);
          else taken.set(key, definition);
        }
      },
    },
    untilHead: false,
    maxBytesInFlight: MEMORY.maxBytesInFlight,
    resolveStart: () => Promise.resolve(start),
    startsNow: false,
    createSinks: () => [sink],
    createSource: () =>
      new BinlogSource({
        server: serverOptions(source),
        serverId: server.serverId,
        heartbeatSeconds: 5,
        router,
        ignoreOwn: false,
        queuedBytesHigh: MEMORY.queuedBytesHigh,
        partBytes: MEMORY.partBytes,
        keepsRowQueries: false,
        logger,
        loadPrepared: () => Promise.resolve(undefined),
        isSkipped: undefined,
        discards: new Discards(),
      }),
  }).run(stop.signal);
  schema = taken;
  return { rows: sink.rows, sum: sink.sum };
}

serve(read);
