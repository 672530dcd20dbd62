import { Draft } from './draft.ts';
import {
  CLIENT_REASONS,
  convertCompression,
  convertKafkaClient,
  convertSecurity,
} from './kafka-client.ts';
import { convertMaxwellFilter, filterOfLists } from './maxwell-filter.ts';
import { parseProperties } from './properties.ts';
import { Settings } from './settings.ts';

const TASK = '[[task]]';
const SOURCE = '[task.source]';
const KAFKA = '[task.kafka]';
const SWITCHES = '[task.kafka.maxwell]';

/** Maxwell's `config.properties`. */
export function convertMaxwell(text: string): Draft {
  const draft = new Draft();
  const settings = new Settings(parseProperties(text));
  convertProcess(draft, settings);
  const clientId = settings.take('client_id') ?? 'maxwell';
  draft.add(TASK);
  draft.set(TASK, 'name', taskName(clientId));
  convertSource(draft, settings);
  convertFilters(draft, settings);
  convertProducer(draft, settings);
  const database = settings.take('schema_database') ?? 'maxwell';
  draft.note(
    '',
    `to go on where Maxwell stands: tailrace position import --from maxwell --database ${database} --client-id '${clientId}'`,
  );
  settings.tellRest(draft, REASONS);
  return draft;
}

/** A name of ours: small letters, digits, `_` and `-`. */
export function taskName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .slice(0, 40);
  return name === '' ? 'task' : name;
}

function convertProcess(draft: Draft, settings: Settings): void {
  const level = settings.take('log_level')?.toLowerCase();
  if (level !== undefined && ['trace', 'debug', 'info', 'warn', 'error'].includes(level)) {
    draft.set('[log]', 'level', level);
  }
  const port = settings.take('http_port');
  const address = settings.take('http_bind_address') ?? '0.0.0.0';
  const metrics = settings.take('metrics_type') ?? '';
  if (port !== undefined || metrics.includes('http')) {
    draft.set('[http]', 'listen', `${address}:${port ?? '8080'}`);
    draft.note('http_port', 'metrics are at /metrics, health at /healthz and /readyz, a page at /');
  }
}

const TLS: Readonly<Record<string, string>> = {
  DISABLED: 'disabled',
  PREFERRED: 'disabled',
  REQUIRED: 'required',
  VERIFY_CA: 'verify-ca',
  VERIFY_IDENTITY: 'verify-identity',
};

/** What is read is the server that Maxwell replicates from; its own schema stays where it is. */
function convertSource(draft: Draft, settings: Settings): void {
  const prefix = settings.take('replication_host') === undefined ? '' : 'replication_';
  const read = (name: string, otherwise: string): string =>
    settings.take(`${prefix}${name}`, name) ?? otherwise;
  const host = settings.take(`${prefix}host`) ?? 'localhost';
  const port = settings.take(`${prefix}port`) ?? '3306';
  draft.set(SOURCE, 'hosts', [`${host}:${port}`]);
  draft.set(SOURCE, 'user', read('user', 'maxwell'));
  draft.secret(SOURCE, 'password', { value: read('password', ''), name: 'SOURCE_PASSWORD' });
  convertTls(draft, read('ssl', 'DISABLED').toUpperCase());
  if (prefix !== '') {
    for (const name of ['host', 'port']) settings.take(name);
    draft.note(
      'host',
      "the server for Maxwell's own schema is not needed: only replication_host is read",
    );
  }
  const serverId = Number(settings.take('replica_server_id') ?? '0');
  if (Number.isSafeInteger(serverId) && serverId > 0) draft.set(SOURCE, 'server_id', serverId);
  draft.set(SOURCE, 'start', startOf(draft, settings));
  settings.take('gtid_mode');
}

function convertTls(draft: Draft, ssl: string): void {
  draft.set(SOURCE, 'tls', TLS[ssl] ?? 'disabled');
  if (ssl === 'PREFERRED') {
    draft.note(
      'ssl',
      'PREFERRED may be in plain text: it is "disabled"; "required" encrypts always',
    );
  }
}

