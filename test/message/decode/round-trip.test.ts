import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import type { Column, Table } from '../../../src/core/table.ts';
import { createDecoder } from '../../../src/message/create-decoder.ts';
import { createEncoder } from '../../../src/message/create-encoder.ts';
import { JsonRows } from '../../../src/message/decode/json-rows.ts';
import type { MessageFormat } from '../../../src/message/encoder.ts';
import { TargetTables } from '../../../src/source/kafka/message-tables.ts';
import type { TableDefinition } from '../../../src/schema/table-definition.ts';
import { buildTable } from '../../../src/schema/build-table.ts';
import { identityRoute } from '../../support/fake-images.ts';
import { valueChange } from '../../support/value-images.ts';
import { fakeTransaction } from '../../support/fake-change.ts';
import { createRouter } from '../../../src/pipeline/router.ts';

const TYPES: Readonly<Record<string, string>> = {
  id: 'bigint(20)',
  ti: 'tinyint(4)',
  tu: 'tinyint(3) unsigned',
  si: 'smallint(6)',
  mi: 'mediumint(9)',
  iu: 'int(10) unsigned',
  bu: 'bigint(20) unsigned',
  de: 'decimal(65,30)',
  ds: 'decimal(10,0)',
  fl: 'float',
  do: 'double',
  b1: 'bit(1)',
  b9: 'bit(33)',
  b64: 'bit(64)',
  ye: 'year(4)',
  da: 'date',
  t0: 'time',
  t6: 'time(6)',
  d0: 'datetime',
  d3: 'datetime(3)',
  d6: 'datetime(6)',
  s0: 'timestamp',
  s6: 'timestamp(6)',
  ch: 'char(20)',
  vc: 'varchar(200)',
  tx: 'longtext',
  bi: 'binary(6)',
  vb: 'varbinary(30)',
  bl: 'longblob',
  en: "enum('small','it''s','große')",
  se: "set('a','b','ü')",
  js: 'json',
  ge: 'geometry',
  ve: 'vector(3)',
  uu: 'uuid',
  i4: 'inet4',
};

const definition: TableDefinition = {
  database: 'shop',
  name: 'all types',
  collation: 'utf8mb4_general_ci',
  engine: 'innodb',
  columns: Object.entries(TYPES).map(([name, columnType]) => ({
    name,
    columnType,
    collation: /char|text|enum|set/.test(columnType) ? 'latin1_swedish_ci' : undefined,
    isNullable: name !== 'id',
    generated: undefined,
    isInvisible: false,
  })),
  keys: [
    {
      name: 'PRIMARY',
      isUnique: true,
      isLongUnique: false,
      parts: [{ column: 'id', prefixLength: undefined }],
    },
  ],
  versioning: undefined,
  isSequence: false,
};
const table: Table = buildTable(definition);

const digits = (n: number) =>
  fc.stringMatching(new RegExp(`^[0-9]{${n}}$`)).map((text) => text.replace(/^0+(?=\d)/, ''));
const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b));
const time = fc
  .tuple(fc.constantFrom('', '-'), fc.integer({ min: 0, max: 838 }), two(59), two(59))
  .filter(([sign, h, m, s]) => sign === '' || h + Number(m) + Number(s) > 0)
  .map(([sign, h, m, s]) => `${sign}${String(h).padStart(2, '0')}:${m}:${s}`);
