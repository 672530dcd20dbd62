import { describe, expect, it } from 'vitest';
import type { RowImage } from '../../../src/core/row.ts';
import { createDecoder } from '../../../src/message/create-decoder.ts';
import type { MessageDecoder } from '../../../src/message/decode/decoder.ts';
import { JsonRows, type JsonLayout, type RowSpans } from '../../../src/message/decode/json-rows.ts';
import { createRouter } from '../../../src/pipeline/router.ts';
import type { TableDefinition } from '../../../src/schema/table-definition.ts';
import { TargetTables } from '../../../src/source/kafka/message-tables.ts';

const definition = (name: string): TableDefinition => ({
  database: 'shop',
  name,
  collation: 'utf8mb4_general_ci',
  engine: 'innodb',
  columns: [
    ['id', 'int(11)'],
    ['t', 'varchar(20)'],
    ['n', 'int(11)'],
  ].map(([column = '', columnType = '']) => ({
    name: column,
    columnType,
    collation: column === 't' ? 'utf8mb4_general_ci' : undefined,
    isNullable: column !== 'id',
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
});
const router = createRouter({ exclude: [] }, [], 'tailrace');

async function newDecoder(): Promise<MessageDecoder> {
  const tables = new TargetTables({
    router,
    read: ({ table }) => Promise.resolve(table === 'none' ? undefined : definition(table)),
  });
  for (const table of ['a', 'b', 'none']) await tables.load({ database: 'shop', table });
  return createDecoder('maxwell', tables);
}

/** All that is made of a message, or why nothing is. */
function outcomeOf(decoder: MessageDecoder, text: string): unknown {
  try {
    const decoded = decoder.decode({ key: null, value: Buffer.from(text) });
    if (decoded.kind !== 'rows') return decoded;
    const { layout, action, transaction, isLast, committedAtMs, isSnapshot, bytes } = decoded;
    const imagesOf = (spans: readonly RowSpans[]): unknown[] => {
      const [first] = spans;
      if (first === undefined) return [];
      const rows = new JsonRows(layout, first);
      for (const one of spans) rows.push(bytes, one);
      return spans.map((_, index) => byName(layout, rows.at(index)));
    };
    const [before, after] = [imagesOf(decoded.before), imagesOf(decoded.after)];
    const table = layout.table.name;
    return { table, action, transaction, isLast, committedAtMs, isSnapshot, before, after };
  } catch {
    return 'refused';
  }
}

/** The order of columns is the layout's. Which are absent and which are not there depends on what an insert had. */
function byName({ table }: JsonLayout, row: RowImage): ReadonlyMap<string, unknown> {
  const named = new Map<string, unknown>();
  for (const [index, { name }] of table.columns.entries()) {
    if (row[index] !== undefined) named.set(name, row[index]);
  }
  return named;
}

const HEAD = '{"database":"shop","table":"a","type":"insert","ts":1700000000,"xid":7';
const MESSAGES = [
  `${HEAD},"data":{"id":1,"t":"x","n":null}}`,
  `${HEAD},"commit":true,"data":{"id":2,"t":"a\\"\\\\ü😀","n":-3}}`,
  `${HEAD},"xoffset":3,"data":{"id":2,"t":"y","n":4}}`.replace('"a"', '"b"'),
  `${HEAD},"data":{"t":"x","id":1,"n":5}}`,
  `${HEAD},"data":{"id":1,"t":"x"}}`,
  `${HEAD},"data":{"id":1,"t":"x","n":5,"more":6}}`,
  `${HEAD},"data":{}}`,
  `${HEAD},"data":null}`,
  `${HEAD},"data":5}`,
  `${HEAD},"data":{"id":1,"t":"x","n":5},"data":{"id":2,"t":"y","n":6}}`,
  `${HEAD},"data":{"id":1,"t":"x","n":5},"data":null}`,
  `${HEAD},"data":{"id":1,"t":"x","n":5}},`,
  `${HEAD},"sql":"DROP TABLE a"}`,
  `${HEAD},"data":{"id":1,"t":"x","n":5},"old":{"n":4}}`.replace('insert', 'update'),
  `${HEAD},"data":{"id":1,"t":"x","n":5},"old":{"t":"z","id":2}}`.replace('insert', 'update'),
  `${HEAD},"data":{"id":1,"t":"x","n":5},"old":{"none":4}}`.replace('insert', 'update'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('insert', 'delete'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('insert', 'bootstrap-insert'),
  `${HEAD},"data":{}}`.replace('insert', 'bootstrap-start'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('insert', 'other'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('"a"', '"none"'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('"a"', '"\\u0061"'),
  `${HEAD},"data":{"id":1,"t":"x","n":5}}`.replace('"shop"', 'null'),
  '{"data":{"id":1,"t":"x","n":5},"type":"insert","table":"a","database":"shop","ts":"12"}',
  ` { "database" : "shop" , "table" : "a" , "type" : "insert" , "data" : { "id" : 1 , "t" : "x" , "n" : 5 } } `,
];

/** What comes before it in the partition makes a decoder faster, and must make nothing else of a message. */
describe('a decoder that has read others before', () => {
  it('makes of a message what one that has read none does', async () => {
    const warm = await newDecoder();
    for (const before of MESSAGES) {
      for (const message of MESSAGES) {
        outcomeOf(warm, before);
        const outcome = outcomeOf(warm, message);
        expect(outcome, `${message} behind ${before}`).toEqual(
          outcomeOf(await newDecoder(), message),
        );
      }
    }
  });

  it('refuses what was cut off, wherever', async () => {
    const warm = await newDecoder();
    const [first = ''] = MESSAGES;
    for (let length = 1; length < first.length; length++) {
      outcomeOf(warm, first);
      expect(outcomeOf(warm, first.slice(0, length)), first.slice(0, length)).toBe('refused');
    }
  });

  it('reads a table anew once it is told to forget', async () => {
    const warm = await newDecoder();
    const [first = ''] = MESSAGES;
    const before = outcomeOf(warm, first);
    warm.forget();
    expect(outcomeOf(warm, first)).toEqual(before);
  });
});
