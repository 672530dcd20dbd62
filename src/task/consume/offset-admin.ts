import { readTaskStore } from '../../checkpoint/task-store.ts';
import { kafkaOptions, requireKafka } from '../../config/server-options.ts';
import type { Config, TaskConfig } from '../../config/schema.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { TailraceError } from '../../core/errors.ts';
import { partitionName } from '../../core/position.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import { listTopics } from '../../kafka/list-topics.ts';
import { silentLogger } from '../../lib/logger.ts';
import { moveMarks, readMarks, type StoredMark } from '../../sink/mysql/partition-admin.ts';
import type { TaskErrorStatus, TaskStatus } from '../../status/task-status.ts';
import { consumerStoreNames } from './consumer-store.ts';
import { marksOf, moveOffsets, parseOffsetRequest } from './move-offsets.ts';
import { topicChoice } from './topic-choice.ts';

/** Where a partition stands, for `position`. */
export interface MarkReport {
  readonly task: string;
  readonly seq: null;
  /** `topic-number:offset` of the next message. */
  readonly coordinates: string;
  readonly position: string;
  readonly from: 'target';
  readonly note?: string;
}

interface MoveOptions {
  readonly signal: AbortSignal;
  readonly dryRun?: boolean;
}

/** A task without a source has no place in a binlog: its positions are offsets of Kafka. */
export function onlyConsumes(task: TaskConfig): boolean {
  return task.source === undefined && task.kafka !== undefined && task.target !== undefined;
}

/** How far the consumers of a task are, as the target has it; nothing where it can't be asked. */
export async function showMarks(
  task: TaskConfig,
  signal: AbortSignal,
): Promise<readonly MarkReport[]> {
  if (task.kafka === undefined || task.target === undefined) return [];
  try {
    const marks = await readMarks(marksOf(task), signal);
    return marks.map((mark) => report(task, mark));
  } catch (thrown) {
    // Why not is told with the task's own position.
    if (thrown instanceof TailraceError) return [];
    throw thrown;
  }
}

/** `position set` of tasks that only consume; those that run begin again there. */
export async function moveConsumers(
  tasks: readonly TaskConfig[],
  options: MoveOptions & { readonly text: string },
): Promise<readonly MarkReport[]> {
  if (tasks.length === 0) return [];
  const request = parseOffsetRequest(options.text);
  const reports: MarkReport[] = [];
  for (const task of tasks) {
    const kafka = requireKafka(task);
    const session = new ClusterSession(kafkaOptions(kafka, task.name), silentLogger);
    try {
      const all = await session.once(options.signal, listTopics);
      const isChosen = topicChoice(task, kafka);
      const moved = await moveOffsets({
        task,
        session,
        topics: new Map([...all].filter(([topic]) => isChosen(topic))),
        request,
        onlyNew: false,
        action: 'position set',
        reason: `position set ${options.text}`,
        isDryRun: options.dryRun === true,
        signal: options.signal,
      });
      const note =
        options.dryRun === true ? 'dry run: nothing was changed' : 'is read on from here';
      reports.push(...moved.map((mark) => ({ ...report(task, mark), note })));
    } finally {
      await session.drop();
    }
  }
  return reports;
}

/** `position skip` of tasks that only consume: passes the message at which a partition stopped. */
export async function skipMessages(
  config: Config,
  tasks: readonly TaskConfig[],
  options: MoveOptions & { readonly reason: string },
): Promise<readonly MarkReport[]> {
  const reports: MarkReport[] = [];
  for (const task of tasks) reports.push(await skipMessage(config, task, options));
  return reports;
}

async function skipMessage(
  config: Config,
  task: TaskConfig,
  options: MoveOptions & { readonly reason: string },
): Promise<MarkReport> {
  const { reason, signal } = options;
  const error = lastError(config, task);
  const at = stoppedAt(task, error);
  const marks = await readMarks(marksOf(task), signal);
  const known = marks.find((mark) => partitionName(mark) === partitionName(at));
  if (known !== undefined && known.offset > at.offset) {
    throw nothingToSkip(task, `${describe(at)} is passed already`);
  }
  if (options.dryRun === true) {
    return { ...report(task, known ?? at), note: `dry run: would pass ${describe(at)}` };
  }
  const next = { ...at, offset: at.offset + 1 };
  const letter = {
    kind: 'skip',
    reason,
    code: error.code as ErrorCode,
    seq: undefined,
    gtid: undefined,
    coordinates: describe(at),
    table: error.place.table,
    payload: JSON.stringify({ message: error.message, place: error.place, at: error.at }),
  } as const;
  await moveMarks(
    marksOf(task),
    { to: [next], onlyNew: false, action: 'position skip', reason, letter },
    signal,
  );
  return {
    ...report(task, next),
    note: `${describe(at)} is passed; it is kept as a dead letter at the target`,
  };
}

/** Of whichever of its processes stopped last. */
function lastError(config: Config, task: TaskConfig): TaskErrorStatus {
  const errors = consumerStoreNames(config.stateDir, task.name).flatMap((name) => {
    const store = readTaskStore({ stateDir: config.stateDir, task: name });
    try {
      const snapshot = store?.loadStatus();
      if (snapshot === undefined) return [];
      return (JSON.parse(snapshot.json) as TaskStatus).error ?? [];
    } finally {
      store?.close();
    }
  });
  const last = errors.sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (last === undefined) throw nothingToSkip(task, 'no partition stopped by an error here');
  return last;
}

function stoppedAt(task: TaskConfig, error: TaskErrorStatus): StoredMark {
  const request = parseOffsetRequest(error.place.coordinates ?? 'now');
  const [mark] = request.kind === 'marks' ? request.marks : [];
  if (mark !== undefined) return mark;
  throw nothingToSkip(task, `it stopped with ${error.code}, which is about no message`);
}

function report(task: TaskConfig, mark: StoredMark): MarkReport {
  const place = describe(mark);
  return { task: task.name, seq: null, coordinates: place, position: place, from: 'target' };
}

function describe(mark: StoredMark): string {
  return `${partitionName(mark)}:${mark.offset}`;
}

function nothingToSkip(task: TaskConfig, why: string): TailraceError {
  return new TailraceError('USAGE', `Task "${task.name}" has no message to skip: ${why}.`, {
    place: { task: task.name },
    next: 'See what it is doing with tailrace status; to go elsewhere use tailrace position set.',
  });
}
