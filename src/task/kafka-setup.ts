import { kafkaOptions } from '../config/server-options.ts';
import type { KafkaConfig, TaskConfig } from '../config/schema.ts';
import type { DeadLetterBox } from '../core/dead-letter.ts';
import type { Router } from '../core/route.ts';
import type { Logger } from '../lib/logger.ts';
import { parseDynamicTopic, parsePartitionHash } from '../message/canal/canal-rules.ts';
import { createEncoder } from '../message/create-encoder.ts';
import type { MessageEncoder, MessageFormat } from '../message/encoder.ts';
import type { KafkaSinkOptions, MarkCopy, Ownership } from '../sink/kafka/kafka-sink-options.ts';
import type { PartitionOptions } from '../sink/kafka/partitioner.ts';
import type { TopicRules } from '../sink/kafka/topic-namer.ts';

export interface KafkaSinkParts {
  readonly task: TaskConfig;
  readonly kafka: KafkaConfig;
  readonly router: Router;
  readonly logger: Logger;
  readonly deadLetters: DeadLetterBox;
  readonly ownership: Ownership;
  readonly markCopy?: MarkCopy | undefined;
}

/** What `[task.kafka]` says, for the sink. */
export function kafkaSinkOptions(parts: KafkaSinkParts): KafkaSinkOptions {
  const { task, kafka, router, logger, deadLetters, ownership, markCopy } = parts;
  return {
    task: task.name,
    connect: kafkaOptions(kafka, task.name),
    encoder: encoderOf(kafka.format, kafka, { router, rowQuery: kafka.rowQuery }),
    router,
    topics: topicRules(kafka),
    ...debeziumExtras(kafka),
    partition: partitionOptions(kafka),
    isExactlyOnce: kafka.delivery === 'exactly_once',
    createsTopics: kafka.createTopics,
    topicPartitions: kafka.topicPartitions,
    replicationFactor: kafka.replicationFactor,
    compression: kafka.compression,
    oversize: kafka.oversize,
    deadLetters,
    deadLetterTopic: kafka.deadLetterTopic,
    logger,
    ownership,
    markCopy,
  };
}

interface CommonOptions {
  readonly router: Router;
  readonly rowQuery: boolean;
  /** Of Debezium's format; default: as the file says. */
  readonly tombstones?: boolean;
}

/** The encoder of a format with the task's switches; undefined `kafka`: with the original's defaults. */
export function encoderOf(
  format: MessageFormat,
  kafka: KafkaConfig | undefined,
  common: CommonOptions,
): MessageEncoder {
  switch (format) {
    case 'maxwell':
      return createEncoder(format, { ...(kafka && maxwellOptions(kafka)), ...common });
    case 'canal':
      return createEncoder(format, { ...(kafka && canalOptions(kafka)), ...common });
    case 'debezium':
      return createEncoder(format, { ...(kafka && debeziumOptions(kafka)), ...common });
  }
}

function maxwellOptions({ maxwell, splitKeyChanges }: KafkaConfig) {
  return {
    splitKeyChanges,
    commitInfo: maxwell.output_commit_info,
    xoffset: maxwell.output_xoffset,
    nulls: maxwell.output_nulls,
    nullZeroDates: maxwell.output_null_zerodates,
    position: maxwell.output_binlog_position,
    gtid: maxwell.output_gtid_position,
    serverId: maxwell.output_server_id,
    threadId: maxwell.output_thread_id,
    pushTimestamp: maxwell.output_push_timestamp,
    primaryKeys: maxwell.output_primary_keys,
    primaryKeyColumns: maxwell.output_primary_key_columns,
    camelCase: maxwell.output_naming_strategy === 'underscore_to_camelcase',
    excludeColumns: maxwell.exclude_columns,
    rowQueryMaxLength: maxwell.row_query_max_length,
    keyFormat: maxwell.kafka_key_format,
    originalValues: maxwell.original_values,
  };
}

function canalOptions({ canal, splitKeyChanges }: KafkaConfig) {
  return {
    splitKeyChanges,
    gtid: canal.gtid,
    accumulateOld: canal.accumulate_old,
    enumLabels: canal.enum_labels,
  };
}

function debeziumOptions({ debezium, format, topic }: KafkaConfig) {
  const skipped = debezium['skipped.operations'].split(',');
  return {
    prefix: debezium['topic.prefix'],
    // The template of another format's topics names no schema.
    ...(format === 'debezium' ? { topic } : {}),
    schemas: debezium['schemas.enable'],
    tombstones: debezium['tombstones.on.delete'],
    skippedOperations: skipped,
    truncates: !skipped.includes('t'),
    transactions: debezium['provide.transaction.metadata'],
    times: debezium['time.precision.mode'],
    decimals: debezium['decimal.handling.mode'],
    bigintUnsigned: debezium['bigint.unsigned.handling.mode'],
    binary: debezium['binary.handling.mode'],
  };
}

/** Debezium has a message for each TRUNCATE of a table, where it is told to. */
export function publishesTruncates(format: MessageFormat, { debezium }: KafkaConfig): boolean {
  return format === 'debezium' && !debezium['skipped.operations'].split(',').includes('t');
}

function debeziumExtras(kafka: KafkaConfig) {
  const { format, debezium } = kafka;
  const isDebezium = format === 'debezium';
  return {
    publishesTransactions: isDebezium && debezium['provide.transaction.metadata'],
    publishesTruncates: publishesTruncates(format, kafka),
    heartbeatMs: isDebezium ? debezium['heartbeat.interval.ms'] : 0,
  };
}

export function topicRules({ topic, format, canal, debezium, ddlTopic }: KafkaConfig): TopicRules {
  const prefix = debezium['topic.prefix'];
  const dynamic = format === 'canal' ? canal['canal.mq.dynamicTopic'] : '';
  const otherwise = format === 'canal' ? canal['canal.mq.topic'] : '';
  return {
    special: dynamic === '' ? undefined : parseDynamicTopic(dynamic),
    template: otherwise === '' ? topic : otherwise,
    prefix,
    ddlTopic,
    transactionTopic: `${prefix}.transaction`,
    heartbeatTopic: `__debezium-heartbeat.${prefix}`,
  };
}

function partitionOptions(kafka: KafkaConfig): PartitionOptions {
  const { format, partitionBy, partitionHash, partitionColumns, partitionFallback, canal } = kafka;
  const rules = format === 'canal' ? canal['canal.mq.partitionHash'] : '';
  return {
    special: rules === '' ? undefined : parsePartitionHash(rules),
    rule: partitionBy,
    hash: partitionHash,
    columns: partitionColumns,
    fallback: partitionFallback,
    hashesDatabase: canal['canal.mq.database.hash'],
  };
}
