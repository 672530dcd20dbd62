import { hotRows } from './hot-rows.ts';
import { hugeUpdate } from './huge-update.ts';
import { inserts } from './inserts.ts';
import { keyless } from './keyless.ts';
import { manyTables } from './many-tables.ts';
import { oltp } from './oltp.ts';
import { uniqueSwaps } from './unique-swaps.ts';
import type { Workload } from './workload.ts';

/** For a target that is far away. */
export const FAR: Workload = {
  ...oltp(25_000),
  name: 'far',
  note: "Every byte between source and target is handed on 2.5 ms later. tailrace is compared with what writes to the far target over the wire as it does: `mysqlbinlog | mysql`. The target's own replica sits beside it and has only its source far away, which costs a stream nothing: its lines are there for orientation.",
};

/** At scale 1 the fastest takes some eight seconds: less would measure its start and its compiler too. */
export const APPLY_WORKLOADS: readonly Workload[] = [
  inserts('bulk', 500, 3_000_000),
  oltp(250_000),
  inserts('single', 1, 600_000),
  hugeUpdate(1_000_000),
  hotRows(250_000),
  uniqueSwaps(150_000),
  keyless(200_000),
  manyTables(200_000),
  FAR,
];
