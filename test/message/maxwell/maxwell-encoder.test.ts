import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import type { Router } from '../../../src/core/route.ts';
import type { EncodableChange } from '../../../src/message/encoder.ts';
import { MaxwellEncoder } from '../../../src/message/maxwell/maxwell-encoder.ts';
import type { MaxwellOptions } from '../../../src/message/maxwell/maxwell-options.ts';
import {
  fakeDdl,
  fakeDelete,
  fakeInsert,
  fakeTable,
  fakeTransaction,
  fakeUpdate,
  type ColumnSpec,
} from '../../support/fake-change.ts';

const orders = fakeTable({
  columns: [
    ['ID', 'int'],
    ['m', 'varchar'],
  ],
});

function encode(
  change: EncodableChange,
  options: MaxwellOptions = {},
  more: { rowOffset?: number; isLast?: boolean; tx?: Parameters<typeof fakeTransaction>[0] } = {},
) {
  const encoder = new MaxwellEncoder({ randomUuid: () => 'a-random-uuid', ...options });
  const context = { rowOffset: 0, isLast: true, nowMs: 1_700_000_001_250.5, ...more };
  return [...encoder.encode(fakeTransaction(more.tx ?? {}), change, context)];
}

function values(...input: Parameters<typeof encode>): (string | null)[] {
  return encode(...input).map((message) => message.value);
}

/** The JSON of one value of one column. */
function dataOf(type: ColumnSpec[1], value: RowImage[number], more: ColumnSpec[2] = {}): string {
  const table = fakeTable({ columns: [['c', type, more]], primaryKey: [] });
  const [json = ''] = values(fakeInsert(table, [[value]]));
  return /"data":\{"c":(.*)\}\}$/s.exec(json ?? '')?.[1] ?? `no data in ${json ?? ''}`;
}

