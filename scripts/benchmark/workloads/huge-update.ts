import { fillTable } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

/** One UPDATE of every row. */
export const hugeUpdate = (rows: number): Workload => ({
  name: 'huge-update',
  what: `one transaction that updates ${rows.toLocaleString('en-US')} rows`,
  hasLargeTransactions: true,
  rows: (scale) => scaled(rows, scale),
  prepare: (sql, scale, random) => fillTable(sql, 's1', scaled(rows, scale), random),
  record: async (recorder, scale) => {
    const count = scaled(rows, scale);
    await recorder.transaction(['UPDATE bench.s1 SET k=k+1'], {
      rows: count,
      sum: (count * (count + 1)) / 2,
    });
  },
});
