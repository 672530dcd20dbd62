import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
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
    name: 'tailrace_checkpoint_seq_total',
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
    const gauge = new Gauge({ name, help, labelNames: ['task'], registers: [registry] });
    for (const task of status.tasks) {
      const now = value(task);
      if (now !== undefined) gauge.set({ task: task.name }, now);
    }
  }
  addCounters(registry, status.tasks);
  const text = `${await processMetrics().metrics()}\n${await registry.metrics()}`;
  return { contentType: registry.contentType, text };
}

function addCounters(registry: Registry, tasks: readonly TaskStatus[]): void {
  const dropped = new Gauge({
    name: 'tailrace_source_dropped_total',
    help: 'Changes left out, by reason.',
    labelNames: ['task', 'reason'],
    registers: [registry],
  });
  const sink = new Gauge({
    name: 'tailrace_sink_events_total',
    help: 'What a sink has counted, by event.',
    labelNames: ['task', 'sink', 'event'],
    registers: [registry],
  });
  for (const task of tasks) {
    for (const [reason, count] of Object.entries(task.source.dropped)) {
      dropped.set({ task: task.name, reason }, count);
    }
    for (const [name, counters] of Object.entries(task.sinks)) {
      for (const [event, count] of Object.entries(counters)) {
        sink.set({ task: task.name, sink: name, event }, count);
      }
    }
  }
}