describe('MaxwellEncoder rows', () => {
  it('insert: members in order, xid on every row, commit on the last alone', () => {
    expect(
      values(
        fakeInsert(orders, [
          [1, 'a'],
          [2, null],
        ]),
      ),
    ).toEqual([
      '{"database":"shop","table":"orders","type":"insert","ts":1700000000,"xid":99,"data":{"ID":1,"m":"a"}}',
      '{"database":"shop","table":"orders","type":"insert","ts":1700000000,"xid":99,"commit":true,"data":{"ID":2,"m":null}}',
    ]);
  });

  it('update: old has what differs, null before kept', () => {
    const change = fakeUpdate(orders, [
      [
        [1, 'a'],
        [1, 'b'],
      ],
      [
        [2, null],
        [2, 'c'],
      ],
      [
        [3, 'same'],
        [3, 'same'],
      ],
    ]);
    expect(values(change, {}, { isLast: false })).toEqual([
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"xid":99,"data":{"ID":1,"m":"b"},"old":{"m":"a"}}',
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"xid":99,"data":{"ID":2,"m":"c"},"old":{"m":null}}',
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"xid":99,"data":{"ID":3,"m":"same"}}',
    ]);
  });

  it('delete: the before image', () => {
    expect(values(fakeDelete(orders, [[1, 'a']]), {}, { tx: { xid: undefined } })).toEqual([
      '{"database":"shop","table":"orders","type":"delete","ts":1700000000,"commit":true,"data":{"ID":1,"m":"a"}}',
    ]);
  });

  it('MINIMAL images: what only the before image has is in data, and old may be absent', () => {
    const change = fakeUpdate(orders, [
      [
        [1, undefined],
        [undefined, 'new'],
      ],
    ]);
    expect(values(change, { commitInfo: false })).toEqual([
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"data":{"m":"new","ID":1}}',
    ]);
  });

  it('every switch, in order', () => {
    const change = fakeInsert(
      orders,
      [
        [1, 'a'],
        [2, 'b'],
      ],
      { rowsQuery: 'INSERT INTO orders …' },
    );
    const options: MaxwellOptions = {
      rowQuery: true,
      rowQueryMaxLength: 6,
      xoffset: true,
      position: true,
      gtid: true,
      serverId: true,
      threadId: true,
      pushTimestamp: true,
      primaryKeys: true,
      primaryKeyColumns: true,
    };
    expect(values(change, options, { rowOffset: 5 })).toEqual([
      '{"database":"shop","table":"orders","query":"INSERT","type":"insert","ts":1700000000,"xid":99,"xoffset":5,' +
        '"position":"binlog.000003:4711","gtid":"00000000-0000-0000-0000-000000000001:7","server_id":57,"thread_id":12,' +
        '"push_ts":1700000001.250500,"primary_key":[1],"primary_key_columns":["ID"],"data":{"ID":1,"m":"a"}}',
      '{"database":"shop","table":"orders","query":"INSERT","type":"insert","ts":1700000000,"xid":99,"commit":true,' +
        '"position":"binlog.000003:4711","gtid":"00000000-0000-0000-0000-000000000001:7","server_id":57,"thread_id":12,' +
        '"push_ts":1700000001.250500,"primary_key":[2],"primary_key_columns":["ID"],"data":{"ID":2,"m":"b"}}',
    ]);
    const [bare] = values(
      change,
      { gtid: true, threadId: true, nulls: false },
      {
        isLast: false,
        tx: { gtid: undefined, threadId: undefined },
      },
    );
    expect(bare).toContain('"xid":99,"gtid":null,"data":');
    expect(bare).not.toContain('thread_id');
  });

  it('leaves nulls out of data and old', () => {
    const change = fakeUpdate(orders, [
      [
        [1, null],
        [1, 'b'],
      ],
      [
        [2, 'x'],
        [2, null],
      ],
    ]);
    expect(values(change, { nulls: false, commitInfo: false })).toEqual([
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"data":{"ID":1,"m":"b"}}',
      '{"database":"shop","table":"orders","type":"update","ts":1700000000,"data":{"ID":2},"old":{"m":"x"}}',
    ]);
  });

  it('names tables and columns as they are routed', () => {
    const route = {
      target: { database: 'crm', table: 'people' },
      columns: [{ index: 1, name: 'email' }],
      isIdentity: false,
    };
    const [message] = encode(fakeInsert(orders, [[1, 'a']], { route }), { commitInfo: false });
    expect(message).toMatchObject({ database: 'crm', table: 'people', type: 'insert' });
    expect(message?.value).toBe(
      '{"database":"crm","table":"people","type":"insert","ts":1700000000,"data":{"email":"a"}}',
    );
  });

  it('rows of a snapshot are bootstrap-insert without a place', () => {
    expect(values(fakeInsert(orders, [[1, 'a']]), {}, { tx: { origin: 'snapshot' } })).toEqual([
      '{"database":"shop","table":"orders","type":"bootstrap-insert","ts":1700000001,"data":{"ID":1,"m":"a"}}',
    ]);
  });

  it('a copied table begins and ends with a message of its own, whose key has no values', () => {
    const encoder = new MaxwellEncoder({ pushTimestamp: true });
    const about = fakeInsert(orders, []);
    const message = encoder.copyMessage(about, 'start', 1_700_000_001_250);
    expect(message).toMatchObject({ database: 'shop', table: 'orders', type: 'insert' });
    expect(message.key).toBe('{"database":"shop","table":"orders","pk.id":null}');
    expect(message.value).toBe(
      '{"database":"shop","table":"orders","type":"bootstrap-start","ts":1700000001,"push_ts":1700000001.250000,"data":{}}',
    );
    expect(new MaxwellEncoder().copyMessage(about, 'complete', 1_700_000_001_250).value).toBe(
      '{"database":"shop","table":"orders","type":"bootstrap-complete","ts":1700000001,"data":{}}',
    );
  });
});

