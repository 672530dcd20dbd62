import { fillTable } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

const ROWS = 100;

/** Updates that meet the same few rows again and again. */
export const hotRows = (transactions: number): Workload => ({
  name: 'hot',
  what: `transactions of four updates among ${ROWS} rows`,
  note: 'tailrace profits from net effect here: versions of a row that were overwritten within a group are never written to the target.',
  rows: (scale) => 4 * scaled(transactions, scale),
  prepare: (sql, _scale, random) => fillTable(sql, 's1', ROWS, random),
  record: async (recorder, scale, random) => {
    for (let n = 0; n < scaled(transactions, scale); n += 1) {
      const ids = [1, 2, 3, 4].map(() => random.upTo(ROWS));
      await recorder.transaction(
        ids.map((id) => `UPDATE bench.s1 SET k=k+1 WHERE id=${id}`),
        ids,
      );
    }
  },
});
