import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../src/core/transaction.ts';
import { createEncoder } from '../../src/message/create-encoder.ts';
import type { MessageFormat } from '../../src/message/encoder.ts';
import { headersOf, TransactionMessages } from '../../src/message/transaction-messages.ts';
import {
  fakeDdl,
  fakeDelete,
  fakeInsert,
  fakeTable,
  fakeTransaction,
} from '../support/fake-change.ts';

const table = fakeTable({ columns: [['id', 'int']] });
const rows = (...ids: number[]) =>
  fakeInsert(
    table,
    ids.map((id) => [id]),
  );
const truncate = fakeDdl('TRUNCATE orders', {
  effects: [{ kind: 'truncate', table: { database: 'shop', table: 'orders' } }],
});

function messagesOf(parts: readonly Partial<Transaction>[], format: MessageFormat = 'maxwell') {
  const options = format === 'maxwell' ? { xoffset: true } : {};
  const messages = new TransactionMessages({
    encoder: createEncoder(format, options),
    ddl: true,
    now: () => 0,
  });
  return parts.flatMap((part) =>
    [...messages.of(fakeTransaction(part))].map((placed) => ({
      value: placed.message.value,
      headers: headersOf('shop', placed),
    })),
  );
}

function summary(parts: readonly Partial<Transaction>[], format: MessageFormat = 'maxwell') {
  return messagesOf(parts, format).map(({ value, headers }) => {
    const { xoffset, commit } = JSON.parse(value ?? '{}') as Record<string, unknown>;
    return [headers['tailrace-part'], commit ?? xoffset];
  });
}

describe('TransactionMessages', () => {
  it('counts messages and rows over all changes and marks the last', () => {
    expect(summary([{ changes: [rows(1, 2), rows(), rows(3), rows(4, 5)] }])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 2],
      ['4', 3],
      ['5/5', true],
    ]);
  });

  it('goes on over the parts of a large transaction, also when the last part is empty', () => {
    const first = { part: { index: 0, last: false }, changes: [rows(1, 2)] };
    const second = { part: { index: 1, last: false }, changes: [rows(3)] };
    const last = { part: { index: 2, last: true }, changes: [] };
    const expected = [
      ['1', 0],
      ['2', 1],
      ['3/3', true],
    ];
    expect(summary([first, second, last])).toEqual(expected);
    expect(summary([first, { ...second, part: { index: 1, last: true } }])).toEqual(expected);
    // Counted anew for the next transaction.
    expect(summary([{ changes: [rows(1)] }, { changes: [rows(1)] }])).toEqual([
      ['1/1', true],
      ['1/1', true],
    ]);
  });

  it('counts a tombstone as the last message', () => {
    const changes = [fakeDelete(table, [[1]])];
    expect(summary([{ changes }], 'debezium').map(([part]) => part)).toEqual(['1', '2/2']);
  });

  it('names the transaction in every message', () => {
    expect(messagesOf([{ changes: [rows(1)] }])[0]?.headers).toEqual({
      'tailrace-task': 'shop',
      'tailrace-seq': '42',
      'tailrace-gtid': '00000000-0000-0000-0000-000000000001:7',
      'tailrace-part': '1/1',
    });
    expect(messagesOf([{ changes: [rows(1)], gtid: undefined }])[0]?.headers).toMatchObject({
      'tailrace-position': 'binlog.000003:4600',
    });
  });

  it('has DDL only when asked', () => {
    const messages = new TransactionMessages({
      encoder: createEncoder('canal'),
      ddl: false,
      now: () => 0,
    });
    expect([...messages.of(fakeTransaction({ changes: [truncate] }))]).toEqual([]);
    expect(messagesOf([{ changes: [truncate] }], 'canal')).toHaveLength(1);
  });
});
