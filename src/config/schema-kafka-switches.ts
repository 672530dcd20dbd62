import { z } from 'zod';

/*
 * The switches of the originals under their own names. Names with dots may stand with quotes or without:
 * TOML makes tables of the latter, which `flattenSwitches` undoes before the file is checked.
 */

const flag = (value: boolean, meaning: string) => z.boolean().default(value).describe(meaning);

export const maxwellSwitches = z.strictObject({
  output_commit_info: flag(true, '`xid` and `commit`.'),
  output_xoffset: flag(false, '`xoffset`: number of the row in its transaction.'),
  output_nulls: flag(true, 'Members whose value is null.'),
  output_null_zerodates: flag(false, 'null for `0000-00-00`.'),
  output_binlog_position: flag(false, '`position`: start of the rows event.'),
  output_gtid_position: flag(false, "`gtid`: the transaction's."),
  output_server_id: flag(false, '`server_id`.'),
  output_thread_id: flag(false, '`thread_id`.'),
  output_push_timestamp: flag(false, '`push_ts`: when it was made.'),
  output_primary_keys: flag(false, '`primary_key`: values.'),
  output_primary_key_columns: flag(false, '`primary_key_columns`: names.'),
  output_naming_strategy: z
    .enum(['none', 'underscore_to_camelcase'])
    .default('none')
    .describe('Names of members.'),
  exclude_columns: z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/\s*,\s*/))])
    .default([])
    .describe('Columns left out of `data` and `old`: names or `/regex/`.'),
  row_query_max_length: z.int().min(0).default(0).describe('Characters of `query`; 0: all.'),
  kafka_key_format: z.enum(['hash', 'array']).default('hash').describe('Form of the key.'),
  original_values: flag(
    false,
    "Maxwell's own form of what it damages: TIME within a day, BIT from 31 bits on.",
  ),
});

export const canalSwitches = z.strictObject({
  gtid: flag(false, "The transaction's GTID in `gtid`."),
  accumulate_old: flag(
    false,
    "As canal: a row's `old` also lists what earlier rows of its event changed.",
  ),
  enum_labels: flag(false, 'ENUM and SET by their labels; canal has index and bit mask.'),
  'canal.mq.dynamicTopic': z
    .string()
    .default('')
    .describe("canal's rules for topics: `topic:pattern` or `pattern`, by comma."),
  'canal.mq.topic': z
    .string()
    .default('')
    .describe('Topic of what no rule of dynamicTopic fits. Default: `topic`.'),
  'canal.mq.partitionHash': z
    .string()
    .default('')
    .describe("canal's rules for partitions: `db.t:a^b`, `db.t:$pk$`, `db.t`, by comma."),
  'canal.mq.database.hash': flag(true, "Hashes of keys mix in the database's."),
});

export const debeziumSwitches = z.strictObject({
  'topic.prefix': z
    .string()
    .min(1, 'must not be empty')
    .default('tailrace')
    .describe('`{prefix}` in topics, `name` in `source`.'),
  'schemas.enable': flag(false, 'Each key and value with its schema.'),
  'tombstones.on.delete': flag(true, 'A null value behind each delete.'),
  'skipped.operations': z
    .string()
    .regex(/^(?:none|[cudt](?:,[cudt])*)$/, 'not a list of c, u, d, t, nor none')
    .default('t')
    .describe('Operations that are left out: `c`, `u`, `d`, `t` by comma, or `none`.'),
  'provide.transaction.metadata': flag(
    false,
    '`transaction` in messages, and BEGIN and END in the topic `<prefix>.transaction`.',
  ),
  'heartbeat.interval.ms': z
    .int()
    .min(0)
    .default(0)
    .describe('A message that often in `__debezium-heartbeat.<prefix>`; 0: none.'),
  'time.precision.mode': z
    .enum(['adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds'])
    .default('adaptive_time_microseconds')
    .describe('Form of dates and times.'),
  'decimal.handling.mode': z
    .enum(['precise', 'string', 'double'])
    .default('precise')
    .describe('Form of DECIMAL.'),
  'bigint.unsigned.handling.mode': z
    .enum(['digits', 'long', 'precise'])
    .default('digits')
    .describe("Form of BIGINT UNSIGNED. `long` is Debezium's default: it wraps."),
  'binary.handling.mode': z
    .enum(['bytes', 'base64', 'base64-url-safe', 'hex'])
    .default('bytes')
    .describe('Form of binary strings.'),
});

/** `decimal.handling.mode = …` without quotes is three tables to TOML: back to one key each. */
export function flattenSwitches(file: unknown): unknown {
  const root = asTable(file);
  const tasks = root?.['task'];
  if (root === undefined || !Array.isArray(tasks)) return file;
  return { ...root, task: tasks.map(flattenTask) };
}

function flattenTask(task: unknown): unknown {
  const table = asTable(task);
  const kafka = asTable(table?.['kafka']);
  if (table === undefined || kafka === undefined) return task;
  const flat = Object.fromEntries(
    ['canal', 'debezium'].flatMap((format) => {
      const switches = asTable(kafka[format]);
      return switches === undefined ? [] : [[format, flatten(switches, '')]];
    }),
  );
  return { ...table, kafka: { ...kafka, ...flat } };
}

function flatten(table: Record<string, unknown>, prefix: string): Record<string, unknown> {
  const pairs = Object.entries(table).flatMap(([key, value]) => {
    const inner = asTable(value);
    const name = `${prefix}${key}`;
    return inner === undefined ? [[name, value]] : Object.entries(flatten(inner, `${name}.`));
  });
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function asTable(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
