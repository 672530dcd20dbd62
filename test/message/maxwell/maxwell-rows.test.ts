import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RowsChange } from '../../../src/core/change.ts';
import type { Table } from '../../../src/core/table.ts';
import { ByteWriter } from '../../../src/lib/byte-writer.ts';
import { MaxwellEncoder } from '../../../src/message/maxwell/maxwell-encoder.ts';
import type { MaxwellOptions } from '../../../src/message/maxwell/maxwell-options.ts';
import { fakeTransaction } from '../../support/fake-change.ts';
import {
  fakeChange,
  fakeColumn,
  fakeTable,
  identityRoute,
  type FakeRow,
} from '../../support/fake-images.ts';

const table: Table = fakeTable(
  'shop',
  'orders "x"',
  [
    fakeColumn('id', 'int'),
    fakeColumn('Code', 'varchar'),
    fakeColumn('big', 'bigint', { isUnsigned: true }),
    fakeColumn('price', 'decimal', { precision: 10, scale: 2 }),
    fakeColumn('tiny_price', 'decimal', { precision: 20, scale: 9 }),
    fakeColumn('ratio', 'double'),
    fakeColumn('at', 'datetime'),
    fakeColumn('span', 'time'),
    fakeColumn('raw', 'varbinary'),
    fakeColumn('doc', 'json'),
    fakeColumn('year', 'year'),
    fakeColumn('note', 'text', { charset: 'latin1' }),
  ],
  [0, 1],
);

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 4 });
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', maxLength: 200 }),
);
const rowArbitrary = fc
  .tuple(
    fc.integer(),
    text,
    orNull(fc.oneof(fc.integer({ min: 0 }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }))),
    orNull(fc.constantFrom('0.00', '-12.50', '99999999.99')),
    orNull(fc.constantFrom('0.000000000', '0.000000015', '-3.100000000')),
    orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
    orNull(fc.constantFrom('2024-02-29 23:59:59', '0000-00-00 00:00:00')),
    orNull(fc.constantFrom('-838:59:59', '00:00:00')),
    orNull(fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes))),
    orNull(fc.constantFrom('{"a": 1}', '[]', '"x"')),
    orNull(fc.integer({ min: 0, max: 2155 })),
    orNull(fc.string({ unit: 'binary-ascii', maxLength: 20 })),
  )
  .map((row) => row as FakeRow);

const changeArbitrary = fc
  .tuple(
    fc.constantFrom('insert', 'update', 'delete'),
    fc.array(fc.tuple(rowArbitrary, rowArbitrary, fc.boolean()), { minLength: 1, maxLength: 4 }),
  )
  .map(([action, rows]): RowsChange => {
    const route = identityRoute(table);
    const before = rows.map(([row]) => row);
    // Often only one column differs, as it is.
    const after = rows.map(([was, is, isWhole]) =>
      isWhole ? is : was.map((value, i) => (i === 2 ? is[i] : value)),
    );
    if (action === 'insert') return fakeChange({ table, route, after });
    return action === 'delete'
      ? fakeChange({ table, route, before })
      : fakeChange({ table, route, before, after });
  });

const optionsArbitrary = fc.record<MaxwellOptions>({
  commitInfo: fc.boolean(),
  xoffset: fc.boolean(),
  nullZeroDates: fc.boolean(),
  position: fc.boolean(),
  gtid: fc.boolean(),
  serverId: fc.boolean(),
  threadId: fc.boolean(),
  pushTimestamp: fc.boolean(),
  camelCase: fc.boolean(),
  originalValues: fc.boolean(),
});

it('writes the same bytes as the encoder that goes by values', () => {
  const out = new ByteWriter(16);
  fc.assert(
    fc.property(changeArbitrary, optionsArbitrary, fc.boolean(), (change, options, isLast) => {
      // Values of the plain way come decoded; the fakes hold text as it is.
      const encoder = new MaxwellEncoder(options);
      const tx = fakeTransaction({ changes: [change] });
      const context = { rowOffset: 3, isLast, nowMs: 1_700_000_000_123 };
      const plain = [...encoder.encode(tx, change, context)];
      const rows = encoder.rowsWriter(tx, change, context, out);
      if (rows === undefined) throw new Error('the fast way was not taken');
      const fast = plain.map((_, row) => {
        rows.write(row, isLast && row === plain.length - 1, out);
        return {
          key: out.bytes.toString('utf8', rows.keyStart, rows.keyEnd),
          value: out.bytes.toString('utf8', rows.valueStart, rows.valueEnd),
        };
      });
      expect(fast).toEqual(plain.map(({ key, value }) => ({ key, value })));
    }),
    { numRuns: 300 },
  );
});
