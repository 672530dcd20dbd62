import { hotRows } from './hot-rows.ts';
import { hugeUpdate } from './huge-update.ts';
import { inserts } from './inserts.ts';
import { keyless } from './keyless.ts';
import { manyTables } from './many-tables.ts';
import { oltp } from './oltp.ts';
import { uniqueSwaps } from './unique-swaps.ts';
import type { Workload } from './workload.ts';

/** For a target that is far away. Small, because one statement at a time takes hours there. */
export const FAR: Workload = { ...oltp(10_000), name: 'far' };

export const APPLY_WORKLOADS: readonly Workload[] = [
  inserts('bulk', 500, 500_000),
  oltp(60_000),
  inserts('single', 1, 150_000),
  hugeUpdate(1_000_000),
  hotRows(50_000),
  uniqueSwaps(40_000),
  keyless(40_000),
  manyTables(60_000),
  FAR,
];
