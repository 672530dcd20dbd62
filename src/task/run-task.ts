import { once } from 'node:events';
import { openTaskStore, type TaskStore } from '../checkpoint/task-store.ts';
import { requireSource, serverOptions } from '../config/server-options.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import { TailraceError, toTailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import type { Position } from '../core/position.ts';
import type { Router } from '../core/route.ts';
import type { Sink } from '../core/sink.ts';
import type { Logger } from '../lib/logger.ts';
import { BinlogSource } from '../source/binlog/binlog-source.ts';
import { resolvePosition } from '../source/binlog/resolve-position.ts';
import { Discards } from '../source/binlog/discards.ts';
import { checkpointPlaces, readLowest } from './checkpoint-places.ts';
import { sinkFactory } from './create-sinks.ts';
import { runRounds } from './inspect/rounds.ts';
import { pollBesideStream, runPoll } from './poll/poll-task.ts';
import { TargetTurn } from './poll/target-turn.ts';
import { MEMORY } from './memory.ts';
import { rememberSource } from './remembered-servers.ts';
import { replaceCheckpoint } from './replace-checkpoint.ts';
import { resolveOn } from './resolve-on.ts';
import { isStop, retryForever } from './retry-forever.ts';
import { refuseUnfinishedKafkaCopy } from './snapshot/copy-to-kafka.ts';
import { isMarked, readSkips } from './skip-marker.ts';
import { StreamTask, type CheckpointStore } from './stream-task.ts';
import type { TaskBoard } from './task-board.ts';
import type { TaskControl } from './task-control.ts';
import { keepLetters, letterReader } from './read-letters.ts';
import { deriveServerId, routerOf } from './task-setup.ts';
import { untilResolver, type Until } from './until.ts';
import { watchSourceHead } from './watch-source-head.ts';

const SAVE_STATUS_MS = 1000;

export interface RunTaskOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly control: TaskControl;
  readonly logger: Logger;
  /** run: to the target, and to Kafka where the task has it; produce: to Kafka alone. */
  readonly mode: 'run' | 'produce';
  readonly until: Until;
  /** Another process may run the task: take over when it ends. */
  readonly waitsForLock: boolean;
  /** Position text of --from. */
  readonly from: string | undefined;
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** Source → sinks for one task. Resolves when it was stopped or has caught up; throws what refused it. */
export async function runTask(options: RunTaskOptions): Promise<void> {
  const { board, signal, logger, task } = options;
  try {
    const store = await retryForever(() => openStore(options), { board, logger, signal });
    await runWithStore(options, store);
  } catch (thrown) {
    if (isStop(thrown, signal)) {
      board.end();
      return;
    }
    const error = toTailraceError(thrown).at({ task: task.name });
    board.fail(error);
    throw error;
  }
}

async function runWithStore(options: RunTaskOptions, store: TaskStore): Promise<void> {
  const { board, signal, from } = options;
  const saveStatus = (): void => {
    store.saveStatus(JSON.stringify(board.status()));
  };
  if (options.task.kafka !== undefined) refuseUnfinishedKafkaCopy(store, options.task.name);
  board.followLetters(letterReader(store));
  const watching = new AbortController();
  const watch = watchSourceHead({
    server: serverOptions(requireSource(options.task)),
    board,
    logger: options.logger,
    signal: watching.signal,
  });
  const rounds = startRounds(options, watching.signal);
  const timer = setInterval(() => {
    // A full disk stops the task by its checkpoint; here it must not be a crash.
    tryQuietly(saveStatus);
  }, SAVE_STATUS_MS);
  try {
    if (from !== undefined && options.task.strategies.includes('stream')) {
      await retryForever(() => replaceStart(options, store, from), options);
    }
    await runStrategies(options, store);
  } catch (thrown) {
    // Before the last save: it shows why.
    if (!isStop(thrown, signal))
      board.fail(toTailraceError(thrown).at({ task: options.task.name }));
    throw thrown;
  } finally {
    clearInterval(timer);
    watching.abort(new Error('the task has ended'));
    await Promise.all([watch, rounds]);
    tryQuietly(saveStatus);
    board.followLetters(keepLetters(board));
    store.close();
  }
}

