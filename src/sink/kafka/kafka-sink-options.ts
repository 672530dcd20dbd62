import type { DeadLetterBox } from '../../core/dead-letter.ts';
import type { Compression } from '../../kafka/codecs.ts';
import type { KafkaConnectOptions } from '../../kafka/connect-options.ts';
import type { Logger } from '../../lib/logger.ts';
import type { MessageEncoder } from '../../message/encoder.ts';
import type { PartitionOptions } from './partitioner.ts';
import type { TopicRules } from './topic-namer.ts';

export interface KafkaSinkOptions {
  readonly task: string;
  readonly connect: KafkaConnectOptions;
  readonly encoder: MessageEncoder;
  readonly topics: TopicRules;
  readonly partition: PartitionOptions;
  readonly isExactlyOnce: boolean;
  readonly createsTopics: boolean;
  readonly topicPartitions: number;
  readonly replicationFactor: number;
  readonly compression: Compression;
  /** A message over the broker's limit. */
  readonly oversize: 'stop' | 'dead_letter';
  readonly deadLetters: DeadLetterBox;
  /** Dead letters go there too; empty: they don't. */
  readonly deadLetterTopic: string;
  readonly logger: Logger;
  /** One for the life of a task: a sink is made anew with each attempt. */
  readonly ownership: Ownership;
}

/** Tells a producer that another process fenced from one whose transaction ran out. */
export interface Ownership {
  /** This process wrote its name into the state topic. */
  isTaken: boolean;
}
