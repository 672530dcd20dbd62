import type { HistogramSnapshot } from '../lib/histogram.ts';
import { isWorking, RUN_STATES } from '../lib/run-state.ts';
import type { TaskStatus } from './task-status.ts';

/** One figure of a task with the labels that come on top of `task`. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | null | undefined;
}

interface MetricBase {
  readonly name: string;
  readonly help: string;
  /** Besides `task`. */
  readonly labels?: readonly string[];
}

/** A name that ends in `_total` is of a counter. */
export interface PlainMetric extends MetricBase {
  readonly kind: 'plain';
  /** What is not known is left out. */
  readonly read: (task: TaskStatus) => readonly Sample[];
}

export interface HistogramMetric extends MetricBase {
  readonly kind: 'histogram';
  readonly read: (task: TaskStatus) => HistogramSnapshot | undefined;
}

export type Metric = PlainMetric | HistogramMetric;

type Value = number | null | undefined;

function figure(name: string, help: string, value: (task: TaskStatus) => Value): PlainMetric {
  return { kind: 'plain', name, help, read: (task) => [{ value: value(task) }] };
}

function by(
  labels: string | readonly string[],
  name: string,
  help: string,
  read: PlainMetric['read'],
): PlainMetric {
  return { kind: 'plain', name, help, labels: [labels].flat(), read };
}

function histogram(name: string, help: string, read: HistogramMetric['read']): HistogramMetric {
  return { kind: 'histogram', name, help, read };
}

function labelled(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function ageSeconds(at: string | null | undefined): number | undefined {
  return typeof at === 'string' ? Math.max(0, (Date.now() - Date.parse(at)) / 1000) : undefined;
}

/** A sink's counters that have a metric of their own; the rest are `tailrace_sink_events_total`. */
const SINK_GAUGES: Readonly<Record<string, number>> = { lastCommitMs: 0.001, queuedBytes: 1 };

function sinkGauge(counter: string): PlainMetric['read'] {
  return ({ sinks }) =>
    Object.entries(sinks).map(([sink, counters]) => ({
      labels: { sink },
      value: scaled(counters[counter], SINK_GAUGES[counter]),
    }));
}

function scaled(value: number | undefined, factor = 1): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function sumOverSinks({ sinks }: TaskStatus, counter: string): number {
  return Object.values(sinks).reduce((sum, counters) => sum + (counters[counter] ?? 0), 0);
}

const TASK: readonly Metric[] = [
  figure('tailrace_task_up_bool', '1 while the task streams.', ({ state }) =>
    isWorking(state) ? 1 : 0,
  ),
  by('state', 'tailrace_task_state_bool', '1 for the state that the task is in.', ({ state }) =>
    RUN_STATES.map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 })),
  ),
  figure(
    'tailrace_task_lag_seconds',
    'Age of the oldest source transaction that is not done; 0 when nothing is open.',
    ({ lag }) => lag.seconds,
  ),
  figure(
    'tailrace_task_lag_bytes',
    "Bytes of binlog between the checkpoint and the source's head.",
    ({ lag }) => lag.bytes,
  ),
  figure(
    'tailrace_task_lag_transactions_number',
    "Transactions between the checkpoint and the source's head (with GTIDs).",
    ({ lag }) => lag.transactions,
  ),
  figure(
    'tailrace_task_stalled_seconds',
    'How long nothing was done although there is something to do.',
    ({ stalledSeconds }) => stalledSeconds,
  ),
  figure(
    'tailrace_task_in_flight_bytes',
    'Bytes of binlog read and not yet done.',
    ({ lag }) => lag.bytesInFlight,
  ),
  figure(
    'tailrace_task_oldest_unacknowledged_seconds',
    'How long ago the oldest transaction that is not done was read; 0 when nothing is open.',
    ({ lag, state }) => lag.oldestSeconds ?? (state === 'streaming' ? 0 : undefined),
  ),
  figure('tailrace_task_retries_total', 'Faults that were tried again.', ({ retries }) => retries),
  by('code', 'tailrace_task_errors_total', 'Faults by their code.', ({ errors }) =>
    labelled('code', errors),
  ),
  figure(
    'tailrace_task_dead_letters_number',
    'Dead letters that are kept.',
    ({ deadLetters }) => deadLetters.count,
  ),
];