describe('MaxwellEncoder keys', () => {
  const two = fakeTable({
    columns: [
      ['Id', 'int'],
      ['c', 'varchar'],
    ],
    primaryKey: [1, 0],
  });
  const none = fakeTable({ columns: [['a', 'int']], primaryKey: [] });
  const keyOf = (table: typeof two, row: RowImage, options: MaxwellOptions = {}) =>
    encode(fakeInsert(table, [row]), options)[0]?.key;

  it('hash: key columns in key order and lower case, or a random number', () => {
    expect(keyOf(two, [1, 'x'])).toBe('{"database":"shop","table":"orders","pk.c":"x","pk.id":1}');
    expect(keyOf(none, [1])).toBe('{"database":"shop","table":"orders","_uuid":"a-random-uuid"}');
  });

  it('array', () => {
    expect(keyOf(two, [1, 'x'], { keyFormat: 'array' })).toBe(
      '["shop","orders",[{"c":"x"},{"id":1}]]',
    );
  });

  it('a changed key gives the new value', () => {
    const [message] = encode(
      fakeUpdate(orders, [
        [
          [1, 'a'],
          [2, 'a'],
        ],
      ]),
    );
    expect(message?.key).toBe('{"database":"shop","table":"orders","pk.id":2}');
  });
});

describe('MaxwellEncoder values', () => {
  const bytes = (...list: number[]) => Uint8Array.from(list);

  it.each<[ColumnSpec[1], RowImage[number], string, ColumnSpec[2]?]>([
    ['tinyint', -1, '-1'],
    ['bigint', 18_446_744_073_709_551_615n, '18446744073709551615', { isUnsigned: true }],
    ['decimal', '1.50', '1.50'],
    ['decimal', '0.0000000', '0E-7'],
    ['float', Math.fround(1.1), '1.1'],
    ['float', 3, '3.0'],
    ['double', 1e10, '1.0E10'],
    ['varchar', 'é"\\\n\u0001\u001f😀', '"é\\"\\\\\\n\\u0001\\u001F😀"', { charset: 'latin1' }],
    ['varchar', '\\u001f', '"\\\\u001f"', { charset: 'latin1' }],
    ['binary', bytes(0, 1, 2, 3, 0, 0, 0, 0, 0, 0), '"AAECAw=="'],
    ['varbinary', bytes(0, 1, 0), '"AAEA"'],
    ['blob', bytes(255), '"/w=="'],
    ['date', '0000-00-00', '"0000-00-00"'],
    ['datetime', '2024-00-01 00:00:00.10', '"2024-00-01 00:00:00.10"'],
    ['time', '-838:59:59', '"-838:59:59"'],
    ['year', 0, '0'],
    ['enum', 'b,c', '"b,c"', { labels: ['a', 'b,c'] }],
    ['enum', '', 'null', { labels: ['a'] }],
    ['enum', '', '""', { labels: ['', 'a'] }],
    ['set', 'x,y', '["x","y"]', { labels: ['x', 'y'] }],
    ['set', '', '[]', { labels: ['x'] }],
    ['bit', 5, '5'],
    ['bit', bytes(255, 255, 255, 255, 255, 255, 255, 255), '18446744073709551615'],
    ['json', '{"a": 1.0, "b c": "d, e"}', '{"a":1.0,"b c":"d, e"}'],
    ['json', '', 'null'],
    ['vector', bytes(0, 0, 128, 63, 0, 0, 32, 64), '[1.0,2.5]'],
    ['uuid', '123e4567-e89b-12d3-a456-426655440000', '"123e4567-e89b-12d3-a456-426655440000"'],
    ['int', null, 'null'],
  ])('%s %s → %s', (type, value, json, more) => {
    expect(dataOf(type, value, more)).toBe(json);
  });

  it('geometry is well-known text', () => {
    const point = Buffer.alloc(25);
    point.set([1, 1], 4);
    point.writeDoubleLE(3, 9);
    point.writeDoubleLE(2, 17);
    expect(dataOf('geometry', point)).toBe('"POINT (3 2)"');
  });

  it('zero dates can be null', () => {
    const table = fakeTable({
      columns: [
        ['d', 'date'],
        ['t', 'datetime'],
      ],
      primaryKey: [],
    });
    const [json] = values(fakeInsert(table, [['0000-00-00', '0000-00-00 00:00:00.000']]), {
      nullZeroDates: true,
    });
    expect(json).toContain('"data":{"d":null,"t":null}');
  });
});

