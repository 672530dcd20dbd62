import type { Checkpoint, StoredState } from '../../core/checkpoint.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import type { Delivery, Sink } from '../../core/sink.ts';
import { formatPosition } from '../../core/position.ts';
import type { Transaction } from '../../core/transaction.ts';
import { BatchProducer } from '../../kafka/batch-producer.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import { stateTopicOf } from '../../kafka/connect-options.ts';
import { TopicDirectory } from '../../kafka/topic-directory.ts';
import type { CopiedTable, CopyPhase } from '../../message/encoder.ts';
import { createDeferred, type Deferred } from '../../lib/deferred.ts';
import { sleep } from '../../lib/sleep.ts';
import { createKafkaCounters, type KafkaCounters } from './kafka-counters.ts';
import type { KafkaSinkOptions } from './kafka-sink-options.ts';
import { MessageCollector } from './message-collector.ts';
import { OversizeMessages } from './oversize-messages.ts';
import { newHistory, OWNER, transactionalIdOf } from './owner.ts';
import { SetSender } from './set-sender.ts';
import { StateKeeper } from './state-keeper.ts';
import {
  historyRecord,
  ownerRecord,
  positionRecord,
  schemaRecords,
  readPrepared,
  readTopicState,
  STATE_TOPIC_SETTINGS,
  type StateRecord,
  type StateTopicPlace,
} from './state-topic.ts';

/** Messages that wait; from here on whoever writes waits too. */
const QUEUED_BYTES = 8 << 20;
const CLOSE_TIMEOUT_MS = 5000;
const IDLE_STATE_MS = 1000;
const REFRESH_MS = 30_000;

interface Opened {
  readonly collector: MessageCollector;
  readonly sender: SetSender;
  readonly producer: BatchProducer;
  readonly state: StateKeeper;
}

/**
 * Publishes transactions. Deliveries become sets of batches; one loop sends them, each when the one before is
 * acknowledged, and while it waits the next set grows: alone when little happens, thousands of messages when
 * the task is behind. Brokers that are away are waited for with everything kept, so that the source is held up by
 * back-pressure alone.
 *
 * The task's state topic keeps the position with the schema state and prepared XA groups, so that a lost machine
 * costs nothing; with exactly-once delivery it is written in the transaction of the messages, and is exact.
 */
export class KafkaSink implements Sink {
  readonly name = 'kafka';
  readonly counters: KafkaCounters = createKafkaCounters();
  readonly #options: KafkaSinkOptions;
  readonly #session: ClusterSession;
  readonly #topics: TopicDirectory;
  readonly #aborted = new AbortController();
  readonly #failure: Deferred<never> = createDeferred<never>();
  #opened: Opened | undefined;
  #isClosing = false;
  #error: TailraceError | undefined;
  #working: Promise<void> | undefined;
  #room: Deferred<undefined> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;

