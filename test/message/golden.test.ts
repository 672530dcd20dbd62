import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../src/core/row.ts';
import { createEncoder, type EncoderOptions } from '../../src/message/create-encoder.ts';
import type { MessageEncoder, MessageFormat } from '../../src/message/encoder.ts';
import { TransactionMessages } from '../../src/message/transaction-messages.ts';
import {
  fakeDdl,
  fakeDelete,
  fakeInsert,
  fakeTable,
  fakeTransaction,
  fakeUpdate,
} from '../support/fake-change.ts';

/*
 * Every switch of every format, over the same transactions. What they give lies in golden/, one file a switch; a line is
 * `key <tab> value <tab> headers of the format`. A line that changes changes what somebody's consumers get.
 */

const utf8 = { charset: 'utf8mb4' } as const;
const table = fakeTable({
  name: 'user_orders',
  columns: [
    ['id', 'int', { columnType: 'int(11)', isNullable: false }],
    ['user_name', 'varchar', { columnType: 'varchar(40)', ...utf8, length: 40 }],
    ['big', 'bigint', { columnType: 'bigint(20) unsigned', isUnsigned: true }],
    ['price', 'decimal', { columnType: 'decimal(10,2)', precision: 10, scale: 2 }],
    ['ratio', 'double', { columnType: 'double' }],
    ['day', 'date', { columnType: 'date' }],
    ['at', 'datetime', { columnType: 'datetime(3)', scale: 3 }],
    ['stamp', 'timestamp', { columnType: 'timestamp' }],
    ['span', 'time', { columnType: 'time' }],
    ['kind', 'enum', { columnType: "enum('a','b')", labels: ['a', 'b'], ...utf8 }],
    ['flags', 'set', { columnType: "set('x','y')", labels: ['x', 'y'], ...utf8 }],
    ['bits', 'bit', { columnType: 'bit(40)', length: 40 }],
    ['raw', 'varbinary', { columnType: 'varbinary(20)' }],
    ['doc', 'json', { columnType: 'json' }],
    ['born', 'year', { columnType: 'year(4)' }],
  ],
});

const row = (id: number, change: Readonly<Record<number, RowImage[number]>> = {}): RowImage =>
  [
    id,
    'é "q"',
    18_446_744_073_709_551_615n,
    '12.50',
    1.5,
    '2024-02-29',
    '2024-02-29 12:34:56.789',
    '2024-02-29 12:34:56',
    '-25:00:01',
    'b',
    'x,y',
    0x80_0000_0001n,
    Buffer.from([0, 255, 65]),
    '{"a": [1, null]}',
    2024,
  ].map((value, index) => change[index] ?? value);
const nulls: RowImage = [3, ...Array.from({ length: 14 }, () => null)];
const zeroDate = row(4, { 5: '0000-00-00', 6: '0000-00-00 00:00:00.000' });
const target = { database: 'shop', table: 'user_orders' };

const TRANSACTIONS = [
  fakeTransaction({
    seq: 1,
    changes: [
      fakeInsert(table, [row(1), row(2), nulls, zeroDate], { rowsQuery: 'INSERT INTO t …' }),
    ],
  }),
  fakeTransaction({
    seq: 2,
    changes: [
      fakeUpdate(table, [
        [row(1), row(1, { 1: 'new' })],
        [row(2), row(2, { 3: '0.00' })],
        [nulls, nulls],
      ]),
      // Another key.
      fakeUpdate(table, [[row(2), row(7)]]),
      fakeDelete(table, [row(1)]),
    ],
  }),
  fakeTransaction({
    seq: 3,
    changes: [
      fakeDdl('TRUNCATE TABLE user_orders', { effects: [{ kind: 'truncate', table: target }] }),
    ],
  }),
  fakeTransaction({
    seq: 4,
    changes: [
      fakeDdl('ALTER TABLE user_orders DROP COLUMN born', {
        effects: [{ kind: 'alter', table: target }],
        before: [table],
        after: [{ ...table, columns: table.columns.slice(0, 14) }],
      }),
    ],
  }),
  fakeTransaction({ seq: 5, origin: 'snapshot', changes: [fakeInsert(table, [row(9)])] }),
];

