import type { CheckpointStep } from '../../core/checkpoint.ts';
import type { BatchProducer } from '../../kafka/batch-producer.ts';
import { systemClock } from '../../lib/clock.ts';
import type { KafkaCounters } from './kafka-counters.ts';
import type { MessageCollector } from './message-collector.ts';
import type { MessageSet } from './message-set.ts';
import type { StateKeeper } from './state-keeper.ts';

export interface SetSenderParts {
  readonly producer: BatchProducer;
  readonly collector: MessageCollector;
  readonly state: StateKeeper;
  readonly counters: KafkaCounters;
  /** Everything up to there is acknowledged. */
  readonly onDone: (step: CheckpointStep) => void;
}

/** At least once: the position in the state topic follows what is acknowledged, that often. */
const STATE_EVERY_MS = 1000;
/** One of Kafka's transactions takes in what waits, up to this: each costs some milliseconds. */
const TRANSACTION_BYTES = 8 << 20;
const TRANSACTION_MS = 100;

/**
 * Sends sets one after the other and keeps their promises.
 *
 * At least once: a set's tickets are settled when it is acknowledged; now and then the position of what was
 * settled rides along. Exactly once: sets are gathered into a transaction of Kafka's that ends where a source
 * transaction ends, with the position as its last record; the tickets are settled when that is committed.
 */
export class SetSender {
  readonly #parts: SetSenderParts;
  /** Sent in the open transaction. */
  #uncommitted: MessageSet[] = [];
  #uncommittedBytes = 0;
  #beganAtMs = 0;
  /** On its way. */
  #sending: MessageSet | undefined;

  constructor(parts: SetSenderParts) {
    this.#parts = parts;
  }

  /** Something was sent that no commit has made visible yet. */
  get isInTransaction(): boolean {
    return this.#uncommitted.length > 0;
  }

  /** What was taken and is not acknowledged, oldest first. */
  get unsettled(): readonly MessageSet[] {
    return this.#sending === undefined ? this.#uncommitted : [...this.#uncommitted, this.#sending];
  }

  async send(set: MessageSet, signal: AbortSignal): Promise<void> {
    this.#sending = set;
    if (this.#parts.producer.isTransactional) await this.#sendInTransaction(set, signal);
    else await this.#sendAndSettle(set, signal);
    this.#sending = undefined;
  }

  /** The position that nothing has carried yet. */
  async sendState(signal: AbortSignal): Promise<void> {
    const { collector, state, producer } = this.#parts;
    if (!state.hasNews) return;
    const set = collector.emptySet();
    collector.putState(set, state.take(systemClock.monotonicMs()));
    await producer.send(set.batches, signal);
    await producer.commit(signal);
    set.release();
  }

  async #sendAndSettle(set: MessageSet, signal: AbortSignal): Promise<void> {
    const { producer, state, collector } = this.#parts;
    if (set.hasMessages) {
      const nowMs = systemClock.monotonicMs();
      if (state.hasNews && state.msSinceWritten(nowMs) >= STATE_EVERY_MS) {
        collector.putState(set, state.take(nowMs));
      }
      await producer.send(set.batches, signal);
    }
    state.add(set.step, set.stateRecords);
    this.#settle(set);
  }

  async #sendInTransaction(set: MessageSet, signal: AbortSignal): Promise<void> {
    const { producer, state, collector } = this.#parts;
    state.add(set.step, set.stateRecords);
    if (!set.hasMessages && this.#uncommitted.length === 0) {
      // Filtered: nothing of it can be lost. The position follows within a second.
      this.#settle(set);
      return;
    }
    const nowMs = systemClock.monotonicMs();
    if (this.#uncommitted.length === 0) this.#beganAtMs = nowMs;
    this.#uncommittedBytes += set.bytes;
    const commits = set.isWhole && this.#isDue(nowMs);
    if (commits) collector.putState(set, state.take(nowMs));
    if (set.hasMessages) await producer.send(set.batches, signal);
    this.#uncommitted.push(set);
    this.#sending = undefined;
    if (!commits) return;
    await producer.commit(signal);
    for (const sent of this.#uncommitted) this.#settle(sent);
    this.#uncommitted = [];
    this.#uncommittedBytes = 0;
  }

  /** Nothing waits that could join, or enough is in it. */
  #isDue(nowMs: number): boolean {
    if (this.#parts.collector.isEmpty) return true;
    return this.#uncommittedBytes >= TRANSACTION_BYTES || nowMs - this.#beganAtMs >= TRANSACTION_MS;
  }

  #settle(set: MessageSet): void {
    const { counters, onDone } = this.#parts;
    counters.transactions += set.transactions;
    counters.messages += set.messages;
    counters.rows += set.messages;
    counters.bytes += set.bytes;
    if (set.hasMessages) counters.batches += set.batches.length;
    for (const ticket of set.tickets) ticket.ack();
    set.tickets.length = 0;
    if (set.step !== undefined) onDone(set.step);
    set.release();
  }
}
