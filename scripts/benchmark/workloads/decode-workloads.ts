import { jsonDocuments, largeBlobs, mixedColumns, wideRows } from './columns.ts';
import { hugeUpdate } from './huge-update.ts';
import { inserts } from './inserts.ts';
import { oltp } from './oltp.ts';
import type { Workload } from './workload.ts';

const bulk = inserts('bulk', 500, 1_500_000);

/** MySQL 8.0.20 and later: a transaction's events as one, compressed by zstd. */
const compressed: Workload = {
  ...bulk,
  name: 'compressed',
  what: `${bulk.what}, compressed (zstd) in the binlog`,
  prepare: async (sql, scale, random) => {
    await bulk.prepare(sql, scale, random);
    await sql.query('SET SESSION binlog_transaction_compression=ON');
  },
};

export const DECODE_WORKLOADS: readonly Workload[] = [
  bulk,
  oltp(150_000),
  inserts('single', 1, 400_000),
  hugeUpdate(200_000),
  mixedColumns,
  wideRows,
  largeBlobs,
  jsonDocuments,
  compressed,
];
