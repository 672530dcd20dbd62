import { TailraceError } from '../core/errors.ts';
import type { Cluster, ClusterBroker, ProducerIdentity } from './cluster.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { Compression } from './codecs.ts';
import { prepareCompression } from './codecs.ts';
import { isAccepted, produceError, transactionError } from './produce-errors.ts';
import { sendProduce, type SealedBatch } from './produce-request.ts';
import type { RecordBatchWriter } from './record-batch.ts';

/** Records for one partition, not sealed yet. */
export interface OpenBatch {
  readonly topic: string;
  readonly partition: number;
  readonly writer: RecordBatchWriter;
}

export interface BatchProducerOptions {
  readonly session: ClusterSession;
  readonly compression: Compression;
  /** Of a producer with transactions: whoever takes the same id later fences this one. */
  readonly transactionalId: string | undefined;
}

const SEQUENCES = 2 ** 31;
const TRANSACTION_COORDINATOR = 1;
/** A source transaction of gigabytes goes out in one of Kafka's; a crash in it holds readers up that long at most. */
const TRANSACTION_TIMEOUT_MS = 300_000;

/**
 * Sends batches, idempotent and acknowledged by all in-sync replicas, one set at a time: each waits for the one before.
 *
 * Numbers are kept here. A set whose reply does not come is sent again with the same bytes and the same numbers for
 * as long as it takes, so that the brokers know it for a repeat: no loss, no double, no change of order, whatever
 * becomes of the connections. A producer that the brokers don't know any more is not repaired; it ends with
 * KAFKA_PRODUCER_LOST, and the task begins again from its checkpoint with another.
 */
export class BatchProducer {
  readonly #options: BatchProducerOptions;
  readonly #sequences = new Map<string, number>();
  #identity: ProducerIdentity | undefined;
  /** Partitions that are in the open transaction; undefined: none is open. */
  #transaction: Set<string> | undefined;

  constructor(options: BatchProducerOptions) {
    this.#options = options;
  }

  get isTransactional(): boolean {
    return this.#options.transactionalId !== undefined;
  }

