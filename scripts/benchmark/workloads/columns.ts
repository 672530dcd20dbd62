import type { Random } from '../support/random.ts';
import { idRange } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

interface Column {
  readonly type: string;
  literal(random: Random): string;
}

const two = (n: number): string => String(n).padStart(2, '0');
const date = (random: Random): string =>
  `${1990 + random.upTo(40)}-${two(random.upTo(12))}-${two(random.upTo(28))}`;
const time = (random: Random): string =>
  `${two(random.upTo(23))}:${two(random.upTo(59))}:${two(random.upTo(59))}`;
const column = (type: string, literal: Column['literal']): Column => ({ type, literal });

const COMMON: readonly Column[] = [
  column('TINYINT UNSIGNED', (random) => String(random.upTo(255))),
  column('SMALLINT', (random) => String(random.upTo(60_000) - 30_000)),
  column('BIGINT', (random) => String(random.upTo(1e15))),
  column('DECIMAL(12,2)', (random) => `${random.upTo(1e9)}.${two(random.upTo(99))}`),
  column('FLOAT', (random) => String(random.next())),
  column('DOUBLE', (random) => String(random.next() * 1e6)),
  column('DATE', (random) => `'${date(random)}'`),
  column('DATETIME(3)', (random) => `'${date(random)} ${time(random)}.${random.upTo(899) + 100}'`),
  column('TIMESTAMP NULL', (random) => `'${date(random)} ${time(random)}'`),
  column('VARCHAR(64)', (random) => `'${random.text(random.upTo(60))}'`),
  column('CHAR(10)', (random) => `'${random.text(10)}'`),
  column("ENUM('new','paid','sent','done')", (random) => String(random.upTo(4))),
  column('VARBINARY(16)', (random) => `x'${random.hex(16)}'`),
];

const REST: readonly Column[] = [
  column('MEDIUMINT', (random) => String(random.upTo(1e6))),
  column('INT UNSIGNED', (random) => String(random.upTo(4e9))),
  column('BIGINT UNSIGNED', (random) => `1844674407370955${1000 + random.upTo(600)}`),
  column('BIT(12)', (random) => String(random.upTo(4000))),
  column('YEAR', (random) => String(1950 + random.upTo(100))),
  column('TIME(6)', (random) => `'-${time(random)}.123456'`),
  column("SET('a','b','c','d')", (random) => String(random.upTo(15))),
  column('TEXT', (random) => `'${random.text(random.upTo(200))}é'`),
  column('BLOB', (random) => `x'${random.hex(random.upTo(100))}'`),
  column('BINARY(8)', (random) => `x'${random.hex(8)}'`),
  column('DECIMAL(30,10)', (random) => `-${random.upTo(1e9)}.${random.upTo(1e9)}`),
  column('JSON', (random) => `'{"n":${random.upTo(1e6)},"s":"${random.text(8)}"}'`),
  column('POINT', (random) => `POINT(${random.upTo(180)},${random.upTo(90)})`),
  column('INT NULL', () => 'NULL'),
];

/** Rows of an integer key and these columns, some rows a transaction. */
function ofColumns(
  name: string,
  what: string,
  columns: readonly Column[],
  rows: number,
  size: number,
): Workload {
  return {
    name,
    what,
    rows: (scale) => size * scaled(rows / size, scale),
    prepare: async (sql) => {
      const definitions = columns.map(({ type }, index) => `c${index} ${type}`);
      await sql.query(
        `CREATE TABLE t (id INT NOT NULL PRIMARY KEY, ${definitions.join(', ')}) ENGINE=InnoDB`,
      );
    },
    record: async (recorder, scale, random) => {
      for (let n = 0; n < scaled(rows / size, scale); n += 1) {
        const ids = idRange(n * size + 1, size);
        const values = ids.map(
          (id) => `(${id},${columns.map((one) => one.literal(random)).join(',')})`,
        );
        await recorder.transaction([`INSERT INTO bench.t VALUES ${values.join(',')}`], ids);
      }
    },
  };
}

export const mixedColumns = ofColumns(
  'mixed14',
  'rows of 14 mixed columns, ten a transaction',
  COMMON,
  300_000,
  10,
);

const ALL = [...COMMON, ...REST];
export const wideRows = ofColumns(
  'wide200',
  'rows of 200 columns of all types, ten a transaction',
  Array.from({ length: 199 }, (_, index) => ALL[index % ALL.length]).filter(
    (one) => one !== undefined,
  ),
  15_000,
  10,
);

export const largeBlobs = ofColumns(
  'blob1m',
  'rows with a blob of 1 MB each, one a transaction',
  [column('LONGBLOB', (random) => `x'${random.hex(1 << 20)}'`)],
  300,
  1,
);

const document = (random: Random): string =>
  JSON.stringify({
    order: random.upTo(1e9),
    state: random.pick(['new', 'paid', 'sent']),
    total: random.upTo(1e6) / 100,
    items: [1, 2, 3].map((n) => ({
      sku: random.text(10),
      n,
      price: random.upTo(1e4) / 100,
      gift: n === 2,
    })),
    address: { street: random.text(20), zip: random.upTo(99_999), country: null },
  });

export const jsonDocuments = ofColumns(
  'json',
  'rows with a JSON document of about 400 bytes, ten a transaction',
  [column('JSON', (random) => `'${document(random)}'`)],
  150_000,
  10,
);
