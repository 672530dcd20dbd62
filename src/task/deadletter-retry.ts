import { kafkaOptions, requireKafka } from '../config/server-options.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import type { StoredDeadLetter } from '../core/dead-letter.ts';
import { TailraceError } from '../core/errors.ts';
import { parseTablePattern } from '../core/table-pattern.ts';
import { silentLogger } from '../lib/logger.ts';
import { quoteName, quoteText } from '../server/sql-text.ts';
import { sendAgain, type KeptMessage } from '../sink/kafka/send-again.ts';
import { countRemaining } from './inspect.ts';
import { inspectTask } from './inspect/inspect-task.ts';

export interface RetryOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly letter: StoredDeadLetter;
  readonly signal: AbortSignal;
}

/**
 * Tries again what a dead letter stands for; says what was done, throws where it did not go through.
 *
 *   message    that could not be sent: it is sent; that could not be read: its bytes go to their partition again
 *   conflict   the row is compared on both ends by its key, and the target's is mended
 *   skip       a transaction, of which nobody kept the rows: the task's tables are compared and mended
 */
export async function retryLetter(options: RetryOptions): Promise<string> {
  const { letter } = options;
  if (letter.kind === 'message') return sendLetter(options);
  return mend(options, letter.kind === 'conflict' ? placeOf(letter) : undefined);
}

async function sendLetter({ task, letter, signal }: RetryOptions): Promise<string> {
  const message = keptMessage(letter);
  if (message === undefined) throw useless(task, letter, 'its message was not kept whole');
  const kafka = requireKafka(task);
  await sendAgain(
    {
      connect: kafkaOptions(kafka, task.name),
      compression: kafka.compression,
      logger: silentLogger,
      headers: headersOf(task, letter),
    },
    message,
    signal,
  );
  return `sent to ${message.topic}`;
}

/** Of one that could not be read nothing is said that would make a consumer drop it as known. */
function headersOf(task: TaskConfig, letter: StoredDeadLetter): Record<string, string> {
  const { seq, gtid, coordinates, id } = letter;
  const retry = { 'tailrace-retry': String(id) };
  if (seq === undefined) return retry;
  return {
    'tailrace-task': task.name,
    'tailrace-seq': String(seq),
    ...(gtid === undefined ? {} : { 'tailrace-gtid': gtid }),
    ...(gtid === undefined && coordinates !== undefined
      ? { 'tailrace-position': coordinates }
      : {}),
    ...retry,
  };
}

/** As the producer keeps it: topic, partition, key and value; as the consumer does: bytes as base64, and the offset. */
function keptMessage({ payload, coordinates }: StoredDeadLetter): KeptMessage | undefined {
  if (payload === undefined) return undefined;
  const { topic, partition, key, value } = Object(JSON.parse(payload)) as Record<string, unknown>;
  if (typeof value !== 'string' || (typeof key !== 'string' && key !== null)) return undefined;
  if (typeof topic === 'string' && typeof partition === 'number') {
    return {
      topic,
      partition,
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
    };
  }
  const match = /^(.+)-(\d+):\d+$/.exec(coordinates ?? '');
  if (match === null) return undefined;
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  return {
    topic: match[1] ?? '',
    partition: Number(match[2]),
    key: key === null ? null : bytes(key),
    value: bytes(value),
  };
}

interface RowPlace {
  readonly table: string;
  /** undefined: its key was not kept. */
  readonly where: string | undefined;
}

function placeOf({ table, payload }: StoredDeadLetter): RowPlace | undefined {
  if (table === undefined) return undefined;
  const { keys } = Object(JSON.parse(payload ?? '{}')) as { readonly keys?: unknown };
  return { table, where: Array.isArray(keys) ? whereOf(keys) : undefined };
}

/** Each of the keys that the row had. */
function whereOf(keys: readonly unknown[]): string | undefined {
  const conditions = keys.map((key) =>
    Object.entries(Object(key) as Record<string, unknown>)
      .map(([name, value]) => `${quoteName(name)} <=> ${literal(value)}`)
      .join(' AND '),
  );
  if (conditions.length === 0 || conditions.includes('')) return undefined;
  return conditions.map((condition) => `(${condition})`).join(' OR ');
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoteText(value);
  const { hex } = Object(value) as { readonly hex?: unknown };
  return `X'${typeof hex === 'string' ? hex : ''}'`;
}

async function mend(options: RetryOptions, place: RowPlace | undefined): Promise<string> {
  const { config, task, letter, signal } = options;
  if (task.source === undefined) {
    throw useless(task, letter, 'the task has no source with which the target could be compared');
  }
  const { tables } = await inspectTask({
    config,
    task,
    tables: place && [parseTablePattern(place.table)],
    where: place?.where,
    sample: 1,
    repair: true,
    onStatement: undefined,
    restart: true,
    mode: { kind: 'command' },
    onProgress: () => undefined,
    logger: silentLogger,
    signal,
  });
  const left = countRemaining(tables);
  if (left > 0)
    throw useless(
      task,
      letter,
      `${left} ${left === 1 ? 'difference' : 'differences'} could not be mended`,
    );
  if (place === undefined) return 'the tables of the task were compared with the source and mended';
  const what = place.where === undefined ? 'the table' : 'the row';
  return `${what} in ${place.table} was compared with the source and mended`;
}

function useless(task: TaskConfig, letter: StoredDeadLetter, why: string): TailraceError {
  return new TailraceError(
    'USAGE',
    `Dead letter ${letter.id} (${letter.kind}) cannot be tried again: ${why}.`,
    {
      place: { task: task.name },
      next: 'See it with tailrace deadletter show; tailrace inspect --repair mends rows at the target.',
    },
  );
}
