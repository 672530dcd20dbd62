import { z } from 'zod';
import { CHANGE_KINDS } from '../core/route.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../lib/logger.ts';
import { camelKeys } from './camel-keys.ts';
import {
  filePath,
  identifier,
  nonEmpty,
  secret,
  tablePattern,
  tcpAddress,
  type FieldContext,
} from './fields.ts';
import { inspectSchema } from './schema-inspect.ts';
import { kafkaSchema } from './schema-kafka.ts';
import { sourceSchema, targetSchema } from './schema-server.ts';
import { POLL_WRITES, pollSchema } from './schema-poll.ts';
import { snapshotSchema } from './schema-snapshot.ts';

const STRATEGIES = ['stream', 'poll', 'inspect'] as const;

const filter = z
  .strictObject({
    include: z
      .array(tablePattern)
      .min(1, 'names no table: leave it away for all')
      .optional()
      .describe('`db.table` with `*` and `?`, or `/regex/`. Default: all but system schemas.'),
    exclude: z.array(tablePattern).default([]).describe('Taken from what is included.'),
    ignore_own: z
      .boolean()
      .default(true)
      .describe('Drop transactions that another tailrace wrote; false for chains.'),
  })
  .transform((keys) => camelKeys({ ...keys, include: keys.include }));

const RULE = {
  match: tablePattern.describe('The first rule whose match fits a table counts.'),
  to: nonEmpty
    .regex(/^[^.]+\..+$/, 'not database.table')
    .optional()
    .describe('Name at the target; the n-th `*` stands for what the n-th glob matched.'),
  drop_columns: z.array(identifier).default([]).describe('A key column cannot be dropped.'),
  rename_columns: z
    .record(identifier, identifier)
    .default({})
    .describe('`{ source_name = "target_name" }`.'),
  skip: z
    .array(z.enum(CHANGE_KINDS))
    .default([])
    .describe('Kinds of changes that are left out, for example `["delete", "truncate", "drop"]`.'),
  merge: z
    .boolean()
    .default(false)
    .describe(
      'Other tables, or other tasks, write to the same table: a DDL that is there already is done.',
    ),
};

const tableRule = z
  .strictObject({
    ...RULE,
    poll: z
      .enum([...POLL_WRITES, 'off'])
      .optional()
      .describe(
        'How polling writes these tables; off: not at all. Default: `write` of `[task.poll]`.',
      ),
  })
  .transform((rule) => camelKeys({ ...rule, to: rule.to, poll: rule.poll }));

const consumeRule = z.strictObject(RULE).transform((rule) => camelKeys({ ...rule, to: rule.to }));

const log = z
  .strictObject({
    level: z.enum(LOG_LEVELS).default('info').describe('What is logged.'),
    format: z
      .enum(LOG_FORMATS)
      .default('auto')
      .describe('auto: pretty on a terminal, JSON lines elsewhere.'),
  })
  .readonly();

function http(context: FieldContext) {
  return z
    .strictObject({
      listen: z
        .string()
        .refine((text) => text === '' || tcpAddress.safeParse(text).success, {
          error: 'not host:port (or "" for off)',
        })
        .default('127.0.0.1:9180')
        .describe('Health, metrics, status page; `""` is off.'),
      token: secret(context)
        .optional()
        .describe('Asked of every route that changes something; without it they are off.'),
      stuck_after_seconds: z
        .number()
        .min(1)
        .default(60)
        .describe('Nothing done for so long, with something to do: `/healthz` answers 503.'),
    })
    .transform((keys) => camelKeys({ ...keys, token: keys.token }))
    .readonly();
}

export function taskSchema(context: FieldContext) {
  return z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9_-]{1,40}$/, 'not 1 to 40 of a-z 0-9 _ -')
        .describe('Names its state, checkpoint, metrics; never change it.'),
      delay_seconds: z
        .number()
        .min(0)
        .max(31_536_000)
        .default(0)
        .describe('Stay so far behind the source on purpose.'),
      strategies: z
        .array(z.enum(STRATEGIES))
        .min(1, 'names none')
        .default(['stream'])
        .describe('How changes are found.'),
      source: sourceSchema(context)
        .optional()
        .describe('MySQL 5.6–9.x, MariaDB 10.x–11.x, read as a replica.'),
      filter: filter.prefault({}).describe('Which tables.'),
      table: z.array(tableRule).default([]).describe('Other names at the target.'),
      consume_table: z
        .array(consumeRule)
        .default([])
        .describe('Other names at the target for what `consume` reads.'),
      target: targetSchema(context).optional().describe('For run, consume, snapshot, inspect.'),
      kafka: kafkaSchema(context).optional().describe('For produce, consume, run.'),
      snapshot: snapshotSchema(context).prefault({}).describe('The first copy.'),
      poll: pollSchema
        .prefault({})
        .describe(
          'New rows by primary key, where no binlog can be read or while the stream is away.',
        ),
      inspect: inspectSchema(context)
        .prefault({})
        .describe('Comparing in rounds, beside the stream.'),
    })
    .transform(({ table, consume_table, delay_seconds: delaySeconds, ...task }) => ({
      ...task,
      delaySeconds,
      source: task.source,
      target: task.target,
      kafka: task.kafka && { ...task.kafka, group: task.kafka.group ?? `tailrace-${task.name}` },
      tables: table,
      consumeTables: consume_table,
    }))
    .readonly();
}

/** The whole file: its type, its defaults, its checks and (by the descriptions) its reference. */
export function configSchema(context: FieldContext) {
  return z
    .strictObject({
      state_dir: filePath(context)
        .prefault('./state')
        .describe('One SQLite file a task: `<task>.sqlite`.'),
      log: log.prefault({}).describe('To standard error.'),
      http: http(context).prefault({}).describe('HTTP server.'),
      task: z.array(taskSchema(context)).min(1, 'there is no [[task]]').describe('The tasks.'),
    })
    .transform(({ task, ...rest }) => ({ ...camelKeys(rest), tasks: task }))
    .readonly();
}

export type Config = z.output<ReturnType<typeof configSchema>>;
export type TaskConfig = z.output<ReturnType<typeof taskSchema>>;
export type SourceConfig = NonNullable<TaskConfig['source']>;
export type SshConfig = NonNullable<SourceConfig['ssh']>;
export type TargetConfig = NonNullable<TaskConfig['target']>;
export type KafkaConfig = NonNullable<TaskConfig['kafka']>;
export type PollConfig = TaskConfig['poll'];
export type SnapshotConfig = TaskConfig['snapshot'];
export type FilterConfig = TaskConfig['filter'];
export type TableRuleConfig = TaskConfig['consumeTables'][number];