const date = fc
  .date({
    min: new Date('1000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((d) => d.toISOString().slice(0, 10));
const clock = fc.tuple(two(23), two(59), two(59)).map((parts) => parts.join(':'));
const fraction = (n: number) => fc.stringMatching(new RegExp(`^[0-9]{${n}}$`));
const point = Buffer.concat([
  Buffer.alloc(4),
  Buffer.from('0101000000000000000000084000000000000000c0', 'hex'),
]);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  id: fc.oneof(fc.integer(), fc.constantFrom(-9223372036854775808n, 9223372036854775807n)),
  ti: fc.integer({ min: -128, max: 127 }),
  tu: fc.integer({ min: 0, max: 255 }),
  si: fc.integer({ min: -32768, max: 32767 }),
  mi: fc.integer({ min: -8388608, max: 8388607 }),
  iu: fc.integer({ min: 0, max: 4294967295 }),
  bu: fc.constantFrom(0, 1, 9007199254740991, 9223372036854775808n, 18446744073709551615n),
  de: fc
    .tuple(fc.constantFrom('', '-'), digits(35), fraction(30))
    .filter(([, whole, rest]) => Number(whole) + Number(rest) > 0)
    .map(([sign, whole, rest]) => `${sign}${whole}.${rest}`),
  ds: fc.integer({ min: -9999999999, max: 9999999999 }).map(String),
  fl: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => Math.fround(value)),
  do: fc.double({ noNaN: true, noDefaultInfinity: true }),
  b1: fc.integer({ min: 0, max: 1 }),
  b9: fc.integer({ min: 0, max: 2 ** 33 - 1 }),
  b64: bytes(8).map((b) => Buffer.concat([Buffer.alloc(8 - b.length), b])),
  ye: fc.constantFrom(0, 1901, 2026, 2155),
  da: date,
  t0: time,
  t6: fc
    .tuple(time, fraction(6))
    .map(([t, f]) => `${t}.${f}`)
    .filter((t) => !/^-00:00:00\.0+$/.test(t)),
  d0: fc.tuple(date, clock).map((parts) => parts.join(' ')),
  d3: fc.tuple(date, clock, fraction(3)).map(([d, c, f]) => `${d} ${c}.${f}`),
  d6: fc.tuple(date, clock, fraction(6)).map(([d, c, f]) => `${d} ${c}.${f}`),
  s0: fc.tuple(date, clock).map((parts) => parts.join(' ')),
  s6: fc.tuple(date, clock, fraction(6)).map(([d, c, f]) => `${d} ${c}.${f}`),
  ch: fc.string({ unit: 'grapheme', maxLength: 20 }),
  vc: fc.string({ unit: 'binary', maxLength: 50 }),
  tx: fc.constantFrom('', 'a"b\\c\n\u0000\u001f', '订单 😀', '\u2028</script>'),
  bi: bytes(6).map((b) => Buffer.concat([b, Buffer.alloc(6 - b.length)])),
  vb: bytes(30),
  bl: bytes(300),
  en: fc.constantFrom('small', "it's", 'große'),
  se: fc
    .array(fc.constantFrom('a', 'b', 'ü'))
    .map((labels) =>
      ['a', 'b', 'ü'].filter((one) => unique<string>(labels).includes(one)).join(','),
    ),
  js: fc.constantFrom(
    '{"b": 1.0, "a": 1}',
    '[9007199254740993, 1.50]',
    '"x\\"y"',
    '{}',
    '12345678901234567890.5',
  ),
  ge: fc.constant(point),
  ve: fc.constant(Buffer.from(new Float32Array([1.5, -2, 1e-7]).buffer)),
  uu: fc.constant('123e4567-e89b-12d3-a456-426614174000'),
  i4: fc.constantFrom('127.0.0.1', '0.0.0.0'),
};

const row = fc
  .tuple(
    ...table.columns.map((column) => {
      const value = VALUES[column.name] as fc.Arbitrary<unknown>;
      return column.name === 'id' ? value : fc.option(value, { freq: 6, nil: null });
    }),
  )
  .map((values) => values as RowImage);

const router = createRouter({ exclude: [] }, [], 'tailrace');

/** Encodes a change and gives back the rows that a decoder makes of its messages. */
async function throughMessages(
  format: MessageFormat,
  images: { before?: readonly RowImage[]; after?: readonly RowImage[] },
): Promise<{ action: string; before: RowImage[]; after: RowImage[] }[]> {
  const encoder = createEncoder(format, format === 'debezium' ? { tombstones: false } : {});
  const tables = new TargetTables({ router, read: () => Promise.resolve(definition) });
  await tables.load({ database: 'shop', table: 'all types' });
  const decoder = createDecoder(format, tables);
  const change = valueChange(table, identityRoute(table), images);
  const messages = encoder.encode(fakeTransaction({ changes: [change] }), change, {
    rowOffset: 0,
    isLast: true,
    nowMs: 0,
  });
  return [...messages].map(({ key, value }) => {
    const decoded = decoder.decode({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    });
    if (decoded.kind !== 'rows') throw new Error(`decoded as ${decoded.kind}`);
    const imagesOf = (spans: typeof decoded.before): RowImage[] => {
      const [first] = spans;
      if (first === undefined) return [];
      const rows = new JsonRows(decoded.layout, first);
      for (const one of spans) rows.push(decoded.bytes, one);
      return spans.map((_, index) => rows.at(index));
    };
    return {
      action: decoded.action,
      before: imagesOf(decoded.before),
      after: imagesOf(decoded.after),
    };
  });
}

function columnOf(index: number): Column {
  return table.columns[index] as Column;
}

/** Rows as text, so that a difference shows its column. */
function readable(rows: readonly RowImage[]): Record<string, string>[] {
  return rows.map((image) =>
    Object.fromEntries(image.map((value, index) => [columnOf(index).name, show(value)])),
  );
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  if (typeof value === 'string') return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

describe.each(['maxwell', 'canal', 'debezium'] as const)('%s, encoded and decoded', (format) => {
  it('gives every value of an insert and a delete back', async () => {
    await fc.assert(
      fc.asyncProperty(row, async (image) => {
        const [inserted] = await throughMessages(format, { after: [image] });
        expect(inserted?.action).toBe('insert');
        expect(readable(inserted?.after ?? [])).toEqual(readable([image]));
        const [deleted] = await throughMessages(format, { before: [image] });
        expect(deleted?.action).toBe('delete');
        expect(readable(deleted?.before ?? [])).toEqual(readable([image]));
      }),
      { numRuns: 60 },
    );
  });

  it('gives both images of an update back', async () => {
    await fc.assert(
      fc.asyncProperty(row, row, async (before, rest) => {
        const after = [before[0], ...rest.slice(1)];
        const [updated] = await throughMessages(format, { before: [before], after: [after] });
        expect(updated?.action).toBe('update');
        expect(readable(updated?.before ?? [])).toEqual(readable([before]));
        expect(readable(updated?.after ?? [])).toEqual(readable([after]));
      }),
      { numRuns: 40 },
    );
  });
});
