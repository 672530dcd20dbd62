import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import {
  DebeziumEncoder,
  type DebeziumOptions,
} from '../../../src/message/debezium/debezium-encoder.ts';
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
const orders = fakeTable({
  columns: [
    ['id', 'int'],
    ['m', 'varchar'],
  ],
});

function encode(change: EncodableChange, options: DebeziumOptions = {}) {
  return [...new DebeziumEncoder(options).encode(fakeTransaction({}), change, CONTEXT)];
}

function payloads(change: EncodableChange, options: DebeziumOptions = {}) {
  return encode(change, options).map(({ key, value, headers }) => ({
    key,
    headers,
    ...(value === null
      ? { op: 'tombstone' }
      : (JSON.parse(value) as { op: string; before: unknown; after: unknown })),
  }));
}

/** The JSON of one value of one column. */
function encoded(
  type: ColumnSpec[1],
  value: RowImage[number],
  more: ColumnSpec[2] = {},
  options: DebeziumOptions = {},
): string {
  const table = fakeTable({ columns: [['c', type, more]], primaryKey: [] });
  const json = encode(fakeInsert(table, [[value]]), options)[0]?.value ?? '';
  return /"after":\{"c":(.*)\},"source"/s.exec(json)?.[1] ?? `no value in ${json}`;
}

describe('DebeziumEncoder envelopes', () => {
  it('create: members in order, no schema', () => {
    expect(encode(fakeInsert(orders, [[1, 'a']]), { prefix: 'pre', version: '3.0' })).toEqual([
      {
        key: '{"id":1}',
        value:
          '{"before":null,"after":{"id":1,"m":"a"},"source":{"version":"3.0","connector":"mysql","name":"pre","ts_ms":1700000000000,' +
          '"snapshot":"false","db":"shop","sequence":null,"ts_us":1700000000000000,"ts_ns":1700000000000000000,"table":"orders",' +
          '"server_id":57,"gtid":"00000000-0000-0000-0000-000000000001:7","file":"binlog.000003","pos":4711,"row":0,"thread":12,' +
          '"query":null},"transaction":null,"op":"c","ts_ms":1700000002000,"ts_us":1700000002000000,"ts_ns":1700000002000000000}',
        database: 'shop',
        table: 'orders',
        type: 'insert',
        headers: {},
      },
    ]);
  });

  it('rows of a snapshot are read, and say so in their source', () => {
    const change = fakeInsert(orders, [[1, 'a']]);
    const tx = fakeTransaction({ origin: 'snapshot' });
    const [message, ...more] = new DebeziumEncoder().encode(tx, change, CONTEXT);
    expect(more).toEqual([]);
    expect(JSON.parse(message?.value ?? '')).toMatchObject({
      op: 'r',
      before: null,
      after: { id: 1, m: 'a' },
      source: { snapshot: 'true' },
    });
    const skipping = new DebeziumEncoder({ skippedOperations: ['r'] });
    expect([...skipping.encode(tx, change, CONTEXT)]).toEqual([]);
  });

  it('update: both images; the row is counted', () => {
    const change = fakeUpdate(orders, [
      [
        [1, 'a'],
        [1, 'b'],
      ],
      [
        [2, 'x'],
        [2, null],
      ],
    ]);
    expect(payloads(change)).toMatchObject([
      { op: 'u', key: '{"id":1}', before: { m: 'a' }, after: { m: 'b' }, source: { row: 0 } },
      { op: 'u', key: '{"id":2}', before: { m: 'x' }, after: { m: null }, source: { row: 1 } },
    ]);
  });

  it('delete: then a tombstone, unless it is off', () => {
    const change = fakeDelete(orders, [[1, 'a']]);
    expect(payloads(change)).toMatchObject([
      { op: 'd', key: '{"id":1}', before: { id: 1, m: 'a' }, after: null },
      { op: 'tombstone', key: '{"id":1}' },
    ]);
    expect(payloads(change, { tombstones: false })).toHaveLength(1);
  });

  it('a changed key: delete, tombstone, create, each naming the other', () => {
    const change = fakeUpdate(orders, [
      [
        [1, 'a'],
        [2, 'a'],
      ],
    ]);
    expect(payloads(change)).toMatchObject([
      { op: 'd', key: '{"id":1}', headers: { '__debezium.newkey': '{"id":2}' }, after: null },
      { op: 'tombstone', key: '{"id":1}' },
      { op: 'c', key: '{"id":2}', headers: { '__debezium.oldkey': '{"id":1}' }, before: null },
    ]);
  });

  it('the key is a unique key where there is no primary one, else null and no tombstone', () => {
    const columns = [
      ['a', 'int'],
      ['b', 'int'],
    ] as const;
    const unique = fakeTable({
      columns,
      primaryKey: [],
      uniqueKeys: [
        { name: 'n', columns: [0], isRowIdentity: false },
        { name: 'u', columns: [1], isRowIdentity: true },
      ],
    });
    expect(encode(fakeInsert(unique, [[1, 2]]))[0]?.key).toBe('{"b":2}');
    const none = fakeTable({ columns, primaryKey: [] });
    expect(encode(fakeDelete(none, [[1, 2]])).map(({ key }) => key)).toEqual([null]);
  });

  it('MINIMAL images: absent is not null', () => {
    const change = fakeUpdate(orders, [
      [
        [1, undefined],
        [undefined, 'new'],
      ],
    ]);
    expect(payloads(change)).toMatchObject([
      { op: 'u', key: '{"id":1}', before: { id: 1 }, after: { id: 1, m: 'new' } },
    ]);
    expect(encode(change)[0]?.value).toContain('"before":{"id":1},"after"');
  });

  it('the statement on demand, MariaDB by its GTID', () => {
    const change = fakeInsert(orders, [[1, 'a']], { rowsQuery: 'INSERT …' });
    expect(encode(change, { rowQuery: true })[0]?.value).toContain('"query":"INSERT …"}');
    const gtid = { flavor: 'mariadb', domain: 0, server: 1, sequence: 9 } as const;
    const [message] = new DebeziumEncoder().encode(fakeTransaction({ gtid }), change, CONTEXT);
    expect(message?.value).toContain('"connector":"mariadb"');
    expect(message?.value).toContain('"gtid":"0-1-9"');
  });
});

