import { describe, expect, it } from 'vitest';
import type { SchemaChange } from '../../../src/core/change.ts';
import type { Delivery } from '../../../src/core/sink.ts';
import { countRows, type Transaction } from '../../../src/core/transaction.ts';
import { GroupBuilder, roomOf } from '../../../src/sink/mysql/group-builder.ts';
import { TUNING } from '../../../src/sink/mysql/tuning.ts';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { changesOf, transaction } from './sink-harness.ts';

const LIMITS = { groupTransactions: 3, groupRows: 5, groupBytes: 1000 };
const table = () => fakeTable('d', 't', [fakeColumn('id', 'int')], [0]);
const ddl = { kind: 'ddl' } as SchemaChange;

function deliver(tx: Transaction): Delivery {
  return { transaction: tx, ticket: { seq: tx.seq, ack: () => undefined, fail: () => undefined } };
}

function unitsOf(transactions: readonly Transaction[]): string[] {
  const builder = new GroupBuilder(LIMITS);
  for (const tx of transactions) builder.push(deliver(tx));
  const units: string[] = [];
  for (let unit = builder.take(); unit !== undefined; unit = builder.take()) {
    const deliveries = unit.kind === 'group' ? unit.deliveries : [unit.delivery];
    units.push(`${unit.kind} ${deliveries.map((one) => one.transaction.seq).join(',')}`);
  }
  expect(builder.isEmpty).toBe(true);
  expect(builder.queuedBytes).toBe(0);
  return units;
}

describe('GroupBuilder', () => {
  const rows = changesOf(table());

  it('closes a group at each limit', () => {
    const insert = rows.insert([1], [2], [3]);
    expect(unitsOf([1, 2, 3, 4].map((seq) => transaction(seq, [])))).toEqual([
      'group 1,2,3',
      'group 4',
    ]);
    expect(unitsOf([1, 2, 3].map((seq) => transaction(seq, [insert])))).toEqual([
      'group 1,2',
      'group 3',
    ]);
    expect(unitsOf([1, 2, 3].map((seq) => transaction(seq, [], { bytes: 600 })))).toEqual([
      'group 1,2',
      'group 3',
    ]);
  });

  it('takes a transaction that is larger than every limit', () => {
    const huge = rows.insert(...Array.from({ length: 50 }, (_, id) => [id]));
    expect(unitsOf([transaction(1, [huge], { bytes: 1e6 }), transaction(2, [])])).toEqual([
      'group 1',
      'group 2',
    ]);
  });

  it('ends a group before a DDL and before a part', () => {
    expect(
      unitsOf([
        transaction(1, []),
        transaction(2, [ddl]),
        transaction(3, []),
        transaction(4, [], { part: { index: 0, last: false } }),
        transaction(4, [], { part: { index: 1, last: true } }),
        transaction(5, []),
      ]),
    ).toEqual(['group 1', 'ddl 2', 'group 3', 'part 4', 'part 4', 'group 5']);
  });

  it('ends a group before another definition of one of its tables', () => {
    const changed = changesOf(table());
    const other = changesOf(fakeTable('d', 'u', [fakeColumn('id', 'int')], [0]));
    expect(
      unitsOf([
        transaction(1, [rows.insert([1])]),
        transaction(2, [other.insert([1])]),
        transaction(3, [changed.insert([2])]),
        transaction(4, [other.insert([2])]),
      ]),
    ).toEqual(['group 1,2', 'group 3,4']);
  });

  it('does not split a transaction with two definitions of one table', () => {
    const changed = changesOf(table());
    expect(
      unitsOf([transaction(1, [rows.insert([1]), changed.insert([2])]), transaction(2, [])]),
    ).toEqual(['group 1,2']);
  });

  it('counts rows by images', () => {
    const changes = [rows.insert([1], [2]), rows.delete([1]), rows.update([1], [2]), ddl];
    expect(countRows(transaction(1, changes))).toBe(4);
  });
});

describe('roomOf', () => {
  const rows = changesOf(table());
  const roomFor = (count: number, bytes: number): number =>
    roomOf(
      transaction(
        1,
        count === 0 ? [] : [rows.insert(...Array.from({ length: count }, (_, id) => [id]))],
        { bytes },
      ),
    );

  it('lets no more wait than so many groups, whatever the transactions are like', () => {
    expect(roomFor(1, 40) * TUNING.groupTransactions).toBeGreaterThanOrEqual(TUNING.groupBytes);
    expect(roomFor(0, 0) * TUNING.groupTransactions).toBeGreaterThanOrEqual(TUNING.groupBytes);
    expect(roomFor(500, 2000) * (TUNING.groupRows / 500)).toBeGreaterThanOrEqual(TUNING.groupBytes);
  });

  it('is its bytes where they are more', () => {
    expect(roomFor(1, 1 << 20)).toBe(1 << 20);
  });
});
