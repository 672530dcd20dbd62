import type { Checkpoint, CheckpointStep, StoredState } from '../core/checkpoint.ts';
import type { TailraceError } from '../core/errors.ts';
import { describePosition, formatPosition, type Position } from '../core/position.ts';
import type { Sink } from '../core/sink.ts';
import type { OrderedAcker } from '../core/ticket.ts';
import type { Transaction } from '../core/transaction.ts';
import type { Logger } from '../lib/logger.ts';
import { freeHeapGrowth } from '../lib/limit-heap-growth.ts';
import { createOrderedAcker } from '../pipeline/ordered-acker.ts';
import { pump } from '../pipeline/pump.ts';
import { resumeAt } from '../pipeline/resume-at.ts';
import type { BinlogSource } from '../source/binlog/binlog-source.ts';
import type { SourceDescription } from '../source/binlog/describe-source.ts';
import { delayed } from './delay.ts';
import { MEMORY } from './memory.ts';
import type { TargetTurn } from './poll/target-turn.ts';
import { runAttempts } from './run-attempts.ts';
import type { TaskBoard } from './task-board.ts';
import type { TaskControl } from './task-control.ts';

/** Where a task without a sink of its own memory keeps its checkpoint; follows a sink that has one. */
export interface CheckpointStore {
  load(): StoredState | undefined;
  save(step: CheckpointStep): void;
  /** Takes over what a sink of its own memory holds: later steps are changes to exactly that. */
  replace?(state: StoredState): void;
}

export interface StreamTaskOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly board: TaskBoard;
  readonly store: CheckpointStore;
  /** `sinks` gives those of the same attempt, once they are there. */
  readonly createSource: (sinks: () => readonly Sink[]) => BinlogSource;
  readonly createSinks: (source: SourceDescription) => readonly Sink[];
  /** Used when there is no checkpoint anywhere. */
  readonly resolveStart: (signal: AbortSignal) => Promise<Position>;
  /** That start is "now", not a place. */
  readonly startsNow: boolean;
  readonly untilHead: boolean;
  /** To where, instead of to the head. */
  readonly until?: Position | undefined;
  /** Another place to end at. */
  readonly resolveUntil?: ((signal: AbortSignal) => Promise<Position>) | undefined;
  /** Stay so far behind. */
  readonly delayMs?: number;
  readonly maxBytesInFlight: number;
  /** By which it is paused; absent: it can't be. */
  readonly control?: TaskControl;
  /** Others write to the target while the stream is away. */
  readonly turn?: TargetTurn | undefined;
  readonly mayMend?: ((error: TailraceError) => boolean) | undefined;
}

const CHECKPOINT_INTERVAL_MS = 1000;

/**
 * One task from source to sinks, for as long as it takes. Every fault ends the attempt: sinks finish or
 * roll back, and what may pass is tried again from the checkpoint, with backoff, for ever. So there is
 * one way to begin, after a crash and after a lost connection alike.
 */
export class StreamTask {
  readonly #options: StreamTaskOptions;
  #until: Position | undefined;
  #start: Position | undefined;

  constructor(options: StreamTaskOptions) {
    this.#options = options;
    this.#until = options.until;
  }