describe('MaxwellEncoder DDL', () => {
  const before = fakeTable({ columns: [['id', 'int', { isUnsigned: true }]] });
  const after = fakeTable({
    columns: [
      ['id', 'bigint'],
      ['e', 'enum', { labels: ['a', 'b'] }],
      ['t', 'timestamp', { scale: 6 }],
      ['s', 'text', { charset: 'latin1' }],
      ['b', 'blob'],
      ['g', 'geometry', { columnType: 'point' }],
      ['h', 'bigint', { isHidden: true }],
    ],
  });
  const name = { database: 'shop', table: 'orders' };
  const oldDef =
    '{"database":"shop","charset":"utf8mb4","table":"orders","columns":[{"type":"int","name":"id","signed":false}],"primary-key":["id"]}';
  const newDef =
    '{"database":"shop","charset":"utf8mb4","table":"orders","columns":[{"type":"bigint","name":"id","signed":true},' +
    '{"type":"enum","name":"e","enum-values":["a","b"]},{"type":"timestamp","name":"t","column-length":6},' +
    '{"type":"text","name":"s","charset":"latin1"},{"type":"blob","name":"b","charset":"binary"},{"type":"point","name":"g"}],"primary-key":["id"]}';

  it('create, alter, drop', () => {
    const create = fakeDdl('CREATE …', {
      effects: [{ kind: 'create', table: name }],
      after: [after],
    });
    expect(encode(create)).toEqual([
      {
        key: 'a-random-uuid',
        value: `{"type":"table-create","database":"shop","table":"orders","def":${newDef},"ts":1700000000000,"sql":"CREATE …"}`,
        database: 'shop',
        table: 'orders',
        type: 'ddl',
        headers: {},
      },
    ]);
    const alter = fakeDdl('ALTER …', {
      effects: [{ kind: 'alter', table: name }],
      before: [before],
      after: [after],
    });
    expect(values(alter, { position: true, gtid: true })).toEqual([
      `{"type":"table-alter","database":"shop","table":"orders","old":${oldDef},"def":${newDef},"ts":1700000000000,"sql":"ALTER …",` +
        '"position":"binlog.000003:815","gtid":"00000000-0000-0000-0000-000000000001:7"}',
    ]);
    const drop = fakeDdl('DROP …', { effects: [{ kind: 'drop', table: name }], before: [before] });
    expect(values(drop)).toEqual([
      '{"type":"table-drop","database":"shop","table":"orders","ts":1700000000000,"sql":"DROP …"}',
    ]);
  });

  it('databases; TRUNCATE has no message', () => {
    const effects = [
      { kind: 'create-database', database: 'x', charset: 'latin1' },
      { kind: 'drop-database', database: 'x' },
      { kind: 'truncate', table: name },
    ] as const;
    expect(values(fakeDdl('…', { effects, subject: 'database' }))).toEqual([
      '{"type":"database-create","database":"x","charset":"latin1","ts":1700000000000,"sql":"…"}',
      '{"type":"database-drop","database":"x","ts":1700000000000,"sql":"…"}',
    ]);
  });

  it('names as they are routed', () => {
    const router: Pick<Router, 'targetName' | 'targetColumn'> = {
      targetName: () => ({ database: 'crm', table: 'people' }),
      targetColumn: (_, column) => (column === 'e' ? undefined : `x_${column}`),
    };
    const create = fakeDdl('…', { effects: [{ kind: 'create', table: name }], after: [after] });
    const [message] = encode(create, { router: router as Router });
    expect(message).toMatchObject({ database: 'crm', table: 'people' });
    expect(message?.value).toContain('"table":"people","columns":[{"type":"bigint","name":"x_id"');
    expect(message?.value).not.toContain('"name":"x_e"');
    expect(message?.value).toContain('"primary-key":["x_id"]');
  });
});
