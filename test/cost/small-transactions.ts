import { WIRE_TYPE } from '../../src/binlog/wire-types.ts';
import type { GtidFlavor } from '../../src/core/gtid-set.ts';
import { fakeColumn, fakeTable } from '../support/fake-images.ts';

/*
 * The binlog of transactions of one row each: GTID, MySQL's BEGIN, table map, rows, XID, each in a packet of its own,
 * without checksums. The row is sysbench's: two integers and two CHARs.
 */
const LATIN1 = { charset: 'latin1', collation: 'latin1_swedish_ci', isNullable: false };
const COLUMNS = [
  { type: WIRE_TYPE.LONG, meta: [], column: fakeColumn('id', 'int', { isNullable: false }) },
  { type: WIRE_TYPE.LONG, meta: [], column: fakeColumn('k', 'int', { isNullable: false }) },
  {
    type: WIRE_TYPE.STRING,
    meta: [WIRE_TYPE.STRING, 120],
    column: fakeColumn('c', 'char', { ...LATIN1, columnType: 'char(120)' }),
  },
  {
    type: WIRE_TYPE.STRING,
    meta: [WIRE_TYPE.STRING, 60],
    column: fakeColumn('pad', 'char', { ...LATIN1, columnType: 'char(60)' }),
  },
];

export const SMALL_TABLE = fakeTable(
  'bench',
  'small',
  COLUMNS.map(({ column }) => column),
  [0],
);

const TABLE_ID = 26;
const HEADER = 19;

/** The network stream of so many insert transactions, each of so many rows. */
export function smallTransactions(count: number, flavor: GtidFlavor, rowsEach = 1): Buffer {
  const events: Buffer[] = [];
  let offset = 4;
  const add = (type: number, body: Buffer): void => {
    offset += HEADER + body.length;
    events.push(packet(event(type, body, offset)));
  };
  for (let n = 1; n <= count; n++) {
    if (flavor === 'mariadb') add(162, mariadbGtid(n));
    else {
      add(33, mysqlGtid(n));
      add(2, begin());
    }
    add(19, tableMap());
    add(23, rows(n, TABLE_ID, rowsEach));
    add(16, number(n, 8));
  }
  return Buffer.concat(events);
}

export function event(type: number, body: Buffer, end: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(1_700_000_000, 0);
  header[4] = type;
  header.writeUInt32LE(1, 5);
  header.writeUInt32LE(HEADER + body.length, 9);
  header.writeUInt32LE(end, 13);
  return Buffer.concat([header, body]);
}

export function packet(bytes: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUIntLE(1 + bytes.length, 0, 3);
  return Buffer.concat([header, bytes]);
}

/** Of MySQL 5.7: with a logical clock, without times. */
export function mysqlGtid(sequence: number): Buffer {
  const clock = Buffer.concat([Buffer.of(2), number(sequence - 1, 8), number(sequence, 8)]);
  return Buffer.concat([Buffer.of(1), Buffer.alloc(16, 0x5a), number(sequence, 8), clock]);
}

/** The session's flags and mode come with every BEGIN. */
export function begin(): Buffer {
  const status = Buffer.of(0, 0, 0, 0, 0, 1, 0, 0, 0x20, 0x40, 0, 0, 0, 0, 4, 33, 0, 33, 0, 8, 0);
  const { database } = SMALL_TABLE;
  const lengths = [
    number(7, 4),
    number(0, 4),
    number(database.length, 1),
    number(0, 2),
    number(status.length, 2),
  ];
  return Buffer.concat([...lengths, status, Buffer.from(`${database}\0BEGIN`)]);
}

export function mariadbGtid(sequence: number): Buffer {
  const body = Buffer.alloc(19);
  number(sequence, 8).copy(body);
  body[12] = 0x04;
  return body;
}

export function tableMap(tableId = TABLE_ID, database = SMALL_TABLE.database): Buffer {
  const name = (text: string) =>
    Buffer.concat([Buffer.of(text.length), Buffer.from(text), Buffer.of(0)]);
  const metadata = Buffer.from(COLUMNS.flatMap(({ meta }) => meta));
  return Buffer.concat([
    number(tableId, 6),
    number(1, 2),
    name(database),
    name(SMALL_TABLE.name),
    Buffer.of(COLUMNS.length, ...COLUMNS.map(({ type }) => type), metadata.length),
    metadata,
    Buffer.of(0),
  ]);
}

/** So many rows, numbered from `id` on. */
export function rows(id: number, tableId = TABLE_ID, count = 1): Buffer {
  return Buffer.concat([
    number(tableId, 6),
    number(1, 2),
    Buffer.of(COLUMNS.length, 0x0f),
    ...Array.from({ length: count }, (_, i) => image(id + i)),
  ]);
}

function image(id: number): Buffer {
  const text = (letter: string, length: number) =>
    Buffer.concat([Buffer.of(length), Buffer.alloc(length, letter)]);
  return Buffer.concat([
    Buffer.of(0xf0),
    number(id, 4),
    number(id % 1000, 4),
    text('c', 119),
    text('p', 59),
  ]);
}

export function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, Math.min(bytes, 6));
  return buffer;
}
