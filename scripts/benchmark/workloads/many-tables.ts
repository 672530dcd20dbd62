import { scaled, type Workload } from './workload.ts';

const TABLES = 5000;

/** One row into one of very many tables. */
export const manyTables = (rows: number): Workload => ({
  name: 'tables',
  what: `transactions of one inserted row, over ${TABLES} tables`,
  rows: (scale) => scaled(rows, scale),
  prepare: async (sql, scale) => {
    for (let from = 0; from < tableCount(scale); from += 100) {
      const statements = Array.from(
        { length: Math.min(100, tableCount(scale) - from) },
        (_, index) =>
          `CREATE TABLE m${from + index} (id INT NOT NULL PRIMARY KEY, v INT, c CHAR(40)) ENGINE=InnoDB`,
      );
      await sql.query(statements.join(';'));
    }
  },
  record: async (recorder, scale, random) => {
    for (let id = 1; id <= scaled(rows, scale); id += 1) {
      const table = random.upTo(tableCount(scale)) - 1;
      const row = `(${id},${random.upTo(1e6)},'${random.text(40)}')`;
      await recorder.transaction([`INSERT INTO bench.m${table} VALUES ${row}`], [id]);
    }
  },
});

/** All of them whenever the suite is run at full size. */
const tableCount = (scale: number): number => Math.min(TABLES, scaled(TABLES, scale));