  /** Resolves when the signal is aborted or `until` is reached; throws what can't pass by itself. */
  run(signal: AbortSignal): Promise<void> {
    const attempt = (inner: AbortSignal, onProgress: () => void): Promise<void> =>
      this.#attempt(inner, onProgress);
    return runAttempts(attempt, { ...this.#options, signal });
  }

  async #attempt(outer: AbortSignal, onProgress: () => void): Promise<void> {
    const { createSinks, createSource, board, maxBytesInFlight } = this.#options;
    const inner = new AbortController();
    const signal = AbortSignal.any([outer, inner.signal]);
    let sinks: readonly Sink[] = [];
    const source = createSource(() => sinks);
    let acker: OrderedAcker | undefined;
    let timer: NodeJS.Timeout | undefined;
    let leave: (() => void) | undefined;
    try {
      const description = await source.describe(signal);
      leave = await this.#options.turn?.take(signal);
      sinks = createSinks(description);
      const begin = await this.#openAll(sinks, source, signal);
      acker = createOrderedAcker({ from: begin.checkpoint, maxBytes: maxBytesInFlight });
      board.stream({ source, sinks, acker, from: begin.checkpoint });
      timer = this.#keepSaving(acker, onProgress, inner);
      const until = this.#until === undefined ? {} : { until: this.#until };
      const stream = source.stream(begin.checkpoint, {
        signal,
        schema: begin.schema,
        startsNow: begin.isNow,
        ...until,
      });
      const transactions = watched(this.#held(stream, signal), board);
      await pump({ transactions, sinks: begin.receivers, acker, signal });
    } finally {
      clearInterval(timer);
      inner.abort(new Error('the attempt is over'));
      await Promise.all(sinks.map((sink) => sink.close()));
      leave?.();
      if (acker !== undefined) this.#save(acker);
    }
  }

  #held(
    stream: AsyncIterable<readonly Transaction[]>,
    signal: AbortSignal,
  ): AsyncIterable<readonly Transaction[]> {
    const { delayMs = 0, board } = this.#options;
    return delayMs === 0 ? stream : delayed(stream, { delayMs, board, signal });
  }

  /** Opens the sinks and finds where to begin: the sinks' own mark, else the store's, else `start`. */
  async #openAll(
    sinks: readonly Sink[],
    source: BinlogSource,
    signal: AbortSignal,
  ): Promise<Beginning> {
    const { untilHead, resolveUntil } = this.#options;
    if (untilHead) this.#until ??= await source.head(signal);
    else if (resolveUntil !== undefined) this.#until ??= await resolveUntil(signal);
    const marks = await Promise.all(sinks.map((sink) => sink.open(signal)));
    const lowest = marks
      .filter((mark) => mark !== undefined)
      .sort((a, b) => a.checkpoint.seq - b.checkpoint.seq)[0];
    const { logger, store } = this.#options;
    if (lowest !== undefined) this.#follow(lowest);
    const stored = lowest ?? store.load();
    if (stored !== undefined) {
      logger.info({ position: describe(stored.checkpoint) }, 'Going on from the checkpoint');
      return { ...stored, isNow: false, receivers: resumed(sinks, marks, stored.checkpoint) };
    }
    return this.#beginAnew(sinks, signal);
  }

  async #beginAnew(sinks: readonly Sink[], signal: AbortSignal): Promise<Beginning> {
    const { logger, store } = this.#options;
    // Asked once: a connection lost right after must not make a later `now` of it.
    const isNow = this.#start === undefined && this.#options.startsNow;
    const position = (this.#start ??= await this.#options.resolveStart(signal));
    logger.info({ position: describePosition(position) }, 'No checkpoint yet: beginning here');
    const checkpoint: Checkpoint = { seq: 0, position };
    if (isNow) {
      store.save({ ...checkpoint, schemaDelta: undefined });
      for (const sink of sinks) await sink.storeStart?.(checkpoint, signal);
    }
    return { checkpoint, schema: new Map(), isNow, receivers: sinks };
  }

  /** After a crash the store is a little behind the sink; an older copy of it may have been put back. */
  #follow(mark: StoredState): void {
    const { store } = this.#options;
    if (store.replace === undefined || hasSame(store.load(), mark)) return;
    store.replace(mark);
  }

  #keepSaving(
    acker: OrderedAcker,
    onProgress: () => void,
    attempt: AbortController,
  ): NodeJS.Timeout {
    return setInterval(() => {
      try {
        if (this.#save(acker) || this.#options.board.isCalm) onProgress();
      } catch (error) {
        attempt.abort(error);
      }
    }, CHECKPOINT_INTERVAL_MS);
  }

  #save(acker: OrderedAcker): boolean {
    const step = acker.takeStep();
    if (step === undefined) return false;
    this.#options.store.save(step);
    this.#options.board.checkpoint(step);
    return true;
  }
}

/** Counts what passes. Rows of many megabytes lift the limit on the heap for as long as the process lives. */
async function* watched(
  transactions: AsyncIterable<readonly Transaction[]>,
  board: TaskBoard,
): AsyncGenerator<readonly Transaction[]> {
  for await (const batch of transactions) {
    if (batch.some(({ bytes }) => bytes > MEMORY.largePartBytes)) freeHeapGrowth();
    board.count(batch);
    yield batch;
  }
}

interface Beginning extends StoredState {
  readonly isNow: boolean;
  /** The sinks, each from its own mark on. */
  readonly receivers: readonly Sink[];
}

function resumed(
  sinks: readonly Sink[],
  marks: readonly (StoredState | undefined)[],
  begin: Checkpoint,
): readonly Sink[] {
  return sinks.map((sink, index) => {
    const seq = marks[index]?.checkpoint.seq ?? begin.seq;
    return seq > begin.seq ? resumeAt(sink, seq) : sink;
  });
}

function describe(checkpoint: Checkpoint): string {
  return `${describePosition(checkpoint.position)} (seq ${checkpoint.seq})`;
}

function hasSame(stored: StoredState | undefined, { checkpoint, schema }: StoredState): boolean {
  if (stored?.checkpoint.seq !== checkpoint.seq || stored.schema.size !== schema.size) return false;
  if (formatPosition(stored.checkpoint.position) !== formatPosition(checkpoint.position)) {
    return false;
  }
  return [...schema].every(([key, definition]) => stored.schema.get(key) === definition);
}
