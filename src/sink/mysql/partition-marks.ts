import { randomBytes } from 'node:crypto';
import type { CheckpointStep } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import {
  partitionName,
  type KafkaPosition,
  type PartitionMark,
  type SourceMark,
  type TopicPartition,
} from '../../core/position.ts';
import { readNumber, readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteText } from '../../server/sql-text.ts';
import { checkpointMoved } from './checkpoint-row.ts';
import type { StateTables } from './state-database.ts';
import type { Passable, TargetMark } from './target-mark.ts';
import { OWNER } from './task-lock.ts';

interface OwnedPartition {
  readonly mark: PartitionMark;
  readonly generation: number;
}

/** Of a partition from which nothing was applied yet. */
export const NO_OFFSET = -1;

/**
 * How far the target is in each partition that this consumer was given: the offset of the next message, and what came
 * last from each source task. There is no lock: taking a partition raises its generation, on which every later
 * UPDATE is conditional, so a consumer that was given it before and does not know yet can write nothing more.
 */
export class PartitionMarks implements TargetMark {
  readonly task: string;
  readonly tables: StateTables;
  /** Names this consumer in the rows, over all its connections. */
  readonly owner: string;
  readonly #owned: Map<string, OwnedPartition>;

  constructor(
    of: { readonly task: string; readonly tables: StateTables; readonly owner: string },
    owned: ReadonlyMap<string, OwnedPartition>,
  ) {
    this.task = of.task;
    this.tables = of.tables;
    this.owner = of.owner;
    this.#owned = new Map(owned);
  }

  get position(): KafkaPosition {
    const offsets = new Map([...this.#owned].map(([name, { mark }]) => [name, mark]));
    return { kind: 'kafka', offsets, coordinates: { file: '', offset: 0 } };
  }

  /** For taking it anew. */
  generationOf(at: TopicPartition): number | undefined {
    return this.#owned.get(partitionName(at))?.generation;
  }

  moveStatements(step: CheckpointStep): string[] {
    return [...offsetsOf(step).values()].map((mark) => {
      const sources = quoteText(JSON.stringify(Object.fromEntries(mark.sources)));
      return this.#update(mark, `next_offset=${mark.offset},sources=${sources},`);
    });
  }

  touchStatements(): string[] {
    return [...this.#owned.values()].map(({ mark }) => this.#update(mark, ''));
  }

  moved(step: CheckpointStep): void {
    for (const [name, mark] of offsetsOf(step)) {
      this.#owned.set(name, { mark, generation: this.#require(name).generation });
    }
  }

  hasPassed({ resumeAt }: Passable): boolean {
    if (resumeAt?.kind !== 'kafka') return false;
    const { only } = resumeAt;
    if (only !== undefined) return this.#require(only.name).mark.offset >= only.at.offset;
    for (const [name, { offset }] of resumeAt.offsets) {
      if (this.#require(name).mark.offset < offset) return false;
    }
    return true;
  }

  decide(inDoubt: CheckpointStep | undefined, now: PartitionMarks): boolean {
    const doubtful = inDoubt === undefined ? new Map<string, PartitionMark>() : offsetsOf(inDoubt);
    let hasReached = false;
    for (const [name, { mark }] of this.#owned) {
      const { offset } = now.#require(name).mark;
      const wanted = doubtful.get(name)?.offset;
      if (wanted !== undefined && offset === wanted) hasReached = true;
      else if (offset !== mark.offset) {
        throw checkpointMoved(this.task, `${name} is at ${offset} instead of ${mark.offset}`);
      }
    }
    return hasReached;
  }

  movedError(): TailraceError {
    return checkpointMoved(this.task, 'another consumer was given one of our partitions');
  }

  #update(at: TopicPartition, assignments: string): string {
    const { mark, generation } = this.#require(partitionName(at));
    return (
      `UPDATE ${this.tables.partition} SET ${assignments}touches=touches+1,updated_at=UTC_TIMESTAMP(6)` +
      ` WHERE ${wherePartition(this.task, at)}` +
      ` AND next_offset=${mark.offset} AND generation=${generation}`
    );
  }

  #require(name: string): OwnedPartition {
    const owned = this.#owned.get(name);
    if (owned !== undefined) return owned;
    throw new TailraceError('INTERNAL_FAULT', `the partition ${name} was not given to us`);
  }
}

function offsetsOf({ position }: CheckpointStep): ReadonlyMap<string, PartitionMark> {
  if (position.kind === 'kafka') return position.offsets;
  throw new TailraceError('INTERNAL_FAULT', 'a step of a consumer without offsets');
}

function wherePartition(task: string, { topic, partition }: TopicPartition): string {
  return `task=${quoteText(task)} AND topic=${quoteText(topic)} AND part=${partition}`;
}

export interface TakeOptions {
  readonly task: string;
  readonly tables: StateTables;
  readonly partitions: readonly TopicPartition[];
  /** Of our connection that was lost: what another was given since then stays with it. */
  readonly before: PartitionMarks | undefined;
}

/** Raises the generation of each partition; waits for a transaction that still holds its row. */
export async function takePartitions(
  connection: ServerConnection,
  { task, tables, partitions, before }: TakeOptions,
): Promise<PartitionMarks> {
  const owner = before?.owner ?? `${OWNER} ${randomBytes(4).toString('hex')}`;
  const owned = new Map<string, OwnedPartition>();
  if (partitions.length > 0) {
    const rows = partitions.map(
      ({ topic, partition }) =>
        `(${quoteText(task)},${quoteText(topic)},${partition},0,'',${NO_OFFSET},'{}',0,UTC_TIMESTAMP(6))`,
    );
    await connection.run(
      `INSERT IGNORE INTO ${tables.partition}
      (task,topic,part,generation,owner,next_offset,sources,touches,updated_at) VALUES ${rows.join(',')}`,
    );
  }
  for (const at of partitions) {
    const name = partitionName(at);
    const known = before?.generationOf(at);
    owned.set(name, await takeOne(connection, { task, tables, owner }, { ...at, known }));
  }
  return new PartitionMarks({ task, tables, owner }, owned);
}

async function takeOne(
  connection: ServerConnection,
  { task, tables, owner }: Pick<TakeOptions, 'task' | 'tables'> & { readonly owner: string },
  { known, ...at }: TopicPartition & { readonly known: number | undefined },
): Promise<OwnedPartition> {
  const where = wherePartition(task, at);
  await connection.run(
    `UPDATE ${tables.partition} SET generation=generation+1,owner=${quoteText(owner)} WHERE ${where}` +
      (known === undefined ? '' : ` AND generation=${known}`),
  );
  const [row] = await connection.query(
    `SELECT generation,owner,next_offset,sources FROM ${tables.partition} WHERE ${where}`,
  );
  const generation = row === undefined ? undefined : readNumber(row, 'generation');
  const isOurs = row !== undefined && readText(row, 'owner') === owner;
  if (!isOurs || generation === undefined || (known !== undefined && generation !== known + 1)) {
    throw checkpointMoved(task, `another consumer was given ${partitionName(at)}`);
  }
  const mark: PartitionMark = {
    ...at,
    offset: readNumber(row, 'next_offset'),
    sources: new Map(
      Object.entries(JSON.parse(readText(row, 'sources')) as Record<string, SourceMark>),
    ),
  };
  return { mark, generation };
}
