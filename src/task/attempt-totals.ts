import { addHistograms, type HistogramSnapshot } from '../lib/histogram.ts';
import type { TimingStage } from '../status/task-status.ts';
import type { Running } from './task-board.ts';

type Counters = Record<string, number>;

/** What goes up and down: of the attempt that runs, and never added up. */
const GAUGES: ReadonlySet<string> = new Set(['lastCommitMs', 'queuedBytes']);

export interface Totals {
  readonly transactions: number;
  readonly bytes: number;
  readonly dropped: Readonly<Counters>;
  readonly sinks: Readonly<Record<string, Readonly<Counters>>>;
  readonly timings: Readonly<Partial<Record<TimingStage, HistogramSnapshot>>>;
}

export const NO_TOTALS: Totals = { transactions: 0, bytes: 0, dropped: {}, sinks: {}, timings: {} };

/** Source and sinks are made anew with each attempt and count from nothing; what is shown never goes back. */
export function addTotals(past: Totals, running: Running | undefined): Totals {
  if (running === undefined) return past;
  const { progress } = running.source;
  return {
    transactions: past.transactions + progress.transactions,
    bytes: past.bytes + progress.bytes,
    dropped: addCounters(past.dropped, progress.dropped),
    sinks: addSinks(past.sinks, running),
    timings: addTimings(past.timings, running),
  };
}

/** Without what the ended attempt showed as it was at that moment. */
export function withoutGauges(totals: Totals): Totals {
  const sinks = Object.entries(totals.sinks).map(([name, counters]) => {
    const kept = Object.entries(counters).filter(([counter]) => !GAUGES.has(counter));
    return [name, Object.fromEntries(kept)] as const;
  });
  return { ...totals, sinks: Object.fromEntries(sinks) };
}

function addCounters(past: Readonly<Counters>, now: Readonly<Counters>): Counters {
  const sum: Counters = { ...past };
  for (const [name, value] of Object.entries(now)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

function addSinks(past: Totals['sinks'], { sinks }: Running): Totals['sinks'] {
  const sum: Record<string, Readonly<Counters>> = { ...past };
  for (const { name, counters } of sinks) {
    sum[name] = addCounters(sum[name] ?? {}, { ...counters });
  }
  return sum;
}

function addTimings(past: Totals['timings'], { source, sinks }: Running): Totals['timings'] {
  const sum: Partial<Record<TimingStage, HistogramSnapshot>> = { ...past };
  const add = (stage: TimingStage, one: HistogramSnapshot): void => {
    sum[stage] = addHistograms(sum[stage], one) ?? one;
  };
  add('decode', source.progress.decode.snapshot());
  for (const { timings } of sinks) {
    for (const [stage, histogram] of Object.entries(timings ?? {})) {
      add(stage as TimingStage, histogram.snapshot());
    }
  }
  return sum;
}
