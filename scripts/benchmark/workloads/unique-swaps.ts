import { idRange } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

const ROWS = 10_000;

/** Two rows exchange the value of a unique column, by way of a third value. */
export const uniqueSwaps = (transactions: number): Workload => ({
  name: 'swap',
  what: 'transactions in which two rows swap a unique value, by three updates',
  rows: (scale) => 3 * scaled(transactions, scale),
  prepare: async (sql) => {
    await sql.query(`CREATE TABLE u (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, c CHAR(60) NOT NULL,
      UNIQUE KEY v (v)) ENGINE=InnoDB`);
    for (let from = 1; from <= ROWS; from += 1000) {
      const values = idRange(from, 1000).map((id) => `(${id},${id},'row ${id}')`);
      await sql.query(`INSERT INTO u VALUES ${values.join(',')}`);
    }
  },
  record: async (recorder, scale, random) => {
    const held = new Int32Array(ROWS + 1).map((_, id) => id);
    for (let n = 0; n < scaled(transactions, scale); n += 1) {
      const one = random.upTo(ROWS);
      const other = (one % ROWS) + 1;
      const [first, second] = [held[one] ?? 0, held[other] ?? 0];
      await recorder.transaction(
        [
          `UPDATE bench.u SET v=-1 WHERE id=${one}`,
          `UPDATE bench.u SET v=${first} WHERE id=${other}`,
          `UPDATE bench.u SET v=${second} WHERE id=${one}`,
        ],
        [one, other, one],
      );
      [held[one], held[other]] = [second, first];
    }
  },
});
