import type { StoredState } from '../../core/checkpoint.ts';
import { BatchProducer } from '../../kafka/batch-producer.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import { stateTopicOf, type KafkaConnectOptions } from '../../kafka/connect-options.ts';
import { RecordBatchWriter } from '../../kafka/record-batch.ts';
import { TopicDirectory } from '../../kafka/topic-directory.ts';
import type { Logger } from '../../lib/logger.ts';
import { transactionalIdOf } from './owner.ts';
import {
  positionRecord,
  readTopicState,
  schemaRecords,
  type StateRecord,
  type StateTopicPlace,
} from './state-topic.ts';

export interface StateAdminOptions {
  readonly task: string;
  readonly connect: KafkaConnectOptions;
  readonly isExactlyOnce: boolean;
  readonly replicationFactor: number;
  readonly logger: Logger;
}

/** What Kafka holds for a task; undefined: nothing yet. */
export async function readKafkaState(
  options: StateAdminOptions,
  signal: AbortSignal,
): Promise<StoredState | undefined> {
  return withStateTopic(options, signal, async (place) => {
    const { stored } = await readTopicState(place, signal);
    return stored;
  });
}

/**
 * Puts another state in place of what is there. With exactly-once delivery whoever runs the task elsewhere is
 * fenced by it. Prepared XA groups stay: they may be needed from there on.
 */
export async function writeKafkaState(
  options: StateAdminOptions,
  state: StoredState,
  signal: AbortSignal,
): Promise<void> {
  await withStateTopic(options, signal, async (place) => {
    const { session } = place;
    const transactionalId = options.isExactlyOnce ? transactionalIdOf(options.task) : undefined;
    const producer = new BatchProducer({ session, compression: 'none', transactionalId });
    await producer.open(signal);
    const { stored } = await readTopicState(place, signal);
    const gone = [...(stored?.schema.keys() ?? [])].filter((key) => !state.schema.has(key));
    const delta = new Map<string, string | null>([
      ...gone.map((key) => [key, null] as const),
      ...state.schema,
    ]);
    const records = [...schemaRecords(delta), positionRecord(state.checkpoint)];
    const writer = writerOf(records);
    await producer.send([{ topic: place.topic, partition: 0, writer }], signal);
    await producer.commit(signal);
  });
}

function writerOf(records: readonly StateRecord[]): RecordBatchWriter {
  const writer = new RecordBatchWriter();
  const nowMs = Date.now();
  for (const { key, value } of records) {
    const keyBytes = Buffer.from(key);
    const bytes = value === null ? keyBytes : Buffer.concat([keyBytes, value]);
    writer.append(
      {
        bytes,
        keyStart: 0,
        keyEnd: keyBytes.length,
        valueStart: keyBytes.length,
        valueEnd: value === null ? -1 : bytes.length,
        headers: Buffer.from([0]),
        headersEnd: 1,
      },
      nowMs,
    );
  }
  return writer;
}

async function withStateTopic<T>(
  options: StateAdminOptions,
  signal: AbortSignal,
  use: (place: StateTopicPlace) => Promise<T>,
): Promise<T> {
  const { connect, logger, replicationFactor, task } = options;
  const session = new ClusterSession(connect, logger);
  try {
    await session.once(signal, () => Promise.resolve());
    const topics = new TopicDirectory({
      session,
      logger,
      createsTopics: true,
      partitions: 1,
      replicationFactor,
    });
    return await use({ session, topics, topic: stateTopicOf(task) });
  } finally {
    await session.drop();
  }
}
