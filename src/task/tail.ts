import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load-config.ts';
import type { TaskConfig } from '../config/schema.ts';
import { requireSource, serverOptions } from '../config/server-options.ts';
import { taskFromUrl } from '../config/task-from-url.ts';
import type { StoredState } from '../core/checkpoint.ts';
import { TailraceError, toTailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import type { PositionRequest } from '../core/position.ts';
import type { Router } from '../core/route.ts';
import { parseTablePattern } from '../core/table-pattern.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { createEncoder } from '../message/create-encoder.ts';
import { MESSAGE_FORMATS, type MessageFormat } from '../message/encoder.ts';
import { StdoutSink } from '../sink/stdout/stdout-sink.ts';
import { BinlogSource } from '../source/binlog/binlog-source.ts';
import { randomServerId } from '../source/binlog/ddl-scan.ts';
import { Discards } from '../source/binlog/discards.ts';
import { MEMORY } from './memory.ts';
import { resolveOn } from './resolve-on.ts';
import { StreamTask, type CheckpointStore } from './stream-task.ts';
import { TaskBoard } from './task-board.ts';
import { isUntilHead, routerOf, selectTasks } from './task-setup.ts';

export interface TailOptions {
  /** Instead of a configuration file. */
  readonly url: string | undefined;
  readonly config: string;
  readonly task?: readonly string[];
  readonly until?: string;
  readonly from?: string;
  readonly format: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly ddl?: boolean;
  readonly rowQuery?: boolean;
  readonly keys?: boolean;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

interface Tail {
  readonly options: TailOptions;
  readonly format: MessageFormat;
  readonly start: PositionRequest;
  readonly untilHead: boolean;
  readonly logger: Logger;
}

/** Source → standard output. Keeps no state: after a lost connection it goes on where it was. */
export async function runTail(options: TailOptions): Promise<number> {
  const tail: Tail = {
    options,
    format: asFormat(options.format),
    start: parsePositionRequest(options.from ?? 'now'),
    untilHead: isUntilHead(options.until),
    // Standard output is the result: beside it only what needs attention.
    logger: createLogger({ level: 'warn' }),
  };
  const tasks = tasksOf(options);
  const codes = await Promise.all(tasks.map((task) => tailTask(task, tail)));
  return codes.find((code) => code !== 0) ?? 0;
}

async function tailTask(task: TaskConfig, tail: Tail): Promise<number> {
  const { options, logger } = tail;
  const gone = new AbortController();
  const signal = AbortSignal.any([options.signal, gone.signal]);
  try {
    await createTail(task, tail, gone).run(signal);
    return 0;
  } catch (thrown) {
    if (signal.aborted) return 0;
    const error = toTailraceError(thrown).at({ task: task.name });
    logger.error({ error }, 'The stream cannot go on');
    return error.exitCode;
  }
}

function createTail(task: TaskConfig, tail: Tail, gone: AbortController): StreamTask {
  const { options, logger } = tail;
  const source = requireSource(task);
  const router = routerOf(task);
  const sink = createSink(task, tail, router);
  const discards = new Discards();
  void sink.closed.then(() => {
    gone.abort(new Error('the reader of standard output has gone'));
  });
  return new StreamTask({
    name: task.name,
    logger,
    board: new TaskBoard(task.name),
    store: memoryStore(),
    untilHead: tail.untilHead,
    maxBytesInFlight: MEMORY.maxBytesInFlight,
    resolveStart: (signal) => resolveOn(source, tail.start, signal),
    createSinks: () => [sink],
    createSource: () =>
      new BinlogSource({
        server: serverOptions(source),
        serverId: randomServerId(),
        heartbeatSeconds: source.heartbeatSeconds,
        router,
        ignoreOwn: options.url === undefined && task.filter.ignoreOwn,
        queuedBytesHigh: MEMORY.queuedBytesHigh,
        partBytes: MEMORY.partBytes,
        logger,
        loadPrepared: () => Promise.resolve(undefined),
        isSkipped: () => false,
        discards,
      }),
  });
}

function createSink(task: TaskConfig, tail: Tail, router: Router): StdoutSink {
  const { rowQuery, keys, ddl, output } = tail.options;
  return new StdoutSink({
    // A tombstone has no value, so it would be no line.
    encoder: createEncoder(tail.format, {
      router,
      rowQuery: rowQuery === true,
      ...(tail.format === 'debezium' ? { tombstones: false } : {}),
    }),
    task: task.name,
    output,
    keys: keys === true,
    ddl: ddl === true,
  });
}

function tasksOf(options: TailOptions): readonly TaskConfig[] {
  const tasks =
    options.url === undefined
      ? selectTasks(loadConfig(options.config), options).tasks
      : [taskFromUrl(options.url)];
  return tasks.map((task) => ({ ...task, filter: filterOf(task, options) }));
}

/** What the command line says stands for what the file says. */
function filterOf(task: TaskConfig, options: TailOptions): TaskConfig['filter'] {
  const { include, exclude } = options;
  return {
    ...task.filter,
    ...(include === undefined ? {} : { include: include.map(parseTablePattern) }),
    ...(exclude === undefined ? {} : { exclude: exclude.map(parseTablePattern) }),
  };
}

function asFormat(text: string): MessageFormat {
  const format = MESSAGE_FORMATS.find((name) => name === text);
  if (format !== undefined) return format;
  throw new TailraceError('USAGE', `--format ${text} is not known.`, {
    next: `Use one of: ${MESSAGE_FORMATS.join(', ')}.`,
  });
}

/** For the life of the process: a lost connection goes on from here. */
function memoryStore(): CheckpointStore {
  let stored: StoredState | undefined;
  return {
    load: () => stored,
    save: ({ seq, position, schemaDelta }) => {
      const schema = new Map(stored?.schema);
      for (const [key, value] of schemaDelta ?? []) {
        if (value === null) schema.delete(key);
        else schema.set(key, value);
      }
      stored = { checkpoint: { seq, position }, schema };
    },
  };
}