  /** Gets an id of its own; with a transactional id, ends what an earlier owner left open and fences it. */
  async open(signal: AbortSignal): Promise<void> {
    const { session, transactionalId, compression } = this.#options;
    await prepareCompression(compression);
    this.#identity = await session.until(signal, async (cluster) => {
      const broker =
        transactionalId === undefined
          ? await cluster.findControllerBroker()
          : await coordinatorOf(cluster, transactionalId);
      const request = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS };
      return await broker.initProducerId(request).catch((thrown: unknown) => {
        throw transactionError(thrown);
      });
    });
  }

  /** Resolves when every batch is on all in-sync replicas. */
  async send(batches: readonly OpenBatch[], signal: AbortSignal): Promise<void> {
    const unsent = new Set(batches.map((batch) => this.#seal(batch)));
    if (this.isTransactional) await this.#join(batches, signal);
    await this.#options.session.until(signal, (cluster) => this.#sendOnce(cluster, unsent));
  }

  /** Makes what was sent since the last commit visible, all at once. */
  async commit(signal: AbortSignal): Promise<void> {
    if (this.#transaction === undefined) return;
    await this.#end(true, signal);
    this.#transaction = undefined;
  }

  /** Takes back what was sent since the last commit, if that is possible at once; a later `open` does it too. */
  async abort(signal: AbortSignal): Promise<void> {
    if (this.#transaction === undefined) return;
    this.#transaction = undefined;
    await this.#end(false, signal);
  }

  #seal({ topic, partition, writer }: OpenBatch): SealedBatch {
    const { producerId, producerEpoch } = this.#identified();
    const key = partitionKey({ topic, partition });
    const baseSequence = this.#sequences.get(key) ?? 0;
    const records = writer.count;
    this.#sequences.set(key, (baseSequence + records) % SEQUENCES);
    const bytes = writer.seal({
      producerId: BigInt(producerId),
      producerEpoch,
      baseSequence,
      isTransactional: this.isTransactional,
      compression: this.#options.compression,
    });
    return { topic, partition, bytes, records };
  }

  /** What is known to be there need not go out again; the numbers of the rest stay theirs. */
  async #sendOnce(cluster: Cluster, unsent: Set<SealedBatch>): Promise<void> {
    const refusals: TailraceError[] = [];
    const sends = [...byLeader(cluster, unsent)].map(async ([nodeId, batches]) => {
      const broker = await cluster.findBroker({ nodeId });
      const connection = await broker.connectionPool.getConnection();
      const { transactionalId } = this.#options;
      for (const answer of await sendProduce(connection, { transactionalId, batches })) {
        const batch = batches.find(
          ({ topic, partition }) => topic === answer.topic && partition === answer.partition,
        );
        if (batch === undefined) continue;
        if (isAccepted(answer.errorCode)) unsent.delete(batch);
        else refusals.push(produceError(answer.errorCode, answer.topic));
      }
    });
    const outcomes = await Promise.allSettled(sends);
    if (unsent.size === 0) return;
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const final = refusals.find((one) => !one.isTransient || one.code === 'KAFKA_PRODUCER_LOST');
    throw final ?? failed?.reason ?? refusals[0] ?? noAnswer();
  }

  /** Names new partitions to the coordinator before anything is sent there. */
  async #join(batches: readonly OpenBatch[], signal: AbortSignal): Promise<void> {
    const joined = (this.#transaction ??= new Set());
    const fresh = batches.filter((batch) => !joined.has(partitionKey(batch)));
    if (fresh.length === 0) return;
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of fresh) {
      topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    }
    await this.#ask(signal, (broker, transactionalId) =>
      broker.addPartitionsToTxn({
        ...this.#identified(),
        transactionalId,
        topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
      }),
    );
    for (const batch of fresh) joined.add(partitionKey(batch));
  }

  async #end(transactionResult: boolean, signal: AbortSignal): Promise<void> {
    await this.#ask(signal, (broker, transactionalId) =>
      broker.endTxn({ ...this.#identified(), transactionalId, transactionResult }),
    );
  }

  async #ask(
    signal: AbortSignal,
    request: (broker: ClusterBroker, transactionalId: string) => Promise<unknown>,
  ): Promise<void> {
    const { session, transactionalId = '' } = this.#options;
    await session.until(signal, async (cluster) => {
      try {
        await request(await coordinatorOf(cluster, transactionalId), transactionalId);
      } catch (thrown) {
        throw transactionError(thrown);
      }
    });
  }

  #identified(): ProducerIdentity {
    if (this.#identity === undefined) {
      throw new TailraceError('INTERNAL_FAULT', 'the producer is not open');
    }
    return this.#identity;
  }
}

function coordinatorOf(cluster: Cluster, transactionalId: string): Promise<ClusterBroker> {
  return cluster.findGroupCoordinator({
    groupId: transactionalId,
    coordinatorType: TRANSACTION_COORDINATOR,
  });
}

function partitionKey({ topic, partition }: Pick<OpenBatch, 'topic' | 'partition'>): string {
  return `${topic}\0${partition}`;
}

function byLeader(cluster: Cluster, batches: Iterable<SealedBatch>): Map<number, SealedBatch[]> {
  const leaders = new Map<number, SealedBatch[]>();
  for (const batch of batches) {
    const { topic, partition } = batch;
    const metadata = cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition);
    if (metadata === undefined || metadata.leader < 0) {
      const message = `Kafka: partition ${partition} of topic ${topic} has no leader`;
      throw new TailraceError('KAFKA_BUSY', message);
    }
    const known = leaders.get(metadata.leader);
    if (known === undefined) leaders.set(metadata.leader, [batch]);
    else known.push(batch);
  }
  return leaders;
}

function noAnswer(): TailraceError {
  return new TailraceError('KAFKA_BUSY', 'Kafka: the broker answered for other partitions');
}