/** Maxwell begins at the end of the binlog when it has no position. */
function startOf(draft: Draft, settings: Settings): string {
  const position = settings.take('init_position');
  if (position === undefined) return 'now';
  const match = /^([\w.-]+\.\d+:\d+)(?::\d+)?$/.exec(position);
  if (match?.[1] !== undefined) return match[1];
  if (/^[0-9a-fA-F-]{36}:/.test(position)) return position;
  draft.note('init_position', `"${position}" could not be read: start is "now"`);
  return 'now';
}

function convertFilters(draft: Draft, settings: Settings): void {
  const lists = filterOfLists({
    includeDatabases: settings.takeList('include_dbs'),
    excludeDatabases: [...settings.takeList('exclude_dbs'), ...settings.takeList('blacklist_dbs')],
    includeTables: settings.takeList('include_tables'),
    excludeTables: [
      ...settings.takeList('exclude_tables'),
      ...settings.takeList('blacklist_tables'),
    ],
  });
  const own = settings.take('schema_database');
  const text = settings.take('filter') ?? lists;
  const { include, exclude } = convertMaxwellFilter(text, draft);
  draft.set('[task.filter]', 'include', include);
  // Maxwell never publishes what it writes itself.
  draft.set('[task.filter]', 'exclude', [...exclude, `${own ?? 'maxwell'}.*`]);
}

function convertProducer(draft: Draft, settings: Settings): void {
  const producer = settings.take('producer') ?? 'stdout';
  if (producer === 'kafka') {
    convertKafka(draft, settings);
    return;
  }
  if (producer === 'stdout') {
    draft.note(
      'producer',
      'stdout: tailrace tail -c FILE --format maxwell prints the messages, and needs no task that runs',
    );
  } else
    draft.note(
      'producer',
      `${producer} has no counterpart: messages go to Kafka or to standard output`,
    );
  for (const name of settings.namesWith('output_')) settings.take(name);
}

const PARTITION_BY: Readonly<Record<string, string>> = {
  database: 'database',
  table: 'table',
  primary_key: 'primary_key',
  transaction_id: 'transaction',
  column: 'column',
  random: 'random',
};

function convertKafka(draft: Draft, settings: Settings): void {
  convertKafkaClient(draft, settings, 'kafka.bootstrap.servers');
  draft.set(KAFKA, 'format', 'maxwell');
  const topic = settings.take('kafka_topic') ?? 'maxwell';
  draft.set(KAFKA, 'topic', topicOf(topic));
  convertPartition(draft, settings);
  const ddl = settings.take('ddl_kafka_topic');
  if (settings.takeFlag('output_ddl') === true) {
    draft.set(KAFKA, 'ddl_topic', ddl ?? topicOf(topic));
    if (ddl === undefined && topic.includes('%{'))
      draft.note('ddl_kafka_topic', 'DDL messages go to one topic: set ddl_topic');
  }
  if (settings.takeFlag('output_row_query') === true) draft.set(KAFKA, 'row_query', true);
  const letters = settings.take('dead_letter_topic');
  if (letters !== undefined) {
    draft.set(KAFKA, 'oversize', 'dead_letter');
    draft.set(KAFKA, 'dead_letter_topic', letters);
  }
  if (settings.takeFlag('ignore_producer_error') !== false && letters === undefined) {
    draft.note(
      'ignore_producer_error',
      'Maxwell goes on behind a message that Kafka refuses, and it is lost; ours stops (oversize = "dead_letter" keeps it and goes on)',
    );
  }
  convertCompression(draft, settings, 'kafka.compression.type');
  convertSecurity(draft, settings, 'kafka.');
  convertSwitches(draft, settings);
}

const topicOf = (template: string): string =>
  template.replace(/%\{(database|table|type)\}/g, '{$1}');