function linesOf(encoder: MessageEncoder): string {
  const messages = new TransactionMessages({
    encoder,
    ddl: true,
    truncates: true,
    now: () => 1_700_000_002_000,
  });
  const lines = TRANSACTIONS.flatMap((tx) =>
    [...messages.of(tx)].map(({ message: { key, value, headers } }) =>
      [key, value, JSON.stringify(headers)].map((part) => part ?? 'null').join('\t'),
    ),
  );
  return `${lines.join('\n')}\n`;
}

type Switches<F extends MessageFormat> = Readonly<Record<string, EncoderOptions[F]>>;

const randomUuid = (): string => 'a-random-uuid';
const MAXWELL: Switches<'maxwell'> = {
  plain: {},
  'no-commit-info': { commitInfo: false },
  xoffset: { xoffset: true },
  'no-nulls': { nulls: false },
  'null-zero-dates': { nullZeroDates: true },
  origin: { position: true, gtid: true, serverId: true, threadId: true, pushTimestamp: true },
  keys: { primaryKeys: true, primaryKeyColumns: true, keyFormat: 'array' },
  'camel-case': { camelCase: true, primaryKeyColumns: true, pushTimestamp: true },
  'row-query': { rowQuery: true, rowQueryMaxLength: 6 },
  'exclude-columns': { excludeColumns: ['price', '/^r/'] },
  'original-values': { originalValues: true },
  'split-key-changes': { splitKeyChanges: true },
};
const CANAL: Switches<'canal'> = {
  plain: {},
  gtid: { gtid: true },
  'accumulate-old': { accumulateOld: true },
  'enum-labels': { enumLabels: true },
  'row-query': { rowQuery: true },
  'split-key-changes': { splitKeyChanges: true },
};
const DEBEZIUM: Switches<'debezium'> = {
  plain: {},
  schemas: { schemas: true, prefix: 'shop' },
  'no-tombstones': { tombstones: false },
  truncates: { truncates: true },
  'skipped-operations': { skippedOperations: ['c', 'd'] },
  transactions: { transactions: true },
  'row-query': { rowQuery: true },
  'times-connect': { times: 'connect', schemas: true },
  'times-isostring': { times: 'isostring' },
  'times-microseconds': { times: 'microseconds' },
  'times-nanoseconds': { times: 'nanoseconds' },
  'decimals-string': { decimals: 'string' },
  'decimals-double': { decimals: 'double' },
  'unsigned-long': { bigintUnsigned: 'long' },
  'unsigned-precise': { bigintUnsigned: 'precise', schemas: true },
  'binary-base64': { binary: 'base64' },
  'binary-url-safe': { binary: 'base64-url-safe' },
  'binary-hex': { binary: 'hex' },
  'split-key-changes': { splitKeyChanges: true },
};

const golden = (format: MessageFormat, name: string): string =>
  new URL(`golden/${format}-${name}.txt`, import.meta.url).pathname;

describe('the messages of', () => {
  it.each(Object.entries(MAXWELL))('Maxwell, %s', async (name, options) => {
    const encoder = createEncoder('maxwell', { randomUuid, ...options });
    await expect(linesOf(encoder)).toMatchFileSnapshot(golden('maxwell', name));
  });

  it.each(Object.entries(CANAL))('canal, %s', async (name, options) => {
    await expect(linesOf(createEncoder('canal', options))).toMatchFileSnapshot(
      golden('canal', name),
    );
  });

  it.each(Object.entries(DEBEZIUM))('Debezium, %s', async (name, options) => {
    await expect(linesOf(createEncoder('debezium', options))).toMatchFileSnapshot(
      golden('debezium', name),
    );
  });
});

describe("Debezium's heartbeat", () => {
  it.each([
    ['heartbeat', {}],
    ['heartbeat-schemas', { schemas: true }],
  ])('%s', async (name, options) => {
    const encoder = createEncoder('debezium', { prefix: 'fulfillment', ...options });
    const message = encoder.heartbeat?.(1_700_000_002_000);
    expect(message?.type).toBe('heartbeat');
    await expect(`${message?.key}\t${message?.value}\n`).toMatchFileSnapshot(
      golden('debezium', name),
    );
  });
});
