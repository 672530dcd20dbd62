import { requireTarget, serverOptions } from '../../config/server-options.ts';
import type { TaskConfig } from '../../config/schema.ts';
import { TailraceError } from '../../core/errors.ts';
import { parsePositionRequest } from '../../core/position-parse.ts';
import { partitionName } from '../../core/position.ts';
import type { ClusterSession } from '../../kafka/cluster-session.ts';
import { readOffsets } from '../../kafka/list-topics.ts';
import {
  moveMarks,
  type PartitionAdminOptions,
  type StoredMark,
} from '../../sink/mysql/partition-admin.ts';

/** `topic-number:offset`, one or more, as `position show` prints them. */
const MARK = /^([A-Za-z0-9._-]+)-(\d+):(\d+)$/;

/** Where the partitions of a task's topics are to be read from. */
export type OffsetRequest =
  | { readonly kind: 'first' | 'next' }
  | { readonly kind: 'time'; readonly at: Date }
  | { readonly kind: 'marks'; readonly marks: readonly StoredMark[] };

/** Reads a position as an operator writes it for a task that consumes. A place in a binlog is none. */
export function parseOffsetRequest(text: string): OffsetRequest {
  const marks = text.split(',').map((part) => toMark(part.trim()));
  if (marks.every((mark) => mark !== undefined)) return { kind: 'marks', marks };
  const request = parsePositionRequest(text);
  switch (request.kind) {
    case 'now':
      return { kind: 'next' };
    case 'earliest':
      return { kind: 'first' };
    case 'time':
      if (request.at.getTime() > Date.now()) throw refused(`${text} is in the future.`);
      return request;
    case 'coordinates':
    case 'gtid':
      throw refused(`${text} is a place in a binlog; consume reads from offsets of Kafka.`);
  }
}

function toMark(text: string): StoredMark | undefined {
  const match = MARK.exec(text);
  if (match === null) return undefined;
  const [, topic = '', partition, offset] = match;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function refused(message: string): TailraceError {
  return new TailraceError('POSITION_INVALID', message, {
    next: 'Use now, earliest, an ISO time with zone, or topic-partition:offset, several with commas.',
  });
}

export interface OffsetMove {
  readonly task: TaskConfig;
  readonly session: ClusterSession;
  /** Number of partitions of each topic that the task reads. */
  readonly topics: ReadonlyMap<string, number>;
  readonly request: OffsetRequest;
  /** Partitions that have a mark stay where they are. */
  readonly onlyNew: boolean;
  readonly action: string;
  readonly reason: string;
  /** Say where, and change nothing. */
  readonly isDryRun?: boolean;
  readonly signal: AbortSignal;
}

/** Moves the marks at the target to where the request says; gives those that were moved. */
export async function moveOffsets(move: OffsetMove): Promise<readonly StoredMark[]> {
  const { task, onlyNew, action, reason, signal } = move;
  const to = await resolve(move);
  if (move.isDryRun === true) return to;
  return moveMarks(marksOf(task), { to, onlyNew, action, reason }, signal);
}

/** Where the marks of a task's consumers are. */
export function marksOf(task: TaskConfig): PartitionAdminOptions {
  const target = requireTarget(task);
  return {
    task: task.name,
    server: serverOptions(target),
    stateDatabase: target.stateDatabase,
  };
}

async function resolve({
  session,
  topics,
  request,
  signal,
}: OffsetMove): Promise<readonly StoredMark[]> {
  if (request.kind === 'marks') {
    const unknown = request.marks.find(
      ({ topic, partition }) => partition >= (topics.get(topic) ?? 0),
    );
    if (unknown === undefined) return request.marks;
    throw refused(`The task reads no partition ${partitionName(unknown)}.`);
  }
  const read = (end: 'first' | 'next' | Date): Promise<Map<string, number>> =>
    session.until(signal, (cluster) => readOffsets(cluster, topics, end));
  const found = await read(request.kind === 'time' ? request.at : request.kind);
  // Nothing came at that time or later: what comes next is read.
  const ends = request.kind === 'time' ? await read('next') : found;
  return [...topics].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => {
      const name = partitionName({ topic, partition });
      const offset = found.get(name) ?? -1;
      return { topic, partition, offset: offset >= 0 ? offset : (ends.get(name) ?? 0) };
    }),
  );
}
