import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import { parsePartitionHash } from '../../../src/message/canal/canal-rules.ts';
import { canalPartition, javaHashCode } from '../../../src/message/partition-hash.ts';
import { Partitioner, type PartitionOptions } from '../../../src/sink/kafka/partitioner.ts';
import {
  fakeDelete,
  fakeInsert,
  fakeTable,
  fakeTransaction,
  fakeUpdate,
} from '../../support/fake-change.ts';

const tx = fakeTransaction({});
const canal = (rules: string, hashesDatabase = true) =>
  new Partitioner({
    rule: 'table',
    hash: 'canal',
    columns: [],
    fallback: 'table',
    hashesDatabase,
    special: parsePartitionHash(rules),
  } satisfies PartitionOptions);

const users = (primaryKey: readonly number[] = [0]) =>
  fakeTable({
    database: 'mytest',
    name: 'users',
    columns: [
      ['id', 'varchar', { charset: 'utf8mb4' }],
      ['n', 'int'],
    ],
    primaryKey,
  });

describe("canal's partitionHash", () => {
  // Computed with canal's own classes: see canalKeyHash.
  it.each([
    ['1', 9],
    ['1001', 10],
    ['abc', 8],
  ])('$pk$ puts the row of key %s into partition %i of 12', (id, partition) => {
    const change = fakeInsert(users(), [[id, 5]]);
    expect(canal('.*\\..*:$pk$').ofRow(tx, change, [id, 5], 12)).toBe(partition);
    expect(canal('mytest.users:id').ofRow(tx, change, [id, 5], 12)).toBe(partition);
  });

  it('goes by the row as it is after an update, and as it was before a delete', () => {
    const [was, is]: RowImage[] = [
      ['1', 5],
      ['1001', 5],
    ];
    const table = users();
    const partitioner = canal('mytest.users:$pk$');
    const update = fakeUpdate(table, [[was ?? [], is ?? []]]);
    expect(partitioner.ofRow(tx, update, update.after?.at(0) ?? [], 12)).toBe(10);
    const gone = fakeDelete(table, [was ?? []]);
    expect(partitioner.ofRow(tx, gone, gone.before?.at(0) ?? [], 12)).toBe(9);
  });

  it('counts a null as an empty text, and no column as none', () => {
    const database = canalPartition(javaHashCode('mytest'), 12);
    expect(database).not.toBe(0);
    const partitioner = canal('.*\\..*:$pk$');
    const keyless = fakeInsert(users([]), [['1', 5]]);
    expect(partitioner.ofRow(tx, keyless, ['1', 5], 12)).toBe(database);
    const byColumn = canal('mytest.users:id');
    expect(byColumn.ofRow(tx, keyless, [null, 5], 12)).toBe(database);
    expect(canal('mytest.users:nothing').ofRow(tx, keyless, ['1', 5], 12)).toBe(database);
  });

  it('leaves the database out where canal.mq.database.hash is off', () => {
    const change = fakeInsert(users(), [['1', 5]]);
    expect(canal('.*\\..*:$pk$', false).ofRow(tx, change, ['1', 5], 12)).toBe(49 % 12);
  });

  it('takes the table alone, or the first partition where no rule fits', () => {
    const change = fakeInsert(users(), [['1', 5]]);
    expect(canal('mytest.users').ofRow(tx, change, ['1', 5], 12)).toBe(4);
    expect(canal('mytest.others').ofRow(tx, change, ['1', 5], 12)).toBe(0);
  });
});

describe('Maxwell', () => {
  it('joins the values of the key', () => {
    const options = { rule: 'primary_key', hash: 'java', columns: [], fallback: 'table' } as const;
    const partitioner = new Partitioner({ ...options, hashesDatabase: false });
    const table = fakeTable({
      columns: [
        ['a', 'int'],
        ['b', 'varchar', { charset: 'utf8mb4' }],
      ],
      primaryKey: [0, 1],
    });
    const change = fakeInsert(table, [[9001, 'example']]);
    // The hash of 9001example.
    expect(partitioner.ofRow(tx, change, [9001, 'example'], 12)).toBe(10);
  });
});
