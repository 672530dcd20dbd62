import type { Random } from '../support/random.ts';
import type { Sql } from '../server.ts';

/** The table that sysbench and most published figures use: about 190 bytes a row. */
export const sysbenchTable = (
  name: string,
): string => `CREATE TABLE ${name} (id INT NOT NULL PRIMARY KEY,
  k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL, KEY k_1 (k)) ENGINE=InnoDB`;

export const sysbenchRow = (id: number, random: Random): string =>
  `(${id},${random.upTo(1e6)},'${random.text(119)}','${random.text(59)}')`;

export const insertRows = (table: string, from: number, count: number, random: Random): string => {
  const values = Array.from({ length: count }, (_, index) => sysbenchRow(from + index, random));
  return `INSERT INTO ${table} VALUES ${values.join(',')}`;
};

/** Rows 1 … count, before the recording begins. */
export async function fillTable(
  sql: Sql,
  table: string,
  count: number,
  random: Random,
): Promise<void> {
  await sql.query(sysbenchTable(table));
  for (let from = 1; from <= count; from += 1000) {
    await sql.query(insertRows(table, from, Math.min(1000, count - from + 1), random));
  }
}

export const idRange = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);