/** The stream, with polling in its stead while it is away; else polling alone, else the rounds alone. */
async function runStrategies(options: RunTaskOptions, store: TaskStore): Promise<void> {
  const { task, mode, signal, until } = options;
  if (task.strategies.includes('stream')) {
    if (!task.strategies.includes('poll') || mode !== 'run' || until !== undefined) {
      await createTask(options, store).run(signal);
    } else await streamAndPoll(options, store);
    return;
  }
  refuseStreamOnly(options);
  if (task.strategies.includes('poll')) await runPoll(options, until !== undefined);
  else await inspectOnly(options);
}

async function streamAndPoll(options: RunTaskOptions, store: TaskStore): Promise<void> {
  const turn = new TargetTurn();
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const polling = pollBesideStream({ ...options, signal }, turn);
  try {
    await createTask(options, store, undefined, { turn }).run(options.signal);
  } finally {
    ended.abort(new Error('the stream has ended'));
    await polling;
  }
}

/** The rounds go on beside this, until it is stopped. */
async function inspectOnly({ board, signal, until }: RunTaskOptions): Promise<void> {
  board.work('inspecting');
  if (until === undefined && !signal.aborted) await once(signal, 'abort');
  board.end();
}

/** What has a meaning with a stream only. */
function refuseStreamOnly({ task, mode, from, until }: RunTaskOptions): void {
  const named = task.strategies.map((name) => `"${name}"`).join(', ');
  const refuse = (what: string): never => {
    throw new TailraceError(
      'USAGE',
      `${what} needs the stream; task "${task.name}" has [${named}].`,
      {
        next: 'Add "stream" to strategies, or leave it away.',
      },
    );
  };
  if (mode === 'produce') refuse('produce');
  if (from !== undefined) refuse('--from');
  if (until !== undefined && until !== 'head') refuse('--until with a position');
}

/** Rounds of inspection go on for as long as the task does. */
async function startRounds(options: RunTaskOptions, until: AbortSignal): Promise<void> {
  const { task, mode, until: end } = options;
  if (!task.strategies.includes('inspect') || mode !== 'run' || end !== undefined) return;
  await runRounds({ ...options, signal: AbortSignal.any([options.signal, until]) });
}

function standBy(owner: string, { board, logger }: Pick<RunTaskOptions, 'board' | 'logger'>): void {
  if (board.state !== 'standby')
    logger.info({ owner }, 'Another process runs the task: standing by');
  board.standBy();
}

type OpenStoreOptions = Pick<RunTaskOptions, 'config' | 'task' | 'logger' | 'signal'> &
  Partial<Pick<RunTaskOptions, 'board' | 'waitsForLock'>>;

/** A damaged state file costs nothing when the sinks hold the checkpoint: it is moved aside then. */
export async function openStore(options: OpenStoreOptions): Promise<TaskStore> {
  const { config, task, logger, signal, board, waitsForLock } = options;
  const common = {
    stateDir: config.stateDir,
    task: task.name,
    logger,
    signal,
    ...(waitsForLock === true ? { lockTimeoutMs: Infinity } : {}),
    onWait: (owner: string) => {
      if (waitsForLock === true && board !== undefined) standBy(owner, { board, logger });
    },
  };
  try {
    return await openTaskStore({ ...common, recover: 'refuse' });
  } catch (thrown) {
    if (!(thrown instanceof TailraceError) || thrown.code !== 'STATE_UNUSABLE') throw thrown;
    if ((await readLowest(checkpointPlaces(task), signal)) === undefined) throw thrown;
    return openTaskStore({ ...common, recover: 'move-aside' });
  }
}

/** `--from`: where to begin when there is no checkpoint; with `--force` even if there is one. */
async function replaceStart(
  options: RunTaskOptions,
  store: TaskStore,
  text: string,
): Promise<void> {
  const { task, force, signal, mode } = options;
  const request = parsePositionRequest(text);
  await replaceCheckpoint({
    task,
    store,
    find: async (context) => ({ position: await resolvePosition(request, context) }),
    action: `${mode} --from`,
    reason: force ? `${mode} --from --force` : `${mode} --from`,
    onlyIfNone: !force,
    force,
    isDryRun: false,
    signal,
  });
}

/** What a copy streams in between: some of the tables, to a position. */
export interface TaskPart {
  readonly router: Router;
  /** Tables that are there in part: by their keys. */
  readonly byKey: ReadonlySet<string>;
  readonly until: Position | undefined;
}

