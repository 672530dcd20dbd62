import type { GtidSet } from './gtid-set.ts';

/** A place in a server's binlog. `offset` is exact beyond 4 GiB (files may be larger than 32 bits say). */
export interface BinlogCoordinates {
  readonly file: string;
  readonly offset: number;
}

/**
 * Where to resume: always a commit boundary. Two positions are never ordered by comparing their
 * text; order is `Transaction.seq`.
 */
export type Position =
  | { readonly kind: 'gtid'; readonly gtidSet: GtidSet; readonly coordinates: BinlogCoordinates }
  | { readonly kind: 'coordinates'; readonly coordinates: BinlogCoordinates }
  | KafkaPosition;

/** Of some partitions, by `topic-number`; those of one transaction, or of a whole group. */
export interface KafkaPosition {
  readonly kind: 'kafka';
  readonly offsets: ReadonlyMap<string, PartitionMark>;
  /** Where there is but one: without a map being made for it. */
  readonly only?: NamedMark;
  /** `topic-number` and offset of the last message. */
  readonly coordinates: BinlogCoordinates;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `name`: `topic-number`. */
export interface NamedMark {
  readonly name: string;
  readonly at: PartitionMark;
}

/** How far a partition is read. */
export interface PartitionMark extends TopicPartition {
  /** Of the next message. */
  readonly offset: number;
  /** What came last from each source task, by the task's name and its history's: a message sent again is not after it. */
  readonly sources: ReadonlyMap<string, SourceMark>;
}

/**
 * In place of a source task's name: up to the offset in `seq` the messages have come already, and are applied by key.
 * No task is called so.
 */
export const REPLAYED = '';

/** Number of a transaction in a source task's history, and of a message in it. */
export interface SourceMark {
  readonly seq: number;
  readonly part: number;
}

export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** A position as an operator writes it; see `tailrace position`. */
export type PositionRequest =
  | { readonly kind: 'now' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'coordinates'; readonly coordinates: BinlogCoordinates }
  | { readonly kind: 'gtid'; readonly gtidSet: GtidSet }
  | { readonly kind: 'time'; readonly at: Date };

export function formatCoordinates(coordinates: BinlogCoordinates): string {
  return `${coordinates.file}:${coordinates.offset}`;
}

/** What `position show` prints and what `position set` takes back. */
export function formatPosition(position: Position): string {
  switch (position.kind) {
    case 'gtid':
      return position.gtidSet.toString();
    case 'coordinates':
      return formatCoordinates(position.coordinates);
    case 'kafka':
      return [...position.offsets].map(([name, { offset }]) => `${name}:${offset}`).join(',');
  }
}

/** For people: an empty GTID set (`earliest`) says nothing to them, its coordinates do. */
export function describePosition(position: Position): string {
  const text = formatPosition(position);
  return text === '' ? formatCoordinates(position.coordinates) : text;
}

/** Binlog files end in a number that may grow by a digit (999999 → 1000000): never compared as text. */
export function fileNumber(file: string): number {
  const dot = file.lastIndexOf('.');
  return Number(file.slice(dot + 1));
}

/** Negative: `a` comes first. Only for coordinates of the same server. */
export function compareCoordinates(a: BinlogCoordinates, b: BinlogCoordinates): number {
  const byFile = fileNumber(a.file) - fileNumber(b.file);
  return byFile !== 0 ? byFile : a.offset - b.offset;
}
