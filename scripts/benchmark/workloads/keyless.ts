import { idRange } from './sysbench.ts';
import { scaled, type Workload } from './workload.ts';

const ROWS = 300;

/** A table without any key: a replica has to look at every row to find one. */
export const keyless = (transactions: number): Workload => ({
  name: 'keyless',
  what: `an update, a delete and an insert in turn, on a table of ${ROWS} rows without any key`,
  rows: (scale) => scaled(transactions, scale),
  prepare: async (sql) => {
    await sql.query('CREATE TABLE n (a INT NOT NULL, b INT, c CHAR(60)) ENGINE=InnoDB');
    const values = idRange(1, ROWS).map((id) => `(${id},0,'row ${id}')`);
    await sql.query(`INSERT INTO n VALUES ${values.join(',')}`);
  },
  record: async (recorder, scale, random) => {
    let taken = 0;
    for (let n = 0; n < scaled(transactions, scale); n += 1) {
      const id = random.upTo(ROWS);
      if (n % 3 === 0) {
        await recorder.transaction([`UPDATE bench.n SET b=b+1 WHERE a=${id}`], [id]);
      } else if (n % 3 === 1) {
        taken = id;
        await recorder.transaction([`DELETE FROM bench.n WHERE a=${id}`], [id]);
      } else {
        await recorder.transaction([`INSERT INTO bench.n VALUES (${taken},${n},'again')`], [taken]);
      }
    }
  },
});
