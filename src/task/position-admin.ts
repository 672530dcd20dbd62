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
import type { TaskErrorStatus, TaskStatus } from '../status/task-status.ts';
import {
  checkpointPlaces,
  readLowest,
  sinkNameOf,
  type FoundCheckpoint,
} from './checkpoint-places.ts';
import { replaceCheckpoint } from './replace-checkpoint.ts';
import { addSkip } from './skip-marker.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

export interface PositionReport {
  readonly task: string;
  readonly seq: number | null;
  readonly coordinates: string | null;
  readonly position: string | null;
  /** Who keeps it: the target's own checkpoint row is the truth where there is one. */
  readonly from: 'target' | 'Kafka' | 'state file' | 'nowhere';
  readonly note?: string;
}

export interface AdminOptions extends TaskSelection {
  readonly signal: AbortSignal;
}

export interface ChangeOptions extends AdminOptions {
  readonly dryRun?: boolean;
}

export async function showPositions(options: AdminOptions): Promise<readonly PositionReport[]> {
  const { config, tasks } = loadTasks(options);
  return Promise.all(tasks.map((task) => showPosition(config, task, options.signal)));
}

async function showPosition(
  config: Config,
  task: TaskConfig,
  signal: AbortSignal,
): Promise<PositionReport> {
  const { found, problem } = await askPlaces(task, signal);
  if (found !== undefined) return report(task, found.state.checkpoint, found.place.label);
  const note = problem === undefined ? {} : { note: problem };
  const store = readTaskStore({ stateDir: config.stateDir, task: task.name });
  try {
    const kept = store?.load(sinkNameOf(task))?.checkpoint;
    return { ...report(task, kept, kept === undefined ? 'nowhere' : 'state file'), ...note };
  } finally {
    store?.close();
  }
}

async function askPlaces(
  task: TaskConfig,
  signal: AbortSignal,
): Promise<{ readonly found?: FoundCheckpoint | undefined; readonly problem?: string }> {
  const places = checkpointPlaces(task);
  try {
    return { found: await readLowest(places, signal) };
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
    coordinates: position === undefined ? null : formatCoordinates(position.coordinates),
    position: position === undefined ? null : formatPosition(position),
    from,
  };
}

export async function setPosition(
  options: ChangeOptions & { readonly text: string },
): Promise<readonly PositionReport[]> {
  const request = parsePositionRequest(options.text);
  return changeEach(options, async (task, store) => {
    const isDryRun = options.dryRun === true;
    const checkpoint = await replaceCheckpoint({
      task,
      store,
      request,
      action: 'position set',
      reason: `position set ${options.text}`,
      onlyIfNone: false,
      isDryRun,
      signal: options.signal,
    });
    const note = isDryRun ? 'dry run: nothing was changed' : 'the next start begins here';
    return { ...report(task, checkpoint, checkpointPlaces(task)[0]?.label ?? 'state file'), note };
  });
}

/** Passes the transaction that the task stopped at: at the next start it is read and left out. */
export async function skipTransaction(options: SkipOptions): Promise<readonly PositionReport[]> {
  return changeEach(options, (task, store) => skipOne(task, store, options));
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
