import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import { CanalEncoder, type CanalOptions } from '../../../src/message/canal/canal-encoder.ts';
import type { EncodableChange } from '../../../src/message/encoder.ts';
import {
  fakeDdl,
  fakeDelete,
  fakeInsert,
  fakeTable,
  fakeTransaction,
  fakeUpdate,
  type ColumnSpec,
} from '../../support/fake-change.ts';

const CONTEXT = { rowOffset: 0, isLast: true, nowMs: 1_700_000_002_000 };

function encode(change: EncodableChange, options: CanalOptions = {}) {
  return [...new CanalEncoder(options).encode(fakeTransaction({}), change, CONTEXT)];
}

function valueOf(change: EncodableChange, options: CanalOptions = {}): Record<string, unknown> {
  return JSON.parse(encode(change, options)[0]?.value ?? '') as Record<string, unknown>;
}

const table = fakeTable({
  columns: [
    ['id', 'int', { columnType: 'int(11)' }],
    ['a', 'varchar', { columnType: 'varchar(10)' }],
    ['b', 'varchar', { columnType: 'varchar(10)' }],
  ],
});

describe('CanalEncoder', () => {
  it('one message for all rows of an event, members in alphabetical order, no key', () => {
    expect(
      encode(
        fakeInsert(table, [
          [1, 'x', null],
          [2, 'y', 'z'],
        ]),
      ),
    ).toEqual([
      {
        key: null,
        value:
          '{"data":[{"id":"1","a":"x","b":null},{"id":"2","a":"y","b":"z"}],"database":"shop","es":1700000000000,"gtid":"",' +
          '"id":42,"isDdl":false,"mysqlType":{"id":"int(11)","a":"varchar(10)","b":"varchar(10)"},"old":null,"pkNames":["id"],' +
          '"sql":"","sqlType":{"id":4,"a":12,"b":12},"table":"orders","ts":1700000002000,"type":"INSERT"}',
        database: 'shop',
        table: 'orders',
        type: 'insert',
        headers: {},
      },
    ]);
  });

  it('rows of a snapshot are inserts', () => {
    const tx = fakeTransaction({ origin: 'snapshot' });
    const [message] = new CanalEncoder().encode(tx, fakeInsert(table, [[1, 'x', null]]), CONTEXT);
    expect(JSON.parse(message?.value ?? '')).toMatchObject({
      type: 'INSERT',
      data: [{ id: '1', a: 'x', b: null }],
      old: null,
    });
  });

  it('update: old of each row; as canal itself, changed columns add up', () => {
    const change = fakeUpdate(table, [
      [
        [1, 'x', 'p'],
        [1, 'y', 'p'],
      ],
      [
        [2, 'x', 'p'],
        [2, 'x', 'q'],
      ],
      [
        [3, 'x', 'p'],
        [3, 'x', 'p'],
      ],
    ]);
    expect(valueOf(change)).toMatchObject({ type: 'UPDATE', old: [{ a: 'x' }, { b: 'p' }, {}] });
    expect(valueOf(change, { accumulateOld: true })['old']).toEqual([
      { a: 'x' },
      { a: 'x', b: 'p' },
      { a: 'x', b: 'p' },
    ]);
  });

  it('delete: the before image; GTID and statement on demand', () => {
    const change = fakeDelete(table, [[1, 'x', null]], { rowsQuery: 'DELETE …' });
    expect(valueOf(change, { gtid: true, rowQuery: true })).toMatchObject({
      type: 'DELETE',
      data: [{ id: '1', a: 'x', b: null }],
      old: null,
      sql: 'DELETE …',
      gtid: '00000000-0000-0000-0000-000000000001:7',
    });
  });

  it.each<[ColumnSpec[1], RowImage[number], string | null, number, ColumnSpec[2]?]>([
    ['tinyint', 127, '127', -6, { isUnsigned: true }],
    ['tinyint', 128, '128', 5, { isUnsigned: true }],
    ['smallint', 65_535, '65535', 4, { isUnsigned: true }],
    ['mediumint', 16_777_215, '16777215', 4, { isUnsigned: true }],
    ['int', 4_000_000_000, '4000000000', -5, { isUnsigned: true }],
    ['bigint', 18_446_744_073_709_551_615n, '18446744073709551615', 3, { isUnsigned: true }],
    ['bigint', -1, '-1', -5],
    ['decimal', '0.0000000', '0.0000000', 3],
    ['float', Math.fround(1e10), '1.0E10', 7],
    ['double', 3, '3.0', 8],
    ['text', 'é', 'é', 2005],
    ['blob', Uint8Array.from([0xe9, 0]), 'é\u0000', 2004],
    ['date', '0000-00-00', '0000-00-00', 91],
    ['timestamp', '2024-01-01 00:00:00.5', '2024-01-01 00:00:00.5', 93],
    ['time', '-838:59:59', '-838:59:59', 92],
    ['year', 0, '0000', 12],
    ['enum', 'b', '2', 4, { labels: ['a', 'b'] }],
    ['enum', '', '0', 4, { labels: ['a', 'b'] }],
    ['set', 'x,z', '5', -7, { labels: ['x', 'y', 'z'] }],
    ['set', '', '0', -7, { labels: ['x'] }],
    ['bit', 5, '5', -7],
    ['json', '{"a": 1}', '{"a": 1}', 12],
    ['int', null, null, 4],
  ])('%s %s → %s of %i', (type, value, text, sqlType, more) => {
    const one = fakeTable({ columns: [['c', type, more ?? {}]], primaryKey: [] });
    expect(valueOf(fakeInsert(one, [[value]]))).toMatchObject({
      data: [{ c: text }],
      sqlType: { c: sqlType },
      pkNames: null,
    });
  });

  it.each([
    ['create', 'CREATE'],
    ['alter', 'ALTER'],
    ['drop', 'ERASE'],
    ['truncate', 'TRUNCATE'],
  ] as const)('DDL: %s is %s', (kind, type) => {
    const effects = [{ kind, table: { database: 'shop', table: 'orders' } }];
    expect(encode(fakeDdl('statement', { effects }))[0]?.value).toBe(
      '{"data":null,"database":"shop","es":1700000000000,"gtid":"","id":42,"isDdl":true,"mysqlType":null,"old":null,' +
        `"pkNames":null,"sql":"statement","sqlType":null,"table":"orders","ts":1700000002000,"type":"${type}"}`,
    );
  });

  it('DDL: indexes, renames, databases', () => {
    const orders = { database: 'shop', table: 'orders' };
    const alter = [{ kind: 'alter', table: orders }] as const;
    const typeOf = (statement: string, more: Parameters<typeof fakeDdl>[1]) =>
      valueOf(fakeDdl(statement, more))['type'];
    expect([
      typeOf('CREATE UNIQUE INDEX …', { subject: 'index', effects: alter }),
      typeOf('drop index …', { subject: 'index', effects: alter }),
      typeOf('RENAME …', { effects: [{ kind: 'rename', table: orders, to: orders }] }),
      typeOf('CREATE DATABASE …', { effects: [{ kind: 'create-database', database: 'x' }] }),
      typeOf('CREATE VIEW …', { subject: 'view' }),
    ]).toEqual(['CINDEX', 'DINDEX', 'RENAME', 'QUERY', 'QUERY']);
  });
});
