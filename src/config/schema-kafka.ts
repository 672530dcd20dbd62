import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { canalSwitches, debeziumSwitches, maxwellSwitches } from './schema-kafka-switches.ts';
import { fileText, nonEmpty, secret, tcpAddress, type FieldContext } from './fields.ts';

export const MESSAGE_FORMATS = ['maxwell', 'canal', 'debezium'] as const;
const PARTITION_RULES = [
  'table',
  'database',
  'primary_key',
  'transaction',
  'column',
  'random',
] as const;
const PARTITION_HASHES = ['java', 'murmur3', 'canal', 'murmur2'] as const;
const MAX_INT32 = 0x7fff_ffff;

const TOPIC_BY_FORMAT = {
  maxwell: '{database}.{table}',
  canal: '{database}.{table}',
  debezium: '{prefix}.{database}.{table}',
} as const;
const HASH_BY_FORMAT = { maxwell: 'java', canal: 'canal', debezium: 'murmur2' } as const;

function sasl(context: FieldContext) {
  return z.strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('SASL mechanism.'),
    user: nonEmpty.describe('Account.'),
    password: secret(context).describe('As under [task.source].'),
  });
}

/** How messages are sent and taken. */
const deliveryKeys = {
  delivery: z
    .enum(['at_least_once', 'exactly_once'])
    .default('at_least_once')
    .describe('exactly_once: Kafka transactions; the position travels in them.'),
  create_topics: z.boolean().default(true).describe('Make topics that are missing.'),
  topic_partitions: z.int().min(1).max(MAX_INT32).default(12).describe('Of new topics.'),
  replication_factor: z.int().min(1).max(0x7fff).default(1).describe('Of new topics.'),
  ddl_topic: z.string().default('').describe('DDL messages go here; empty: none.'),
  row_query: z.boolean().default(false).describe('Add the statement that changed the row.'),
  oversize: z
    .enum(['stop', 'dead_letter'])
    .default('stop')
    .describe("A message over the broker's limit."),
  dead_letter_topic: z
    .string()
    .default('')
    .describe('Dead letters of messages go there too; empty: they do not.'),
  on_poison: z
    .enum(['stop', 'dead_letter'])
    .default('stop')
    .describe('A message that consume cannot read.'),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('none')
    .describe('Of batches, where the codec is there.'),
  group: nonEmpty.optional().describe('Consumer group. Default: `tailrace-<task>`.'),
  topics: z
    .array(nonEmpty)
    .default([])
    .describe('consume. Default: what the topic template can give.'),
  cross_partition_wait_seconds: z
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe('consume: how long a conflict may wait for what another partition brings.'),
  allow_duplicates: z
    .boolean()
    .default(false)
    .describe('consume: keyless tables from messages without a number.'),
};

export function kafkaSchema(context: FieldContext) {
  return z
    .strictObject({
      brokers: z.array(tcpAddress).min(1, 'names no broker').describe('`host:port`, some of them.'),
      tls: z
        .enum(['disabled', 'required', 'verify-ca', 'verify-identity'])
        .optional()
        .describe('Default: `disabled`; with tls_ca `verify-identity`.'),
      tls_ca: fileText(context).optional().describe('PEM file of the authorities to trust.'),
      sasl: sasl(context).optional().describe('Log in to the brokers.'),
      topic: topicTemplate
        .optional()
        .describe('Default: `{database}.{table}`; debezium: `{prefix}.{database}.{table}`.'),
      format: z.enum(MESSAGE_FORMATS).default('maxwell').describe('Form of the messages.'),
      maxwell: maxwellSwitches.prefault({}).describe("Switches of Maxwell's, by their names."),
      canal: canalSwitches.prefault({}).describe("Switches of canal's, by their names."),
      debezium: debeziumSwitches.prefault({}).describe("Switches of Debezium's, by their names."),
      partition_by: z
        .enum(PARTITION_RULES)
        .optional()
        .describe('Default: `table`; debezium: `primary_key`.'),
      partition_columns: z.array(nonEmpty).default([]).describe('For `column`.'),
      partition_fallback: z
        .enum(['table', 'database', 'primary_key', 'transaction', 'random'])
        .default('table')
        .describe('For `column`, of rows that have none of them.'),
      partition_hash: z
        .enum(PARTITION_HASHES)
        .optional()
        .describe('Default by format: `java`, `canal`, `murmur2`.'),
      split_key_changes: z
        .boolean()
        .default(false)
        .describe('A changed key is sent as a delete and an insert.'),
      ...deliveryKeys,
    })
    .transform((kafka) =>
      camelKeys({
        ...kafka,
        tls: kafka.tls ?? (kafka.tls_ca === undefined ? 'disabled' : 'verify-identity'),
        tls_ca: kafka.tls_ca,
        sasl: kafka.sasl,
        topic: kafka.topic ?? TOPIC_BY_FORMAT[kafka.format],
        partition_by: kafka.partition_by ?? (kafka.format === 'debezium' ? 'primary_key' : 'table'),
        partition_hash: kafka.partition_hash ?? HASH_BY_FORMAT[kafka.format],
        group: kafka.group,
      }),
    );
}

const PLACEHOLDERS = ['database', 'table', 'type', 'prefix'];

const topicTemplate = nonEmpty.refine(
  (template) =>
    [...template.matchAll(/\{([^{}]*)\}/g)].every(([, name]) => PLACEHOLDERS.includes(name ?? '')),
  { error: `knows the placeholders ${PLACEHOLDERS.map((name) => `{${name}}`).join(' ')} only` },
);