describe('DebeziumEncoder values', () => {
  const bytes = (...list: number[]) => Uint8Array.from(list);

  it.each<[ColumnSpec[1], RowImage[number], string, ColumnSpec[2]?]>([
    ['tinyint', 1, '1', { columnType: 'tinyint(1)' }],
    ['bigint', 18_446_744_073_709_551_615n, '18446744073709551615', { isUnsigned: true }],
    ['bit', 1, 'true', { columnType: 'bit(1)' }],
    ['bit', 0, 'false', { columnType: 'bit(1)' }],
    ['bit', 0x0102, '"AgE="', { columnType: 'bit(9)' }],
    ['bit', bytes(1, 2, 3, 4, 5, 6, 7, 8), '"CAcGBQQDAgE="', { columnType: 'bit(64)' }],
    ['decimal', '1.23', '"ew=="'],
    ['decimal', '-1.28', '"gA=="'],
    ['decimal', '1.28', '"AIA="'],
    ['decimal', '0.00', '"AA=="'],
    ['float', Math.fround(1.1), '1.1'],
    ['double', 1e10, '1.0E10'],
    ['varchar', 'é', '"é"'],
    ['binary', bytes(1, 0), '"AQA="'],
    ['date', '1970-01-02', '1'],
    ['date', '0001-01-01', '-719162'],
    ['date', '9999-12-31', '2932896'],
    ['date', '2024-02-29', '19782'],
    ['date', '0000-00-00', 'null'],
    ['date', '2024-02-31', 'null'],
    ['date', '0000-00-00', '0', { isNullable: false }],
    ['time', '00:00:01.5', '1500000'],
    ['time', '-838:59:59.000001', '-3020399000001'],
    ['datetime', '1970-01-01 00:00:01', '1000', { scale: 0 }],
    ['datetime', '1969-12-31 23:59:59.999', '-1', { scale: 3 }],
    ['datetime', '9999-12-31 23:59:59.999999', '253402300799999999', { scale: 6 }],
    ['datetime', '2024-00-01 00:00:00', 'null'],
    ['timestamp', '2018-06-20 13:37:03', '"2018-06-20T13:37:03Z"'],
    ['timestamp', '2018-06-20 13:37:03.120', '"2018-06-20T13:37:03.120Z"'],
    ['timestamp', '0000-00-00 00:00:00', '"1970-01-01T00:00:00Z"', { isNullable: false }],
    ['year', 2024, '2024'],
    ['enum', 'a', '"a"', { labels: ['a'] }],
    ['set', 'a,b', '"a,b"', { labels: ['a', 'b'] }],
    ['json', '{"a": 1}', '"{\\"a\\": 1}"'],
    ['vector', bytes(0, 0, 128, 63), '[1.0]'],
  ])('%s %s → %s', (type, value, json, more) => {
    expect(encoded(type, value, more)).toBe(json);
  });

  it('geometry: bytes and SRID; a point has its coordinates', () => {
    const point = Buffer.alloc(25);
    point.writeUInt32LE(4326, 0);
    point.set([1, 1], 4);
    point.writeDoubleLE(3, 9);
    point.writeDoubleLE(2.5, 17);
    const wkb = point.subarray(4).toString('base64');
    expect(encoded('geometry', point)).toBe(`{"wkb":"${wkb}","srid":4326}`);
    expect(encoded('geometry', point, { columnType: 'point' })).toBe(
      `{"x":3.0,"y":2.5,"wkb":"${wkb}","srid":4326}`,
    );
  });

  it('handling modes', () => {
    expect(encoded('decimal', '1.20', {}, { decimals: 'string' })).toBe('"1.20"');
    expect(encoded('decimal', '1.20', {}, { decimals: 'double' })).toBe('1.2');
    expect(encoded('bigint', 255, { isUnsigned: true }, { bigintUnsigned: 'precise' })).toBe(
      '"AP8="',
    );
  });
});

