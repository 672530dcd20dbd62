import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { ProcessStatus, TaskStatus } from './task-status.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: (task: TaskStatus) => number | undefined;
}

/** Every metric of a task, by name; each has the label `task`. */
export const TASK_METRICS: readonly Metric[] = [
  {
    name: 'tailrace_task_up_bool',
    help: '1 while the task streams.',
    value: (task) => (task.state === 'streaming' ? 1 : 0),
  },
  {
    name: 'tailrace_task_lag_seconds',
    help: 'Age of the oldest source transaction that is not done; 0 when nothing is open.',
    value: (task) => task.lag.seconds ?? undefined,
  },
  {
    name: 'tailrace_task_stalled_seconds',
    help: 'How long nothing was done although there is something to do.',
    value: (task) => task.stalledSeconds,
  },
  {
    name: 'tailrace_task_in_flight_bytes',
    help: 'Bytes of binlog read and not yet done.',
    value: (task) => task.lag.bytesInFlight,
  },
  {
    name: 'tailrace_source_transactions_total',
    help: 'Transactions read since the task connected.',
    value: (task) => task.source.transactions,
  },
  {
    name: 'tailrace_checkpoint_seq_number',
    help: 'Number of the last transaction in the task that is done.',
    value: (task) => task.seq ?? undefined,
  },
  {
    name: 'tailrace_task_retries_total',
    help: 'Faults that were tried again.',
    value: (task) => task.retries,
  },
];

let processRegistry: Registry | undefined;

/** Figures of the process itself. Made once: each one installs observers of its own. */
function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry, prefix: 'tailrace_' });
  }
  return processRegistry;
}

/** Prometheus text of the process and its tasks as they are now. */
export async function renderMetrics(
  status: ProcessStatus,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const registry = new Registry();
  for (const { name, help, value } of TASK_METRICS) {
    const set = createSetter(registry, { name, help, labelNames: ['task'] });
    for (const task of status.tasks) {
      const now = value(task);
      if (now !== undefined) set({ task: task.name }, now);
    }
  }
  addCounters(registry, status.tasks);
  const text = `${await processMetrics().metrics()}${await registry.metrics()}`
    .replace(/ Nan$/gm, ' NaN')
    .replace(/\n{2,}/g, '\n');
  return { contentType: registry.contentType, text };
}

/** A sink's own figures that go up and down, with the factor to their unit. */
const SINK_GAUGES: Readonly<Record<string, { name: string; help: string; factor: number }>> = {
  lastCommitMs: {
    name: 'tailrace_sink_last_commit_seconds',
    help: 'From the begin of the last group to its commit.',
    factor: 0.001,
  },
  queuedBytes: {
    name: 'tailrace_sink_queued_bytes',
    help: 'Bytes of binlog that wait for the next group.',
    factor: 1,
  },
};

function addCounters(registry: Registry, tasks: readonly TaskStatus[]): void {
  const dropped = createSetter(registry, {
    name: 'tailrace_source_dropped_total',
    help: 'Changes left out, by reason.',
    labelNames: ['task', 'reason'],
  });
  const events = createSetter(registry, {
    name: 'tailrace_sink_events_total',
    help: 'What a sink has counted, by event.',
    labelNames: ['task', 'sink', 'event'],
  });
  const gauges = Object.entries(SINK_GAUGES).map(([counter, { name, help, factor }]) => {
    const set = createSetter(registry, { name, help, labelNames: ['task', 'sink'] });
    return [counter, { set, factor }] as const;
  });
  const gaugeOf = new Map(gauges);
  for (const task of tasks) {
    for (const [reason, count] of Object.entries(task.source.dropped)) {
      dropped({ task: task.name, reason }, count);
    }
    for (const [sink, counters] of Object.entries(task.sinks)) {
      for (const [event, count] of Object.entries(counters)) {
        const gauge = gaugeOf.get(event);
        if (gauge === undefined) events({ task: task.name, sink, event }, count);
        else gauge.set({ task: task.name, sink }, count * gauge.factor);
      }
    }
  }
}

interface MetricHead {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
}

type SetMetric = (labels: Record<string, string>, value: number) => void;

/** A name that ends in `_total` is of a counter. The registry is made anew each time, so adding sets. */
function createSetter(registry: Registry, head: MetricHead): SetMetric {
  const options = { ...head, registers: [registry] };
  if (head.name.endsWith('_total')) {
    const counter = new Counter(options);
    return (labels, value) => {
      counter.inc(labels, value);
    };
  }
  const gauge = new Gauge(options);
  return (labels, value) => {
    gauge.set(labels, value);
  };
}
