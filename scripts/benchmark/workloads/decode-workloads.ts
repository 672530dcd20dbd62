import { hugeUpdate } from './huge-update.ts';
import { inserts } from './inserts.ts';
import { oltp } from './oltp.ts';
import type { Workload } from './workload.ts';

export const DECODE_WORKLOADS: readonly Workload[] = [
  inserts('bulk', 500, 1_500_000),
  oltp(150_000),
  inserts('single', 1, 400_000),
  hugeUpdate(200_000),
];