describe('DebeziumEncoder DDL', () => {
  const name = { database: 'shop', table: 'orders' };

  it('schema changes', () => {
    const after = fakeTable({
      columns: [
        ['id', 'int', { isUnsigned: true, isNullable: false }],
        ['s', 'varchar', { charset: 'latin1', length: 20 }],
        ['d', 'decimal', { precision: 10, scale: 2 }],
      ],
    });
    const [message] = encode(
      fakeDdl('CREATE …', { effects: [{ kind: 'create', table: name }], after: [after] }),
    );
    expect(message).toMatchObject({ key: '{"databaseName":"shop"}', type: 'ddl' });
    expect(JSON.parse(message?.value ?? '')).toMatchObject({
      databaseName: 'shop',
      schemaName: null,
      ddl: 'CREATE …',
      tableChanges: [
        {
          type: 'CREATE',
          id: '"shop"."orders"',
          table: {
            defaultCharsetName: 'utf8mb4',
            primaryKeyColumnNames: ['id'],
            columns: [
              { name: 'id', jdbcType: 4, typeName: 'INT UNSIGNED', position: 1, optional: false },
              { name: 's', jdbcType: 12, charsetName: 'latin1', length: 20, position: 2 },
              { name: 'd', jdbcType: 3, length: 10, scale: 2, generated: false },
            ],
          },
        },
      ],
    });
  });

  it('a drop has no table; databases have no table changes', () => {
    const drop = fakeDdl('DROP …', { effects: [{ kind: 'drop', table: name }] });
    expect(JSON.parse(encode(drop)[0]?.value ?? '')).toMatchObject({
      tableChanges: [{ type: 'DROP', table: null }],
    });
    const create = fakeDdl('CREATE …', { effects: [{ kind: 'create-database', database: 'x' }] });
    expect(JSON.parse(encode(create)[0]?.value ?? '')).toMatchObject({
      databaseName: 'x',
      tableChanges: [],
      source: { db: 'x', table: null },
    });
  });

  it('TRUNCATE is op t, on demand', () => {
    const truncate = fakeDdl('TRUNCATE …', { effects: [{ kind: 'truncate', table: name }] });
    expect(encode(truncate)).toEqual([]);
    const [message] = encode(truncate, { truncates: true });
    expect(message?.key).toBeNull();
    expect(message?.value).toContain('"op":"t"');
  });
});
