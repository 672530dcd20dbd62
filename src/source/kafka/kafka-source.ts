import type { Checkpoint } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { partitionName, type PartitionMark, type TopicPartition } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { ClusterSession } from '../../kafka/cluster-session.ts';
import type { FetchedPartition } from '../../kafka/fetch-request.ts';
import type { KafkaRecord } from '../../kafka/record-reader.ts';
import { sleep } from '../../lib/sleep.ts';
import type { MessageDecoder, UnknownTable } from '../../message/decode/decoder.ts';
import { createProgress, type SourceProgress } from '../source-progress.ts';
import { committedBatches } from './committed-batches.ts';
import { FetchLoop } from './fetch-loop.ts';
import type { TargetTables } from './message-tables.ts';
import {
  DROP_REASONS,
  PartitionReader,
  type MessageDropReason,
  type ReadOutcome,
} from './partition-reader.ts';

export interface KafkaSourceOptions {
  readonly session: ClusterSession;
  readonly decoder: MessageDecoder;
  readonly tables: TargetTables;
  readonly router: Router;
  readonly onPoison: 'stop' | 'dead_letter';
  readonly allowDuplicates: boolean;
  /** How long a message waits for a table or column that another partition's DDL may make. */
  readonly waitMs: number;
  /** Resolves when everything that was handed on has taken effect. */
  readonly applied: () => Promise<void>;
  /** A partition is read no further. */
  readonly onStopped: (partition: TopicPartition, error: TailraceError) => void;
}

/** A partition that is read. */
interface ReadPartition {
  readonly name: string;
  readonly reader: PartitionReader;
  /** Its next transaction waits at the sink. */
  isWaiting: boolean;
  /** So much waits there that no more is read. */
  isFull: boolean;
  /** Its next message is about a table that is not there (yet). */
  unknownSinceMs: number | undefined;
  heldUntilMs: number;
  stopped: TailraceError | undefined;
  passedAtMs: number;
}

const HOLD_MS = 200;
/** Offsets that no transaction tells of are stored this often. */
const PASS_EVERY_MS = 1000;
const IDLE_MS = 20;

/**
 * The partitions that a consumer was given, read from the marks of the target on. Order is kept in each partition. A
 * partition can be held back (its next transaction waits for another's) or stopped (a message that can't be read)
 * while the others go on.
 */
export class KafkaSource {
  readonly #options: KafkaSourceOptions;
  readonly #partitions = new Map<string, ReadPartition>();
  readonly progress: SourceProgress<MessageDropReason> = createProgress(DROP_REASONS);
  #seq = 0;

  constructor(options: KafkaSourceOptions) {
    this.#options = options;
  }

  /** The sink tells that a partition's next transaction waits, or goes on. */
  setWaiting(partition: TopicPartition, isWaiting: boolean): void {
    const state = this.#partitions.get(partitionName(partition));
    if (state === undefined) return;
    state.isWaiting = isWaiting;
    if (!isWaiting) state.isFull = false;
  }

  /** The sink has enough of what waits in this partition. */
  setFull(partition: TopicPartition): void {
    const state = this.#partitions.get(partitionName(partition));
    if (state !== undefined) state.isFull = true;
  }

  /** `until`: ends when each partition has reached its offset; partitions that are not in it are not waited for. */
  async *stream(
    from: Checkpoint,
    {
      signal,
      until,
    }: { readonly signal: AbortSignal; readonly until?: ReadonlyMap<string, number> },
  ): AsyncGenerator<readonly Transaction[]> {
    this.#begin(from);
    const loop = new FetchLoop(this.#options.session, signal);
    while (!this.#hasReached(until)) {
      signal.throwIfAborted();
      this.#assertReadable();
      const fetched = await loop.next([...this.#partitions.values()].filter(isOpen).map(placeOf));
      if (fetched === undefined) await sleep(IDLE_MS, signal);
      for (const partition of fetched ?? []) yield* this.#take(partition, signal);
      this.#noteIdle(fetched);
      const alone = this.#passAlone(until !== undefined);
      if (alone.length > 0) yield alone;
    }
    const rest = this.#passAlone(true);
    if (rest.length > 0) yield rest;
    for (const { stopped } of this.#partitions.values()) if (stopped !== undefined) throw stopped;
  }

  #begin(from: Checkpoint): void {
    this.#seq = from.seq;
    if (from.position.kind !== 'kafka') {
      throw new TailraceError('POSITION_INVALID', 'a position in a binlog is no offset of Kafka');
    }
    for (const [name, mark] of from.position.offsets) {
      this.#partitions.set(name, {
        name,
        reader: this.#createReader(mark),
        isWaiting: false,
        isFull: false,
        unknownSinceMs: undefined,
        heldUntilMs: 0,
        stopped: undefined,
        passedAtMs: 0,
      });
    }
  }

  #createReader(mark: PartitionMark): PartitionReader {
    const { decoder, router, onPoison, allowDuplicates, tables } = this.#options;
    return new PartitionReader(mark, {
      decoder,
      router,
      onPoison,
      allowDuplicates,
      hasKey: (name) => tables.hasKey(name),
      nextSeq: () => ++this.#seq,
      onDropped: (reason) => {
        this.progress.dropped[reason] += 1;
      },
    });
  }

