import type { Sql } from '../server.ts';
import { DATABASE } from './workload.ts';

/** One table of this many rows and another of a fourth of them. */
const ROWS = 500_000;
const ROWS_A_STATEMENT = 5000;

const TABLES = `
CREATE TABLE ${DATABASE}.orders (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, amount DECIMAL(10,2) NOT NULL,
  reference VARCHAR(60) NOT NULL, placed DATETIME NOT NULL, KEY (customer), KEY (reference)
);
CREATE TABLE ${DATABASE}.notes (
  id BIGINT NOT NULL PRIMARY KEY, customer INT NOT NULL, body TEXT, digest BINARY(16), KEY (customer)
)`;

export const COPY_WHAT =
  'two tables, 500,000 rows of 5 columns with 2 secondary keys and 125,000 of 4 columns with text and bytes and 1';

/** Values that no key finds in order, as orders of customers are. */
const mixed = (n: number): number => (n * 2_654_435_761) % 4_294_967_296;

export async function makeCopyTables(sql: Sql, scale: number): Promise<number> {
  await sql.query(`DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; ${TABLES}`);
  const orders = Math.round(ROWS * scale);
  const notes = Math.round(orders / 4);
  await insert(sql, 'orders', orders, (n) => {
    const hash = mixed(n).toString(16).padStart(8, '0');
    return `(${n},${mixed(n) % 100_000},${(mixed(n + 7) % 9_999_999) / 100},'${hash}-${'reference'.repeat(n % 4)}','2026-01-01 00:00:00' + INTERVAL ${n} SECOND)`;
  });
  await insert(sql, 'notes', notes, (n) => {
    const text = `It''s a note, number ${n}.\\n`.repeat(1 + (n % 6));
    return `(${n * 10},${mixed(n) % 100_000},'${text}',UNHEX('${mixed(n).toString(16).padStart(32, '0')}'))`;
  });
  await sql.query(`ANALYZE TABLE ${DATABASE}.orders, ${DATABASE}.notes`);
  return orders + notes;
}

async function insert(
  sql: Sql,
  table: string,
  rows: number,
  row: (n: number) => string,
): Promise<void> {
  for (let from = 1; from <= rows; from += ROWS_A_STATEMENT) {
    const count = Math.min(ROWS_A_STATEMENT, rows - from + 1);
    const values = Array.from({ length: count }, (_, at) => row(from + at));
    await sql.query(`INSERT INTO ${DATABASE}.${table} VALUES ${values.join(',')}`);
  }
}