const CHECKPOINT: readonly Metric[] = [
  figure(
    'tailrace_checkpoint_seq_number',
    'Number of the last transaction in the task that is done.',
    ({ seq }) => seq,
  ),
  figure(
    'tailrace_checkpoint_age_seconds',
    'Since the checkpoint moved; grows while the source is idle too.',
    ({ checkpointAt }) => ageSeconds(checkpointAt),
  ),
  by(
    ['coordinates', 'oldest'],
    'tailrace_checkpoint_position_info',
    'Always 1; the labels say where the checkpoint is and which transaction is the oldest open one.',
    ({ coordinates, lag }) =>
      coordinates === null ? [] : [{ labels: { coordinates, oldest: lag.oldest ?? '' }, value: 1 }],
  ),
];

const SOURCE: readonly Metric[] = [
  figure(
    'tailrace_source_transactions_total',
    'Transactions read from the source.',
    ({ source }) => source.transactions,
  ),
  figure('tailrace_source_bytes_total', 'Bytes of binlog read.', ({ source }) => source.bytes),
  figure(
    'tailrace_source_reconnects_total',
    'Connections made after the first.',
    ({ source }) => source.reconnects,
  ),
  by('reason', 'tailrace_source_dropped_total', 'Changes left out, by reason.', ({ source }) =>
    labelled('reason', source.dropped),
  ),
  figure(
    'tailrace_source_retention_spare_seconds',
    'If nothing more were done, the source would purge the position after this.',
    ({ retention }) => retention?.spareSeconds,
  ),
  figure(
    'tailrace_source_retention_lost_in_seconds',
    'At the speed of now the source purges the position after this; absent: it is not getting lost.',
    ({ retention }) => retention?.lostInSeconds,
  ),
  by(
    ['table', 'action'],
    'tailrace_table_rows_total',
    'Rows of the busiest tables, handed to the sinks.',
    ({ tables }) =>
      tables.flatMap(({ table, inserts, updates, deletes }) => [
        { labels: { table, action: 'insert' }, value: inserts },
        { labels: { table, action: 'update' }, value: updates },
        { labels: { table, action: 'delete' }, value: deletes },
      ]),
  ),
];

const SINK: readonly Metric[] = [
  figure('tailrace_sink_rows_total', 'Rows that are durable, all sinks.', (task) =>
    sumOverSinks(task, 'rows'),
  ),
  figure('tailrace_sink_bytes_total', 'Bytes of binlog that are durable, all sinks.', (task) =>
    sumOverSinks(task, 'bytes'),
  ),
  figure(
    'tailrace_sink_transactions_total',
    'Source transactions that are durable, all sinks.',
    (task) => sumOverSinks(task, 'transactions'),
  ),
  figure('tailrace_sink_conflicts_total', 'Rows that on_conflict settled.', (task) =>
    sumOverSinks(task, 'conflicts'),
  ),
  by(
    ['sink', 'event'],
    'tailrace_sink_events_total',
    'What a sink has counted, by event.',
    ({ sinks }) =>
      Object.entries(sinks).flatMap(([sink, counters]) =>
        Object.entries(counters)
          .filter(([event]) => !(event in SINK_GAUGES))
          .map(([event, value]) => ({ labels: { sink, event }, value })),
      ),
  ),
  by(
    'sink',
    'tailrace_sink_last_commit_seconds',
    'From the begin of the last group to its commit.',
    sinkGauge('lastCommitMs'),
  ),
  by(
    'sink',
    'tailrace_sink_queued_bytes',
    'Bytes of binlog that wait for the next group.',
    sinkGauge('queuedBytes'),
  ),
];