  constructor(options: KafkaSinkOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
    const { connect, logger } = options;
    this.#session = new ClusterSession(connect, logger);
    this.#topics = new TopicDirectory({
      session: this.#session,
      logger,
      createsTopics: options.createsTopics,
      partitions: options.topicPartitions,
      replicationFactor: options.replicationFactor,
      onPartitionsChanged: () => {
        this.counters.partitionChanges += 1;
      },
    });
  }

  async open(signal: AbortSignal): Promise<StoredState | undefined> {
    const { task, isExactlyOnce, compression, ownership, logger, heartbeatMs } = this.#options;
    const session = this.#session;
    // What is wrong with the way there is told at once, not tried for ever.
    await session.once(signal, () => Promise.resolve());
    const place = { session, topics: this.#topics, topic: stateTopicOf(task) };
    if (ownership.isTaken) await this.#assertOwner(place, signal);
    const transactionalId = isExactlyOnce ? transactionalIdOf(task) : undefined;
    const producer = new BatchProducer({ session, compression, transactionalId });
    await producer.open(signal);
    const found = await readTopicState(place, signal);
    for (const name of this.#ownTopics()) await this.#topics.ensure(name, signal);
    const stateTopic = await this.#topics.ensure(place.topic, signal, {
      ...STATE_TOPIC_SETTINGS,
      topic: place.topic,
    });
    const oversize = new OversizeMessages({
      policy: this.#options.oversize,
      compression,
      deadLetters: this.#options.deadLetters,
      onDeadLetter: () => {
        this.counters.deadLetters += 1;
      },
    });
    const preparedKeys = new Map(found.preparedKeys);
    const history = found.history ?? newHistory();
    const collector = new MessageCollector({
      options: this.#options,
      topics: this.#topics,
      stateTopic,
      history,
      oversize,
      preparedKeys,
    });
    const state = new StateKeeper();
    const sender = new SetSender({
      producer,
      collector,
      state,
      counters: this.counters,
      onDone: (step) => this.#options.markCopy?.moved(step),
    });
    this.#opened = { collector, sender, producer, state };
    const owner = collector.emptySet();
    const stored = found.stored ?? (await this.#lostState(signal));
    const restored = found.stored === undefined && stored !== undefined ? recordsOf(stored) : [];
    collector.putState(owner, [ownerRecord(OWNER), historyRecord(history), ...restored]);
    await producer.send(owner.batches, signal);
    await producer.commit(signal);
    ownership.isTaken = true;
    logger.debug({ task }, 'Ready to publish');
    this.#refreshTimer = setInterval(() => {
      this.#topics.refresh(this.#aborted.signal).catch(() => undefined);
    }, REFRESH_MS);
    if (heartbeatMs > 0) {
      this.#heartbeatTimer = setInterval(() => {
        collector.addHeartbeat(Date.now());
        this.#kick();
      }, heartbeatMs);
    }
    if (stored !== undefined) this.#options.markCopy?.begin(stored);
    return stored;
  }

  /** The topic holds no position: a task that begins, or a topic that was lost. */
  async #lostState(signal: AbortSignal): Promise<StoredState | undefined> {
    const stored = await this.#options.markCopy?.load(signal);
    if (stored !== undefined) {
      const position = formatPosition(stored.checkpoint.position);
      this.#options.logger.warn(
        { position },
        'The state topic holds no position: publishing goes on where the target says that it was',
      );
    }
    return stored;
  }

  async storeStart(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const { collector, producer } = this.#openedOrFault();
    const start = collector.emptySet();
    collector.putState(start, [positionRecord(checkpoint)]);
    await producer.send(start.batches, signal);
    await producer.commit(signal);
    start.release();
    this.#options.markCopy?.begin({ checkpoint, schema: new Map() });
  }

  async write(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const { collector } = this.#openedOrFault();
    for (const delivery of batch) {
      if (this.#error !== undefined) throw this.#error;
      // A signal of two costs more than a message: made only where something has to be asked.
      const missing = collector.missingTopics(delivery.transaction);
      if (missing !== undefined) {
        await collector.learn(missing, AbortSignal.any([signal, this.#aborted.signal]));
      }
      collector.add(delivery);
      if (collector.bytes >= QUEUED_BYTES) await this.#waitForRoom(signal);
    }
    this.counters.queuedBytes = collector.bytes;
    this.#kick();
  }

  /** What stands before and behind a copied table's rows, where the format has it. */
  async announceCopy(
    transaction: Transaction,
    copied: CopiedTable,
    phase: CopyPhase,
    signal: AbortSignal,
  ): Promise<void> {
    const { collector } = this.#openedOrFault();
    const missing = collector.missingCopyTopics(copied);
    if (missing.size > 0) await collector.learn(missing, signal);
    collector.addCopyMessage(transaction, copied, phase);
    this.#kick();
  }

  async drain(): Promise<void> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#working === undefined && this.#opened?.collector.isEmpty !== false) return;
      this.#kick();
      await this.#working;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#idleTimer);
    clearInterval(this.#refreshTimer);
    clearInterval(this.#heartbeatTimer);
    const timeout = new AbortController();
    const overdue = sleep(CLOSE_TIMEOUT_MS, timeout.signal).then(
      () => {
        this.#aborted.abort(new Error('the sink is closing'));
      },
      () => undefined,
    );
    await this.#working;
    await this.#finish().catch(() => undefined);
    await this.#options.markCopy?.close();
    timeout.abort();
    await overdue;
    this.#aborted.abort(new Error('the sink is closed'));
    await this.#session.drop();
  }

  async loadPrepared(xid: string): Promise<readonly Uint8Array[] | undefined> {
    // One that was written a moment ago may still wait here.
    await this.drain();
    const place = this.#statePlace;
    return readPrepared(place, xid, this.#aborted.signal);
  }

  /** Topics that no table gives. */
  #ownTopics(): string[] {
    const { topics, deadLetterTopic, publishesTransactions, heartbeatMs } = this.#options;
    const names = [topics.ddlTopic, deadLetterTopic];
    if (publishesTransactions) names.push(topics.transactionTopic);
    if (heartbeatMs > 0) names.push(topics.heartbeatTopic);
    return names.filter((name) => name !== '');
  }

  get #statePlace(): StateTopicPlace {
    const topic = stateTopicOf(this.#options.task);
    return { session: this.#session, topics: this.#topics, topic };
  }

  /** Another process that took the topic over fenced us; else our transaction ran out, and we begin again. */
  async #assertOwner(place: StateTopicPlace, signal: AbortSignal): Promise<void> {
    const { owner } = await readTopicState(place, signal);
    if (owner === undefined || owner === OWNER) return;
    throw new TailraceError(
      'TASK_LOCKED',
      `task ${this.#options.task} was taken over by ${owner}`,
      {
        place: { task: this.#options.task },
      },
    );
  }

  #kick(): void {
    if (this.#working !== undefined || this.#error !== undefined || this.#isClosing) return;
    this.#working = this.#work()
      .catch((thrown: unknown) => {
        this.#fail(toTailraceError(thrown));
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#opened?.collector.isEmpty === false) this.#kick();
        else this.#storeLater();
      });
  }

  async #work(): Promise<void> {
    const { collector, sender } = this.#openedOrFault();
    while (!this.#isClosing) {
      const set = collector.take();
      if (set === undefined) return;
      await sender.send(set, this.#aborted.signal);
      this.counters.queuedBytes = collector.bytes;
      if (collector.bytes < QUEUED_BYTES) this.#letIn();
    }
  }

  /** The position of what was done last, when nothing follows that would carry it. */
  #storeLater(): void {
    const { state, sender } = this.#openedOrFault();
    if (!state.hasNews || this.#isClosing || this.#error !== undefined) return;
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      if (this.#working !== undefined || this.#isClosing) return;
      this.#working = sender
        .sendState(this.#aborted.signal)
        .catch((thrown: unknown) => {
          this.#fail(toTailraceError(thrown));
        })
        .finally(() => {
          this.#working = undefined;
          if (this.#opened?.collector.isEmpty === false) this.#kick();
        });
    }, IDLE_STATE_MS);
  }

  /** The last of what is done is stored; what is not is taken back. */
  async #finish(): Promise<void> {
    if (this.#opened === undefined || this.#error !== undefined) return;
    const { producer, sender } = this.#opened;
    const { signal } = this.#aborted;
    // A position behind messages that are taken back must not be stored.
    if (sender.isInTransaction) await producer.abort(signal);
    else await sender.sendState(signal);
  }

  async #waitForRoom(signal: AbortSignal): Promise<void> {
    this.#kick();
    const room = (this.#room ??= createDeferred<undefined>());
    const stopped = createDeferred<never>();
    const onAbort = (): void => {
      stopped.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([room.promise, this.#failure.promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #letIn(): void {
    this.#room?.resolve(undefined);
    this.#room = undefined;
  }

  #fail(error: TailraceError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    // Asked to end: what was not finished is no failure of anybody's.
    if (!this.#isClosing && this.#opened !== undefined) {
      const { sender, collector } = this.#opened;
      for (const set of [...sender.unsettled, ...collector.waiting]) set.fail(error);
    }
    this.#failure.reject(error);
  }

  #openedOrFault(): Opened {
    if (this.#opened === undefined)
      throw new TailraceError('INTERNAL_FAULT', 'the sink is not open');
    return this.#opened;
  }
}

function recordsOf({ checkpoint, schema }: StoredState): StateRecord[] {
  return [...schemaRecords(schema), positionRecord(checkpoint)];
}
