import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load-config.ts';
import type { FilterConfig, TaskConfig } from '../config/schema.ts';
import { requireSource, serverOptions } from '../config/server-options.ts';
import { taskFromUrl } from '../config/task-from-url.ts';
import type { StoredState } from '../core/checkpoint.ts';
import { TailraceError, toTailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import type { PositionRequest } from '../core/position.ts';
import type { Router } from '../core/route.ts';
import { parseTablePattern } from '../core/table-pattern.ts';
import { createLogger, type Logger, type LoggerOptions } from '../lib/logger.ts';
import { MESSAGE_FORMATS, type MessageFormat } from '../message/encoder.ts';
import { StdoutSink } from '../sink/stdout/stdout-sink.ts';
import { STUCK_AFTER_SECONDS } from '../status/health.ts';
import { BinlogSource } from '../source/binlog/binlog-source.ts';
import { randomServerId } from '../source/binlog/ddl-scan.ts';
import { createSourceMemory } from '../source/binlog/cluster/source-identity.ts';
import { Discards } from '../source/binlog/discards.ts';
import { encoderOf, publishesTruncates } from './kafka-setup.ts';
import { MEMORY } from './memory.ts';
import { asListen, openHttp } from './open-http.ts';
import { resolveOn } from './resolve-on.ts';
import { isStop } from './retry-forever.ts';
import { StreamTask, type CheckpointStore } from './stream-task.ts';
import { TaskBoard } from './task-board.ts';
import { routerOf, selectTasks } from './task-setup.ts';
import { parseUntil, untilResolver, type Until } from './until.ts';

/** Nothing of it can be steered. */
const TAIL_HTTP = { token: undefined, stuckAfterSeconds: STUCK_AFTER_SECONDS };

export interface TailOptions {
  /** Instead of a configuration file. */
  readonly url: string | undefined;
  readonly config: string;
  readonly task?: readonly string[];
  readonly http?: string;
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
  readonly until: Until;
  readonly logger: Logger;
  readonly board: TaskBoard;
}

/** Source → standard output. Keeps no state: after a lost connection it goes on where it was. */
export async function runTail(options: TailOptions): Promise<number> {
  const format = asFormat(options.format);
  const start = parsePositionRequest(options.from ?? 'now');
  const until = parseUntil(options.until);
  const listen = asListen(options.http ?? '');
  const { tasks, log } = tasksOf(options);
  const logger = createLogger(log);
  const boards = tasks.map((task) => new TaskBoard(task.name));
  const http = await openHttp({
    http: { ...TAIL_HTTP, listen },
    fleet: { members: boards },
    logger,
  });
  // Each task listens to the one output.
  options.output.setMaxListeners(options.output.getMaxListeners() + tasks.length);
  let exitCode = 0;
  const runs = tasks.map(async (task, index) => {
    const board = boards[index] ?? new TaskBoard(task.name);
    const code = await tailTask(task, { options, format, start, until, logger, board });
    if (exitCode === 0) exitCode = code;
  });
  await Promise.all(runs);
  await http?.close();
  return exitCode;
}

async function tailTask(task: TaskConfig, tail: Tail): Promise<number> {
  const { options, logger, board } = tail;
  const gone = new AbortController();
  const signal = AbortSignal.any([options.signal, gone.signal]);
  try {
    await createTail(task, tail, gone).run(signal);
    return 0;
  } catch (thrown) {
    if (isStop(thrown, signal)) return 0;
    const error = toTailraceError(thrown).at({ task: task.name });
    board.fail(error);
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
  const memory = createSourceMemory();
  void sink.closed.then(() => {
    gone.abort(new Error('the reader of standard output has gone'));
  });
  return new StreamTask({
    name: task.name,
    logger,
    board: tail.board,
    store: memoryStore(),
    untilHead: tail.until === 'head',
    resolveUntil: untilResolver(tail.until, source),
    maxBytesInFlight: MEMORY.maxBytesInFlight,
    resolveStart: (signal) => resolveOn(source, tail.start, signal),
    startsNow: tail.start.kind === 'now',
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
        keepsRowQueries: showsQueries(task, tail),
        logger,
        loadPrepared: () => Promise.resolve(undefined),
        isSkipped: undefined,
        discards,
        memory,
      }),
  });
}

function createSink(task: TaskConfig, tail: Tail, router: Router): StdoutSink {
  const { keys, ddl, output } = tail.options;
  const rowQuery = showsQueries(task, tail);
  return new StdoutSink({
    // A tombstone has no value, so it would be no line.
    encoder: encoderOf(tail.format, task.kafka, { router, rowQuery, tombstones: false }),
    truncates: task.kafka !== undefined && publishesTruncates(tail.format, task.kafka),
    task: task.name,
    output,
    keys: keys === true,
    ddl: ddl === true,
  });
}

/** With the statement that the rows are from: asked for here, or set for the topics. */
function showsQueries(task: TaskConfig, { options }: Tail): boolean {
  return options.rowQuery === true || task.kafka?.rowQuery === true;
}

interface TailSetup {
  readonly tasks: readonly TaskConfig[];
  readonly log: LoggerOptions;
}

function tasksOf(options: TailOptions): TailSetup {
  const withFilter = (task: TaskConfig): TaskConfig => ({
    ...task,
    filter: filterOf(task, options),
  });
  // Standard output is the result: beside it only what needs attention, unless more is asked for.
  if (options.url !== undefined) {
    return { tasks: [withFilter(taskFromUrl(options.url))], log: { level: 'warn' } };
  }
  const config = loadConfig(options.config);
  const { level, format } = config.log;
  const log: LoggerOptions = { format, level: level === 'info' ? 'warn' : level };
  return { tasks: selectTasks(config, options).tasks.map(withFilter), log };
}

/** What the command line says stands for what the file says. */
function filterOf(task: TaskConfig, options: TailOptions): TaskConfig['filter'] {
  const { include, exclude } = options;
  return {
    ...task.filter,
    ...(include === undefined ? {} : { include: patternsOf('--include', include) }),
    ...(exclude === undefined ? {} : { exclude: patternsOf('--exclude', exclude) }),
  };
}

function patternsOf(option: string, texts: readonly string[]): FilterConfig['exclude'] {
  return texts.map((text) => {
    try {
      return parseTablePattern(text);
    } catch (cause) {
      const { message } = toTailraceError(cause);
      const next = `For example ${option} 'shop.*'.`;
      throw new TailraceError('USAGE', `${option}: ${message}`, { cause, next });
    }
  });
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
