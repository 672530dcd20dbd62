import { fillTable } from './sysbench.ts';
import type { Workload } from './workload.ts';

/** Nothing is recorded: programs/load.ts writes while the contenders run. */
export const live: Workload = {
  name: 'live',
  what: 'transactions as they come',
  rows: () => 0,
  prepare: async (sql, _scale, random) => {
    await sql.query(
      'CREATE TABLE live (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, c CHAR(60) NOT NULL) ENGINE=InnoDB',
    );
    for (const table of ['s1', 's2', 's3']) await fillTable(sql, table, 20_000, random);
  },
  record: () => Promise.resolve(),
};