const TIMINGS: readonly Metric[] = [
  histogram(
    'tailrace_source_decode_seconds',
    'One batch of binlog, from bytes to transactions.',
    ({ timings }) => timings.decode,
  ),
  histogram(
    'tailrace_sink_group_seconds',
    'Making the statements of one target transaction.',
    ({ timings }) => timings.group,
  ),
  histogram(
    'tailrace_sink_apply_seconds',
    'One target transaction, from its begin to its commit.',
    ({ timings }) => timings.apply,
  ),
  histogram(
    'tailrace_sink_publish_seconds',
    'One batch of messages, until the broker has it.',
    ({ timings }) => timings.publish,
  ),
];

const COPY_AND_COMPARE: readonly Metric[] = [
  figure(
    'tailrace_snapshot_rows_total',
    'Rows of the first copy that are done.',
    ({ snapshot }) => snapshot?.rows,
  ),
  figure(
    'tailrace_snapshot_rows_expected_number',
    'Rows of the first copy, as far as known.',
    ({ snapshot }) => snapshot?.rowsTotal,
  ),
  figure(
    'tailrace_snapshot_tables_done_number',
    'Tables of the first copy that are done.',
    ({ snapshot }) => snapshot?.tablesDone,
  ),
  figure(
    'tailrace_snapshot_bytes_total',
    'Bytes of the first copy that are done.',
    ({ snapshot }) => snapshot?.bytes,
  ),
  figure(
    'tailrace_snapshot_left_seconds',
    'Until the first copy is done, at its speed so far.',
    ({ snapshot }) => snapshot?.secondsLeft,
  ),
  figure(
    'tailrace_snapshot_throttled_number',
    '1 while the first copy waits because the source has too much to do or lags.',
    ({ snapshot }) => snapshot && Number(snapshot.waitsFor !== null),
  ),
  figure(
    'tailrace_poll_rounds_total',
    'Rounds of polling that brought each table to its end.',
    ({ poll }) => poll?.rounds,
  ),
  figure(
    'tailrace_poll_failed_rounds_total',
    'Rounds of polling that could not be finished.',
    ({ poll }) => poll?.failedRounds,
  ),
  figure('tailrace_poll_rows_total', 'Rows that polling wrote.', ({ poll }) => poll?.rows),
  figure(
    'tailrace_poll_late_rows_total',
    'Rows found by looking back: committed behind larger keys.',
    ({ poll }) => poll?.lateRows,
  ),
  figure(
    'tailrace_poll_unusable_tables_number',
    'Tables that cannot be polled: without a primary key that gives an order.',
    ({ poll }) => poll?.unusable.length,
  ),
  figure(
    'tailrace_poll_active_bool',
    '1 while polling works, 0 while it steps back for the stream.',
    ({ poll }) => (poll === null ? undefined : poll.state === 'polling' ? 1 : 0),
  ),
  figure(
    'tailrace_inspection_rounds_total',
    'Comparisons of source and target that have ended.',
    ({ inspection }) => inspection?.rounds,
  ),
  figure(
    'tailrace_inspection_failed_rounds_total',
    'Comparisons that could not be finished.',
    ({ inspection }) => inspection?.failedRounds,
  ),
  figure(
    'tailrace_inspection_differences_number',
    'Rows that differed in the last round.',
    ({ inspection }) => inspection?.differences,
  ),
  figure(
    'tailrace_inspection_alarms_number',
    'Differences that have stayed the same for `alarm_after` rounds.',
    ({ inspection }) => inspection?.alarms,
  ),
];

/** Every metric of a task; each has the label `task`. README.md lists them from here. */
export const METRICS: readonly Metric[] = [
  ...TASK,
  ...CHECKPOINT,
  ...SOURCE,
  ...SINK,
  ...TIMINGS,
  ...COPY_AND_COMPARE,
];
