import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { TIME_BOUNDS, type HistogramSnapshot } from '../lib/histogram.ts';
import { METRICS, type HistogramMetric, type PlainMetric } from './metric-catalogue.ts';
import type { ProcessStatus, TaskStatus } from './task-status.ts';

let processRegistry: Registry | undefined;

/** Figures of the process itself. Made once: each one installs observers of its own. */
export function processMetrics(): Registry {
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
  let histograms = '';
  for (const metric of METRICS) {
    if (metric.kind === 'plain') addPlain(registry, metric, status.tasks);
    else histograms += histogramText(metric, status.tasks);
  }
  const text = `${await processMetrics().metrics()}${await registry.metrics()}\n${histograms}`
    .replace(/ Nan$/gm, ' NaN')
    .replace(/\n{2,}/g, '\n');
  return { contentType: registry.contentType, text };
}

/** The registry is made anew each time, so adding to a counter sets it. */
function addPlain(registry: Registry, metric: PlainMetric, tasks: readonly TaskStatus[]): void {
  const { name, help, labels = [] } = metric;
  const options = { name, help, labelNames: ['task', ...labels], registers: [registry] };
  const counter = name.endsWith('_total') ? new Counter(options) : undefined;
  const gauge = counter === undefined ? new Gauge(options) : undefined;
  for (const task of tasks) {
    for (const sample of metric.read(task)) {
      const { value } = sample;
      if (value === null || value === undefined) continue;
      const all = { task: task.name, ...sample.labels };
      counter?.inc(all, value);
      gauge?.set(all, value);
    }
  }
}

/** prom-client's own can only observe; ours were observed elsewhere, maybe in another process. */
function histogramText(
  { name, help, read }: HistogramMetric,
  tasks: readonly TaskStatus[],
): string {
  const lines = tasks.flatMap((task) => {
    const snapshot = read(task);
    return snapshot === undefined ? [] : histogramLines(name, task.name, snapshot);
  });
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines].join('\n')}\n`;
}

/** A task's name needs no escaping. */
function histogramLines(
  name: string,
  task: string,
  { counts, sumSeconds }: HistogramSnapshot,
): string[] {
  let seen = 0;
  const buckets = counts.map((count, index) => {
    seen += count;
    return `${name}_bucket{le="${TIME_BOUNDS[index] ?? '+Inf'}",task="${task}"} ${seen}`;
  });
  const labels = `{task="${task}"}`;
  return [...buckets, `${name}_sum${labels} ${sumSeconds}`, `${name}_count${labels} ${seen}`];
}
