import type { CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import type { DeadLetterBox } from '../../core/dead-letter.ts';
import type { Router } from '../../core/route.ts';
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
  readonly router: Router;
  readonly topics: TopicRules;
  /** Debezium: begin and end of transactions have a topic. */
  readonly publishesTransactions: boolean;
  /** Debezium: a message for each TRUNCATE in the table's topic. */
  readonly publishesTruncates: boolean;
  /** Debezium: a message that often in a topic of its own; 0: none. */
  readonly heartbeatMs: number;
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
  /** Beside the state topic: where the mark is kept too. */
  readonly markCopy?: MarkCopy | undefined;
  readonly logger: Logger;
  /** One for the life of a task: a sink is made anew with each attempt. */
  readonly ownership: Ownership;
}

/** A copy of this sink's mark, for when the state topic is lost. It may be behind. */
export interface MarkCopy {
  load(signal: AbortSignal): Promise<StoredState | undefined>;
  /** From here on it follows. */
  begin(state: StoredState): void;
  moved(step: CheckpointStep): void;
  close(): Promise<void>;
}

/** Tells a producer that another process fenced from one whose transaction ran out. */
export interface Ownership {
  /** This process wrote its name into the state topic. */
  isTaken: boolean;
}
