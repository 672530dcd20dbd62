import type { HistoryEntry } from '../checkpoint/sink-checkpoints.ts';
import { openTaskStore, readTaskStore, type TaskStore } from '../checkpoint/task-store.ts';
import { serverOptions } from '../config/server-options.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { DeadLetter } from '../core/dead-letter.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { TailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import { formatCoordinates, formatPosition } from '../core/position.ts';
import { recordSkip } from '../sink/mysql/checkpoint-admin.ts';
import { redactSecrets } from '../lib/secrets.ts';
import type { ScanContext } from '../source/binlog/position-scan.ts';
import { resolvePosition } from '../source/binlog/resolve-position.ts';
import { boundariesAround } from '../source/binlog/span.ts';
import type { TaskErrorStatus, TaskStatus } from '../status/task-status.ts';
import {
  checkpointPlaces,
  readLowest,
  sinkNameOf,
  type FoundCheckpoint,
} from './checkpoint-places.ts';
import {
  FOREIGN_TOOLS,
  readCanalPosition,
  readDebeziumPosition,
  readMaxwellPosition,
  type ForeignPosition,
  type ForeignTool,
} from './foreign-position.ts';
import { readPollPlaces, type PollPlace } from './poll/read-poll-places.ts';
import { replaceCheckpoint, type Destination, type Replaced } from './replace-checkpoint.ts';
import { moveConsumers, onlyConsumes, showMarks, skipMessages } from './consume/offset-admin.ts';
import { addSkip } from './skip-marker.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

export interface PositionReport {
  readonly task: string;
  readonly seq: number | null;
  readonly coordinates: string | null;
  readonly position: string | null;
  /** Who keeps it: the target's own checkpoint row is the truth where there is one. */
  readonly from: 'target' | 'Kafka' | 'state file' | 'nowhere';
  /** Where polling stands, which has no position: table by table. */
  readonly polled?: readonly PollPlace[];
  readonly note?: string;
  /** Transactions that a change makes come again. */
  readonly again?: number;
  /** Transactions that a change passes over. */
  readonly passed?: number;
}

export interface AdminOptions extends TaskSelection {
  readonly signal: AbortSignal;
}

export interface ChangeOptions extends AdminOptions {
  readonly dryRun?: boolean;
}

export async function showPositions(options: AdminOptions): Promise<readonly PositionReport[]> {
  const { config, tasks } = loadTasks(options);
  const shown = await Promise.all(
    tasks.map(async (task) => {
      const marks = await showMarks(task, options.signal);
      // A task that only consumes has nothing else.
      if (marks.length > 0 && task.source === undefined) return marks;
      return [await showPosition(config, task, options.signal), ...marks];
    }),
  );
  return shown.flat();
}

async function showPosition(
  config: Config,
  task: TaskConfig,
  signal: AbortSignal,
): Promise<PositionReport> {
  const { found, polled, problem } = await askPlaces(task, signal);
  if (found !== undefined)
    return { ...report(task, found.state.checkpoint, found.place.label), ...polled };
  if (polled !== undefined) return { ...report(task, undefined, 'target'), ...polled };
  const note = problem === undefined ? {} : { note: problem };
  const store = readTaskStore({ stateDir: config.stateDir, task: task.name });
  try {
    const kept = store?.load(sinkNameOf(task))?.checkpoint;
    return { ...report(task, kept, kept === undefined ? 'nowhere' : 'state file'), ...note };
  } finally {
    store?.close();
  }
}

interface Answers {
  readonly found?: FoundCheckpoint | undefined;
  readonly polled?: Pick<PositionReport, 'polled'> | undefined;
  readonly problem?: string;
}

async function askPlaces(task: TaskConfig, signal: AbortSignal): Promise<Answers> {
  const places = checkpointPlaces(task);
  try {
    const found = await readLowest(places, signal);
    const polled = await readPollPlaces(task, signal);
    return { found, polled: polled.length === 0 ? undefined : { polled } };
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error;
    const who = places.map(({ label }) => (label === 'target' ? 'the target' : label)).join(' or ');
    return { problem: `${who} was not asked: ${error.code}: ${redactSecrets(error.message)}` };
  }
}

function adminOf(
  task: TaskConfig,
  target: NonNullable<TaskConfig['target']>,
): Parameters<typeof recordSkip>[0] {
  return { task: task.name, server: serverOptions(target), stateDatabase: target.stateDatabase };
}

function report(
  task: TaskConfig,
  checkpoint: Checkpoint | undefined,
  from: PositionReport['from'],
): PositionReport {
  const position = checkpoint?.position;
  return {
    task: task.name,
    seq: checkpoint?.seq ?? null,
    // A position by GTID alone knows no file yet.
    coordinates: position?.coordinates.file ? formatCoordinates(position.coordinates) : null,
    position: position === undefined ? null : formatPosition(position),
    from,
  };
}

export interface MoveOptions extends ChangeOptions {
  /** Go back even where a table has no key by which rows could be replayed. */
  readonly force?: boolean;
}

export async function setPosition(
  options: MoveOptions & { readonly text: string },
): Promise<readonly PositionReport[]> {
  const { tasks } = loadTasks(options);
  const [consuming, others] = [tasks.filter(onlyConsumes), tasks.filter((t) => !onlyConsumes(t))];
  const moved = await moveConsumers(consuming, options);
  if (others.length === 0) return moved;
  const request = parsePositionRequest(options.text);
  const set = await moveEach(
    { ...options, task: others.map(({ name }) => name) },
    {
      action: 'position set',
      reason: `position set ${options.text}`,
      find: () => async (context) => ({ position: await resolvePosition(request, context) }),
    },
  );
  return [...moved, ...set];
}

/** To where the task stood at that time, by its own history. */
export async function rewindPosition(
  options: MoveOptions & { readonly to: string },
): Promise<readonly PositionReport[]> {
  const request = parsePositionRequest(options.to);
  if (request.kind !== 'time') {
    throw new TailraceError('POSITION_INVALID', `--to ${options.to} is not a time.`, {
      next: 'Give an ISO time with zone, for example 2026-11-20T10:00:00Z.',
    });
  }
  return moveEach(options, {
    action: 'position rewind',
    reason: `position rewind --to ${options.to}`,
    find: (task, store) => {
      const { position } = historyEntry(task, store, request.at);
      if (position.kind === 'kafka') throw onlyOffsets(task);
      return async (context) => ({ position: await resolvePosition(position, context) });
    },
  });
}

function onlyOffsets(task: TaskConfig): TailraceError {
  return new TailraceError('USAGE', `Task "${task.name}" stands at offsets of Kafka.`, {
    place: { task: task.name },
    next: 'Set the offsets of its consumer group with the tools of Kafka.',
  });
}

function historyEntry(task: TaskConfig, store: TaskStore, at: Date): HistoryEntry {
  const entry = store.positionAt(at.getTime(), sinkNameOf(task));
  if (entry !== undefined) return entry;
  const oldest = store.oldestPosition(sinkNameOf(task));
  const since =
    oldest === undefined
      ? 'it is empty'
      : `it begins at ${new Date(oldest.savedAtMs).toISOString()}`;
  throw new TailraceError('USAGE', `The position history does not reach ${at.toISOString()}.`, {
    place: { task: task.name },
    next: `${since}; tailrace position set TIME finds the position in the source's binlog instead.`,
  });
}

export type ImportOptions = MoveOptions & {
  readonly from: string;
  readonly file?: string;
  readonly database?: string;
  readonly clientId?: string;
};

/** From where another tool stands; what it may have handed on in part is replayed by key. */
export async function importPosition(options: ImportOptions): Promise<readonly PositionReport[]> {
  const tool = FOREIGN_TOOLS.find((name) => name === options.from);
  if (tool === undefined) {
    throw new TailraceError('USAGE', `--from ${options.from} is not known.`, {
      next: `Use one of: ${FOREIGN_TOOLS.join(', ')}.`,
    });
  }
  return moveEach(options, {
    action: 'position import',
    reason: `position import --from ${tool}`,
    find: () => async (context) => findForeign(await readForeign(tool, options, context), context),
  });
}

async function readForeign(
  tool: ForeignTool,
  { file, database = 'maxwell', clientId: client = 'maxwell' }: ImportOptions,
  { connection }: ScanContext,
): Promise<ForeignPosition> {
  if (tool === 'maxwell') return readMaxwellPosition(connection, { database, client });
  if (file === undefined) {
    throw new TailraceError(
      'USAGE',
      `--from ${tool} wants --file: where ${tool} keeps its position.`,
    );
  }
  return tool === 'canal' ? readCanalPosition(file) : readDebeziumPosition(file);
}

async function findForeign(
  { file, offset, gtids }: ForeignPosition,
  context: ScanContext,
): Promise<Destination> {
  if (gtids !== undefined && context.withGtids) {
    return { position: await resolvePosition(parsePositionRequest(gtids), context) };
  }
  const { before, behind } = await boundariesAround({ file, offset }, context);
  return { position: before, replayUntil: behind };
}

interface Move {
  readonly action: string;
  readonly reason: string;
  readonly find: (
    task: TaskConfig,
    store: TaskStore,
  ) => (context: ScanContext) => Promise<Destination>;
}

function moveEach(
  options: MoveOptions,
  { find, ...move }: Move,
): Promise<readonly PositionReport[]> {
  const { dryRun: isDryRun = false, force = false, signal } = options;
  return changeEach(options, async (task, store) => {
    const replaced = await replaceCheckpoint({
      ...move,
      task,
      store,
      find: find(task, store),
      onlyIfNone: false,
      force,
      isDryRun,
      signal,
    });
    const from = checkpointPlaces(task)[0]?.label ?? 'state file';
    return { ...report(task, replaced.checkpoint, from), ...describeMove(replaced, isDryRun) };
  });
}

function describeMove(
  { span, replayUntil }: Replaced,
  isDryRun: boolean,
): Pick<PositionReport, 'note' | 'again' | 'passed'> {
  const counts = typeof span === 'object' ? span : undefined;
  const parts = [isDryRun ? 'dry run: nothing was changed' : 'the next start begins here'];
  if (span === 'unreadable') parts.push('what lies between is damaged and was not counted');
  if (counts !== undefined && counts.again > 0) {
    parts.push(`${transactions(counts.again, 'comes', 'come')} again`);
  }
  if (replayUntil !== undefined) {
    parts.push(`up to ${formatPosition(replayUntil)} rows are replayed by key`);
  }
  if (counts !== undefined && counts.passed > 0) {
    parts.push(`${transactions(counts.passed, 'is', 'are')} passed over and never applied`);
  }
  if (counts?.again === 0 && counts.passed === 0) parts.push('no transaction lies between');
  return { note: parts.join('; '), ...counts };
}

function transactions(count: number, one: string, many: string): string {
  return count === 1 ? `1 transaction ${one}` : `${count} transactions ${many}`;
}

/** Passes the transaction that the task stopped at: at the next start it is read and left out. */
export async function skipTransaction(options: SkipOptions): Promise<readonly PositionReport[]> {
  const { config, tasks } = loadTasks(options);
  const consuming = tasks.filter(onlyConsumes);
  const others = tasks.filter((task) => !onlyConsumes(task));
  const passed = await skipMessages(config, consuming, options);
  if (others.length === 0) return passed;
  const chosen = { ...options, task: others.map(({ name }) => name) };
  const skipped = await changeEach(chosen, (task, store) => skipOne(task, store, options));
  return [...passed, ...skipped];
}

type SkipOptions = ChangeOptions & { readonly reason: string };

async function skipOne(
  task: TaskConfig,
  store: TaskStore,
  options: SkipOptions,
): Promise<PositionReport> {
  const error = lastError(task, store);
  const { gtid, seq, coordinates } = error.place;
  if (seq === undefined) throw nothingToSkip(task, `it stopped with ${error.code}`);
  const kept = await presentCheckpoint(task, store, options.signal);
  if (kept.checkpoint !== undefined && kept.checkpoint.seq >= seq) {
    throw nothingToSkip(task, `transaction ${seq} is done already`);
  }
  const place = gtid ?? coordinates ?? `transaction ${seq}`;
  const base = report(task, kept.checkpoint, kept.from);
  if (options.dryRun === true) return { ...base, note: `dry run: would pass ${place}` };
  const { reason, signal } = options;
  const letter = deadLetterOf(error, reason);
  if (task.target !== undefined && kept.from === 'target') {
    const { checkpoint } = kept;
    await recordSkip(adminOf(task, task.target), { checkpoint, letter, place, reason }, signal);
  }
  store.add(letter);
  addSkip(store, { gtid, seq, reason }, kept.checkpoint?.seq ?? 0);
  return { ...base, note: `the next start passes ${place}; it is kept as a dead letter` };
}

type Kept =
  | { readonly from: 'target' | 'Kafka'; readonly checkpoint: Checkpoint }
  | { readonly from: 'state file' | 'nowhere'; readonly checkpoint: Checkpoint | undefined };

async function presentCheckpoint(
  task: TaskConfig,
  store: TaskStore,
  signal: AbortSignal,
): Promise<Kept> {
  const found = await readLowest(checkpointPlaces(task), signal);
  if (found !== undefined) {
    return { from: found.place.label, checkpoint: found.state.checkpoint };
  }
  const checkpoint = store.load(sinkNameOf(task))?.checkpoint;
  return { from: checkpoint === undefined ? 'nowhere' : 'state file', checkpoint };
}

function lastError(task: TaskConfig, store: TaskStore): TaskErrorStatus {
  const snapshot = store.loadStatus();
  const status = snapshot === undefined ? undefined : (JSON.parse(snapshot.json) as TaskStatus);
  if (status?.state !== 'failed' || status.error === null) {
    throw nothingToSkip(task, 'it did not stop by an error');
  }
  return status.error;
}

function nothingToSkip(task: TaskConfig, why: string): TailraceError {
  return new TailraceError('USAGE', `Task "${task.name}" has no transaction to skip: ${why}.`, {
    place: { task: task.name },
    next: 'See what it is doing with tailrace status; to go elsewhere use tailrace position set.',
  });
}

function deadLetterOf(error: TaskErrorStatus, reason: string): DeadLetter {
  const { gtid, seq, coordinates, table } = error.place;
  return {
    kind: 'skip',
    reason,
    code: error.code as ErrorCode,
    seq,
    gtid,
    coordinates,
    table,
    payload: JSON.stringify({ message: error.message, place: error.place, at: error.at }),
  };
}

async function changeEach(
  options: AdminOptions,
  change: (task: TaskConfig, store: TaskStore) => Promise<PositionReport>,
): Promise<readonly PositionReport[]> {
  const { config, tasks } = loadTasks(options);
  const reports: PositionReport[] = [];
  for (const task of tasks) {
    // A running task holds the lock: it is not waited for.
    const store = await openTaskStore({
      stateDir: config.stateDir,
      task: task.name,
      lockTimeoutMs: 0,
    });
    try {
      reports.push(await change(task, store));
    } finally {
      store.close();
    }
  }
  return reports;
}
