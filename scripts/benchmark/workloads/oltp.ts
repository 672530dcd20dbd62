import { fillTable, sysbenchRow } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

const TABLES = [1, 2, 3, 4];
const ROWS = 20_000;

/** Four row changes a transaction, over four tables: two updates, a delete and its insert. */
export const oltp = (transactions: number): Workload => ({
  name: 'oltp',
  what: 'transactions of two updates, a delete and an insert over four tables',
  rows: (scale) => 4 * scaled(transactions, scale),
  prepare: async (sql, _scale, random) => {
    for (const n of TABLES) await fillTable(sql, `s${n}`, ROWS, random);
  },
  record: async (recorder, scale, random) => {
    for (let n = 0; n < scaled(transactions, scale); n += 1) {
      const [a, b, c] = [random.pick(TABLES), random.pick(TABLES), random.pick(TABLES)];
      const [first, second, third] = [random.upTo(ROWS), random.upTo(ROWS), random.upTo(ROWS)];
      await recorder.transaction(
        [
          `UPDATE bench.s${a} SET k=k+1 WHERE id=${first}`,
          `UPDATE bench.s${b} SET c='${n.toString(36)}-${random.text(100)}' WHERE id=${second}`,
          `DELETE FROM bench.s${c} WHERE id=${third}`,
          `INSERT INTO bench.s${c} VALUES ${sysbenchRow(third, random)}`,
        ],
        [first, second, third, third],
      );
    }
  },
});