  async *#take(
    fetched: FetchedPartition,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Transaction[]> {
    const state = this.#partitions.get(partitionName(fetched));
    if (!isOpen(state)) return;
    const { reader } = state;
    const sinceMs = performance.now();
    for (const batch of committedBatches(fetched, reader.offset)) {
      for (const record of batch.records) {
        const read = this.#read(state, record, signal);
        // Waiting, even for what is there, costs as much as reading a record.
        const outcome = read instanceof Promise ? await read : read;
        if (outcome.kind === 'done') continue;
        if (outcome.kind === 'barrier') {
          yield this.#ready(reader);
          await this.#passBarrier();
        } else if (outcome.kind === 'stopped') {
          state.stopped = outcome.error;
          this.#options.onStopped(fetched, outcome.error);
        }
        if (outcome.kind === 'stopped' || outcome.kind === 'unknown_table') {
          yield this.#ready(reader);
          return;
        }
      }
      reader.passTo(batch.nextOffset);
    }
    if (reader.offset >= fetched.lastStableOffset) reader.flush();
    this.progress.decode.observeMs(performance.now() - sinceMs);
    const ready = this.#ready(reader);
    if (ready.length > 0) yield ready;
  }

  #read(
    state: ReadPartition,
    record: KafkaRecord,
    signal: AbortSignal,
  ): ReadOutcome | Promise<ReadOutcome> {
    const outcome = state.reader.read(record);
    if (outcome.kind === 'unknown_table') {
      return this.#readAgain(state, { record, unknown: outcome.unknown }, signal);
    }
    state.unknownSinceMs = undefined;
    return outcome;
  }

  /** Reads a record once its table is looked up. */
  async #readAgain(
    state: ReadPartition,
    { record, unknown }: { readonly record: KafkaRecord; readonly unknown: UnknownTable },
    signal: AbortSignal,
  ): Promise<ReadOutcome> {
    await this.#options.tables.load(unknown.table);
    signal.throwIfAborted();
    const outcome = state.reader.read(record);
    if (outcome.kind === 'unknown_table') this.#hold(state, outcome.unknown);
    else state.unknownSinceMs = undefined;
    return outcome;
  }

  /** Another partition may bring the DDL that makes it. */
  #hold(state: ReadPartition, unknown: UnknownTable): void {
    const nowMs = performance.now();
    state.unknownSinceMs ??= nowMs;
    if (nowMs - state.unknownSinceMs >= this.#options.waitMs) {
      throw missing(this.#options.router.targetName(unknown.table), unknown, state);
    }
    state.reader.flush();
    state.heldUntilMs = nowMs + HOLD_MS;
  }

  /** A DDL: what comes behind it is read with the definitions that it leaves. */
  async #passBarrier(): Promise<void> {
    await this.#options.applied();
    this.forgetTables();
  }

  /** Definitions at the target may have changed. */
  forgetTables(): void {
    this.#options.tables.forget();
    this.#options.decoder.forget();
  }

  #ready(reader: PartitionReader): Transaction[] {
    const ready = reader.takeReady();
    const last = ready.at(-1);
    if (last !== undefined) {
      const { progress } = this;
      progress.coordinates = last.coordinates;
      progress.lastCommitAtMs = last.committedAtMs;
      progress.lastReadAtMs = Date.now();
      progress.transactions += ready.length;
      for (const { bytes } of ready) progress.bytes += bytes;
    }
    return ready;
  }

  /** Offsets that only passed tombstones, control records and the like. */
  #passAlone(isAtOnce: boolean): Transaction[] {
    const nowMs = performance.now();
    return [...this.#partitions.values()].flatMap((state) => {
      const { reader } = state;
      if (!reader.hasPassedAlone || !isOpen(state)) return [];
      if (!isAtOnce && nowMs - state.passedAtMs < PASS_EVERY_MS) return [];
      state.passedAtMs = nowMs;
      reader.passAlone();
      return this.#ready(reader);
    });
  }

  #noteIdle(fetched: readonly FetchedPartition[] | undefined): void {
    const isIdle = fetched?.every(({ records }) => records.length === 0) ?? true;
    if (!isIdle) this.progress.idleSinceMs = undefined;
    else this.progress.idleSinceMs ??= Date.now();
  }

  #hasReached(until: ReadonlyMap<string, number> | undefined): boolean {
    if (until === undefined) return false;
    return [...this.#partitions.values()].every(
      ({ name, reader, stopped, isWaiting }) =>
        stopped !== undefined || (!isWaiting && reader.offset >= (until.get(name) ?? 0)),
    );
  }

  /** When nothing is left to read, the reason ends the task. */
  #assertReadable(): void {
    const all = [...this.#partitions.values()];
    const [first] = all;
    if (first?.stopped === undefined) return;
    if (all.every(({ stopped }) => stopped !== undefined)) throw first.stopped;
  }
}

function isOpen(state: ReadPartition | undefined): state is ReadPartition {
  if (state === undefined) return false;
  const { stopped, isFull, heldUntilMs } = state;
  return stopped === undefined && !isFull && heldUntilMs <= performance.now();
}

function placeOf({ reader }: ReadPartition): TopicPartition & { readonly offset: number } {
  const { topic, partition } = reader.mark;
  return { topic, partition, offset: reader.offset };
}

function missing(target: TableName, { column }: UnknownTable, state: ReadPartition): TailraceError {
  const table = formatTableName(target);
  const coordinates = `${state.name}:${state.reader.offset}`;
  if (column === undefined) {
    return new TailraceError('TARGET_TABLE_MISSING', `the target has no table ${table}`, {
      place: { table, coordinates },
    });
  }
  return new TailraceError(
    'TARGET_COLUMNS_DIFFER',
    `the target's ${table} has no column ${column}`,
    {
      place: { table, column, coordinates },
      next: 'Make the column on the target, or list it in drop_columns / rename_columns of [[task.consume_table]].',
    },
  );
}
