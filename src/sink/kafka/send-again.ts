import { TailraceError } from '../../core/errors.ts';
import { BatchProducer } from '../../kafka/batch-producer.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import type { Compression } from '../../kafka/codecs.ts';
import type { KafkaConnectOptions } from '../../kafka/connect-options.ts';
import { RecordBatchWriter } from '../../kafka/record-batch.ts';
import { TopicDirectory } from '../../kafka/topic-directory.ts';
import type { Logger } from '../../lib/logger.ts';
import { encodeHeaders } from './record-headers.ts';

/** A message as a dead letter keeps it. */
export interface KeptMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export interface SendAgainOptions {
  readonly connect: KafkaConnectOptions;
  readonly compression: Compression;
  readonly headers: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** One message by itself, where it would have gone. */
export async function sendAgain(
  options: SendAgainOptions,
  message: KeptMessage,
  signal: AbortSignal,
): Promise<void> {
  const { connect, compression, logger } = options;
  const session = new ClusterSession(connect, logger);
  try {
    await session.once(signal, () => Promise.resolve());
    const topics = new TopicDirectory({
      session,
      logger,
      createsTopics: false,
      partitions: 1,
      replicationFactor: 1,
    });
    const { topic, partition } = message;
    const { maxBatchBytes } = await topics.ensure(topic, signal);
    const writer = writerOf(message, options);
    if (compression === 'none' && writer.byteLength > maxBatchBytes) {
      throw new TailraceError(
        'KAFKA_MESSAGE_TOO_LARGE',
        `Kafka: a message of ${writer.byteLength} bytes is over the ${maxBatchBytes} that topic ${topic} takes`,
      );
    }
    const producer = new BatchProducer({ session, compression, transactionalId: undefined });
    await producer.open(signal);
    await producer.send([{ topic, partition, writer }], signal);
  } finally {
    await session.drop();
  }
}

function writerOf({ key, value }: KeptMessage, options: SendAgainOptions): RecordBatchWriter {
  const keyBytes = key ?? Buffer.alloc(0);
  const bytes = Buffer.concat([keyBytes, value]);
  const headers = encodeHeaders(options.headers);
  const writer = new RecordBatchWriter();
  writer.append(
    {
      bytes,
      keyStart: 0,
      keyEnd: key === null ? -1 : keyBytes.length,
      valueStart: keyBytes.length,
      valueEnd: bytes.length,
      headers,
      headersEnd: headers.length,
    },
    Date.now(),
  );
  return writer;
}
