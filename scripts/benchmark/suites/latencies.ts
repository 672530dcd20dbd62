import { percentile } from '../support/statistics.ts';
import { readDoubles } from './live-run.ts';

export interface LatencyFiles {
  /** What programs/load.ts wrote: due and acknowledged times. */
  readonly sent: string;
  /** When each was there. */
  readonly seen: string;
  /** As many at the beginning are left out. */
  readonly skipped: number;
}

/** From the commit's acknowledgement to being there, and from the appointed time for those who want all of it. */
export function latencies({ sent, seen, skipped }: LatencyFiles): Record<string, number> {
  const times = readDoubles(sent);
  const count = times.length / 2;
  const due = times.subarray(skipped, count);
  const committed = times.subarray(count + skipped);
  const there = readDoubles(seen).subarray(skipped);
  const sorted = there.map((time, index) => Math.max(0, time - (committed[index] ?? time))).sort();
  const fromDue = there.map((time, index) => time - (due[index] ?? time)).sort();
  return {
    'p50 ms': percentile(sorted, 0.5),
    'p99 ms': percentile(sorted, 0.99),
    'p99.9 ms': percentile(sorted, 0.999),
    'max ms': percentile(sorted, 1),
    'from due time: p99 ms': percentile(fromDue, 0.99),
  };
}
