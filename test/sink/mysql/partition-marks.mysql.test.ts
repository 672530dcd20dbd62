import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TopicPartition } from '../../../src/core/position.ts';
import type { Transaction } from '../../../src/core/transaction.ts';
import { createMysqlSink, type MysqlSink } from '../../../src/sink/mysql/mysql-sink.ts';
import { fakeColumn, fakeTable, fakeChange, identityRoute } from '../../support/fake-images.ts';
import { fakeTransaction } from '../../support/fake-change.ts';
import { testServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { sinkOptions } from './sink-harness.ts';

const server = testServer('dst10');
const signal = new AbortController().signal;
const table = fakeTable('pm_db', 't', [fakeColumn('id', 'int', { isNullable: false })], [0]);
const route = identityRoute(table);
const [zero, one] = [0, 1].map((partition) => ({ topic: 'pm', partition })) as [
  TopicPartition,
  TopicPartition,
];
let sql: Sql;

beforeAll(async () => {
  sql = await openSql(server);
  await sql.run(
    'DROP DATABASE IF EXISTS pm_db',
    'DROP DATABASE IF EXISTS pm_state',
    'CREATE DATABASE pm_db',
    'CREATE TABLE pm_db.t (id INT PRIMARY KEY)',
  );
});

afterAll(async () => {
  await sql.run('DROP DATABASE IF EXISTS pm_db', 'DROP DATABASE IF EXISTS pm_state');
  await sql.close();
});

function consumer(at: Pick<typeof server, 'port'>, ...partitions: TopicPartition[]): MysqlSink {
  return createMysqlSink(
    sinkOptions(at, 'pm', {
      stateDatabase: 'pm_state',
      consumer: {
        partitions,
        waitMs: 0,
        onWait: () => undefined,
        onFull: () => undefined,
        onApplied: () => undefined,
      },
    }),
  );
}

let seq = 0;
function insert(at: TopicPartition, offset: number, id: number): Transaction {
  const name = `${at.topic}-${at.partition}`;
  const coordinates = { file: name, offset };
  return {
    ...fakeTransaction({ changes: [fakeChange({ table, route, after: [[id]] })] }),
    seq: ++seq,
    coordinates,
    resumeAt: {
      kind: 'kafka',
      coordinates,
      offsets: new Map([
        [name, { ...at, offset: offset + 1, sources: new Map([['p', { seq: id, part: 1 }]]) }],
      ]),
    },
  };
}

async function apply(sink: MysqlSink, ...transactions: Transaction[]): Promise<void> {
  const deliveries = transactions.map((transaction) => ({
    transaction,
    ticket: { seq: transaction.seq, ack: () => undefined, fail: () => undefined },
  }));
  await sink.write(deliveries, signal);
  await sink.drain();
}

it('rows and the marks of several partitions are one transaction', async () => {
  const sink = consumer(server, zero, one);
  await sink.open(signal);
  await apply(sink, insert(zero, 0, 1), insert(one, 10, 2), insert(zero, 1, 3));
  await sink.close();
  expect(await sql.value('SELECT GROUP_CONCAT(id ORDER BY id) FROM pm_db.t')).toBe('1,2,3');
  const again = consumer(server, zero, one);
  const state = await again.open(signal);
  await again.close();
  const position = state?.checkpoint.position;
  expect(position?.kind === 'kafka' && [...position.offsets.values()]).toMatchObject([
    { partition: 0, offset: 2, sources: new Map([['p', { seq: 3, part: 1 }]]) },
    { partition: 1, offset: 11, sources: new Map([['p', { seq: 2, part: 1 }]]) },
  ]);
});

it('who was given a partition before writes nothing more', async () => {
  const stale = consumer(server, zero);
  await stale.open(signal);
  await apply(stale, insert(zero, 2, 10));
  const owner = consumer(server, zero, one);
  await owner.open(signal);
  await expect(apply(stale, insert(zero, 3, 11))).rejects.toMatchObject({
    code: 'CHECKPOINT_MOVED',
  });
  await apply(owner, insert(zero, 3, 12));
  await stale.close();
  await owner.close();
  expect(await sql.value('SELECT GROUP_CONCAT(id ORDER BY id) FROM pm_db.t WHERE id > 9')).toBe(
    '10,12',
  );
});

it('a lost connection is made again only while the partition is ours', async () => {
  const proxy = await CuttingProxy.start(server.port);
  const first = consumer({ port: proxy.port }, zero);
  await first.open(signal);
  proxy.cutAt({ text: 'COMMIT', when: 'before' });
  await apply(first, insert(zero, 4, 20));
  expect(proxy.cuts).toBe(1);
  const second = consumer(server, zero);
  await second.open(signal);
  proxy.cutAt({ text: 'BEGIN', when: 'before' });
  await expect(apply(first, insert(zero, 5, 21))).rejects.toMatchObject({
    code: 'CHECKPOINT_MOVED',
  });
  await apply(second, insert(zero, 5, 22));
  await first.close();
  await second.close();
  await proxy.close();
  expect(await sql.value('SELECT GROUP_CONCAT(id ORDER BY id) FROM pm_db.t WHERE id > 19')).toBe(
    '20,22',
  );
});