function convertPartition(draft: Draft, settings: Settings): void {
  const by = settings.take('producer_partition_by', 'kafka_partition_by') ?? 'database';
  const columns = settings.takeList('producer_partition_columns', 'kafka_partition_columns');
  const rule = partitionRule(draft, by, columns);
  draft.set(KAFKA, 'partition_by', rule);
  if (rule === 'column') {
    draft.set(KAFKA, 'partition_columns', columns);
    const names = ['producer_partition_by_fallback', 'kafka_partition_by_fallback'];
    const fallback = PARTITION_BY[settings.take(...names) ?? 'table'];
    draft.set(KAFKA, 'partition_fallback', fallback === 'column' ? undefined : fallback);
  }
  const hash = settings.take('kafka_partition_hash', 'producer_partition_hash');
  draft.set(KAFKA, 'partition_hash', hash === 'murmur3' ? 'murmur3' : 'java');
}

function partitionRule(draft: Draft, by: string, columns: readonly string[]): string {
  const rule = PARTITION_BY[by];
  if (rule === undefined) {
    draft.note(
      'producer_partition_by',
      `${by} has no counterpart: partitions are chosen by database`,
    );
  } else if (rule === 'column' && columns.length === 0) {
    draft.note('producer_partition_columns', 'names no column: partitions are chosen by database');
  } else return rule;
  return 'database';
}

/** Switches that are called the same on both sides. */
const FLAGS = [
  'output_commit_info',
  'output_xoffset',
  'output_nulls',
  'output_null_zerodates',
  'output_binlog_position',
  'output_gtid_position',
  'output_server_id',
  'output_thread_id',
  'output_push_timestamp',
  'output_primary_keys',
  'output_primary_key_columns',
];

function convertSwitches(draft: Draft, settings: Settings): void {
  for (const name of FLAGS) draft.set(SWITCHES, name, settings.takeFlag(name));
  const naming = settings.take('output_naming_strategy')?.toLowerCase();
  if (naming !== undefined) {
    draft.set(
      SWITCHES,
      'output_naming_strategy',
      naming === 'underscore_to_camelcase' ? naming : 'none',
    );
  }
  const columns = settings.take('exclude_columns');
  if (columns !== undefined)
    draft.set(
      SWITCHES,
      'exclude_columns',
      columns.split(',').map((one) => one.trim()),
    );
  const length = Number(settings.take('row_query_max_length') ?? Number.NaN);
  if (Number.isSafeInteger(length) && length >= 0)
    draft.set(SWITCHES, 'row_query_max_length', length);
  const key = settings.take('kafka_key_format');
  if (key === 'array' || key === 'hash') draft.set(SWITCHES, 'kafka_key_format', key);
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  ...CLIENT_REASONS,
  [/^(encrypt|secret_key)/, 'messages are not encrypted: use TLS to the brokers'],
  [/^javascript$/, 'messages are not changed by scripts: see [[task.table]] for names and columns'],
  [
    /^(bootstrapper|bootstrap)/,
    'the first copy is a command of its own: tailrace snapshot --to kafka',
  ],
  [
    /^(schema_|max_schemas|ignore_missing_schema|recapture_schema)/,
    'definitions are kept with the checkpoint, not on the source',
  ],
  [/^(metrics_|http_)/, "figures are at /metrics in Prometheus' form"],
  [
    /^(jdbc_options|connection_|replication_jdbc)/,
    'there is no JDBC: see tls and tls_ca of [task.source]',
  ],
  [
    /^(binlog_|buffer_|producer_ack_timeout|replication_reconnect)/,
    'memory is bounded by bytes, and lost connections are made anew, without settings',
  ],
  [
    /^(kinesis|sqs|sns|nats|pubsub|rabbitmq|redis|bigquery|custom_producer|gcp|raw)/,
    'has no counterpart: messages go to Kafka or to standard output',
  ],
  [/^(daemon|env_config|config)/, 'is the business of who starts the process'],
  [
    /^(master_recovery|replay|kafka_version|ha|raft|jgroups)/,
    'is not needed: a second process waits with run --wait-for-lock',
  ],
];
