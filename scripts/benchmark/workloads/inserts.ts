import { idRange, insertRows, sysbenchTable } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

/** Insert transactions of `size` rows each. */
export const inserts = (name: string, size: number, rows: number): Workload => ({
  name,
  what: size === 1 ? 'transactions of one inserted row' : `transactions of ${size} inserted rows`,
  ...(size >= 100 ? { hasLargeTransactions: true, hasSeparateRows: true } : {}),
  rows: (scale) => size * scaled(rows / size, scale),
  prepare: async (sql) => {
    await sql.query(sysbenchTable('s1'));
  },
  record: async (recorder, scale, random) => {
    for (let n = 0; n < scaled(rows / size, scale); n += 1) {
      const from = n * size + 1;
      await recorder.transaction([insertRows('bench.s1', from, size, random)], idRange(from, size));
    }
  },
});