/** What goes on beside the stream. */
interface Beside {
  readonly turn?: TargetTurn;
  /** Told when no table is left to be added. */
  readonly onNothingToAdd?: () => void;
}

export function createTask(
  options: Omit<RunTaskOptions, 'from' | 'force' | 'signal'>,
  store: TaskStore,
  part?: TaskPart,
  { turn, onNothingToAdd }: Beside = {},
): StreamTask {
  const { config, task, board, control, logger, mode } = options;
  const source = requireSource(task);
  const router = part?.router ?? routerOf(task);
  const skips = readSkips(store);
  const discards = new Discards();
  const memory = rememberSource(store);
  const serverId = chooseServerId(source.serverId, store, () =>
    deriveServerId(task.name, config.stateDir),
  );
  let current: BinlogSource | undefined;
  return new StreamTask({
    name: task.name,
    logger,
    board,
    control,
    store: followingStore(store, mode === 'produce' ? 'kafka' : 'mysql'),
    untilHead: options.until === 'head',
    until: part?.until,
    resolveUntil: untilResolver(options.until, source),
    delayMs: part === undefined ? task.delaySeconds * 1000 : 0,
    maxBytesInFlight: MEMORY.maxBytesInFlight,
    resolveStart: (signal) => resolveStart(task, signal),
    startsNow: source.start?.kind === 'now',
    turn,
    // Polling goes on meanwhile, and health says that the stream does not.
    mayMend: turn === undefined ? undefined : (error) => error.exitCode === 4,
    createSource: (sinks) =>
      (current = new BinlogSource({
        server: serverOptions(source),
        serverId,
        heartbeatSeconds: source.heartbeatSeconds,
        router,
        ignoreOwn: task.filter.ignoreOwn,
        queuedBytesHigh: MEMORY.queuedBytesHigh,
        partBytes: MEMORY.partBytes,
        keepsRowQueries: task.kafka?.rowQuery === true,
        leavesOutRowQueries: task.kafka?.rowQuery !== true,
        makesChangesLate: task.kafka === undefined,
        logger,
        loadPrepared: (xid) => loadPrepared(sinks(), xid),
        isSkipped: skips.length === 0 ? undefined : (gtid, seq) => isMarked(skips, gtid, seq),
        discards,
        memory,
      })),
    createSinks: sinkFactory({
      task,
      mode,
      store,
      router,
      board,
      logger,
      copying: part,
      adding:
        part === undefined && mode === 'run'
          ? {
              isIdleAt: (position) => current?.isIdleAt(position) ?? false,
              sourceHost: () => current?.progress.host,
              onIdle: onNothingToAdd,
            }
          : undefined,
      waitsForLock: options.waitsForLock,
      onWaitForLock: (owner) => {
        standBy(owner, options);
      },
    }),
  });
}

function followingStore(store: TaskStore, sink: string): CheckpointStore {
  return {
    load: () => store.load(sink),
    save: (step) => {
      store.save(step, sink);
    },
    replace: (state) => {
      store.replace(state, sink);
    },
  };
}

async function loadPrepared(
  sinks: readonly Sink[],
  xid: string,
): Promise<readonly Uint8Array[] | undefined> {
  for (const sink of sinks) {
    const payload = await sink.loadPrepared?.(xid);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

/** Kept once chosen: a source sees the same replica again after every restart. */
function chooseServerId(configured: number, store: TaskStore, derive: () => number): number {
  if (configured !== 0) return configured;
  const kept = store.readMeta('server_id');
  if (kept !== undefined) return Number(kept);
  const derived = derive();
  store.writeMeta('server_id', String(derived));
  return derived;
}

async function resolveStart(task: TaskConfig, signal: AbortSignal): Promise<Position> {
  const source = requireSource(task);
  if (source.start === undefined) {
    throw new TailraceError(
      'START_REQUIRED',
      `Task "${task.name}" has no checkpoint, neither where it writes to nor in its state file, and no start.`,
      { place: { task: task.name } },
    );
  }
  return resolveOn(source, source.start, signal);
}

function tryQuietly(work: () => void): void {
  try {
    work();
  } catch {
    // The caller has nothing better to do about it.
  }
}
