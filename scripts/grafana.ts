/** Writes conf/grafana-dashboard.json: `npx tsx scripts/grafana.ts`. A dashboard by hand is 1,500 lines that nobody reads. */
import { writeFileSync } from 'node:fs';

interface Query {
  readonly expr: string;
  readonly legend: string;
}

interface PanelSpec {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly description?: string;
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly width?: number;
}

const of = (name: string, labels = ''): string => `${name}{task=~"$task"${labels}}`;
const rate = (name: string, labels = ''): string => `rate(${of(name, labels)}[$__rate_interval])`;
const p95 = (name: string): string =>
  `histogram_quantile(0.95, sum by (le, task) (rate(${of(`${name}_bucket`)}[$__rate_interval])))`;

const PANELS: readonly PanelSpec[] = [
  {
    title: 'State',
    unit: 'short',
    kind: 'stat',
    queries: [{ expr: `${of('tailrace_task_state_bool')} == 1`, legend: '{{task}} {{state}}' }],
  },
  {
    title: 'Lag',
    unit: 's',
    description: 'Age of the oldest source transaction that is not done.',
    queries: [{ expr: of('tailrace_task_lag_seconds'), legend: '{{task}}' }],
  },
  {
    title: "Behind the source's head",
    unit: 'bytes',
    queries: [{ expr: of('tailrace_task_lag_bytes'), legend: '{{task}}' }],
  },
  {
    title: 'Rows',
    unit: 'ops',
    queries: [{ expr: rate('tailrace_sink_rows_total'), legend: '{{task}}' }],
  },
  {
    title: 'Transactions',
    unit: 'ops',
    queries: [{ expr: rate('tailrace_sink_transactions_total'), legend: '{{task}}' }],
  },
  {
    title: 'Binlog read',
    unit: 'Bps',
    queries: [{ expr: rate('tailrace_source_bytes_total'), legend: '{{task}}' }],
  },
  {
    title: 'Where the time goes (95 %)',
    unit: 's',
    description:
      'decode: the source is ours to read; apply: the target is slow; publish: the broker is.',
    queries: ['decode', 'group', 'apply', 'publish'].map((stage) => ({
      expr: p95(`tailrace_${stage === 'decode' ? 'source' : 'sink'}_${stage}_seconds`),
      legend: `{{task}} ${stage}`,
    })),
  },
  {
    title: 'Bytes in flight',
    unit: 'bytes',
    queries: [{ expr: of('tailrace_task_in_flight_bytes'), legend: '{{task}}' }],
  },
  {
    title: 'Oldest open transaction, stall',
    unit: 's',
    queries: [
      { expr: of('tailrace_task_oldest_unacknowledged_seconds'), legend: '{{task}} oldest' },
      { expr: of('tailrace_task_stalled_seconds'), legend: '{{task}} stalled' },
    ],
  },
  {
    title: 'The source keeps the position for',
    unit: 's',
    description: 'spare: if nothing more were done. lost in: at the speed of now.',
    queries: [
      { expr: of('tailrace_source_retention_spare_seconds'), legend: '{{task}} spare' },
      { expr: of('tailrace_source_retention_lost_in_seconds'), legend: '{{task}} lost in' },
    ],
  },
  {
    title: 'Faults by code',
    unit: 'ops',
    queries: [{ expr: rate('tailrace_task_errors_total'), legend: '{{task}} {{code}}' }],
  },
  {
    title: 'Conflicts, dead letters, differences',
    unit: 'short',
    queries: [
      { expr: of('tailrace_sink_conflicts_total'), legend: '{{task}} conflicts' },
      { expr: of('tailrace_task_dead_letters_number'), legend: '{{task}} dead letters' },
      { expr: of('tailrace_inspection_differences_number'), legend: '{{task}} differences' },
    ],
  },
  {
    title: 'Tables',
    unit: 'ops',
    width: 24,
    queries: [
      {
        expr: `topk(15, sum by (task, table) (${rate('tailrace_table_rows_total')}))`,
        legend: '{{task}} {{table}}',
      },
    ],
  },
  {
    title: 'Event loop, 99 %',
    unit: 's',
    queries: [{ expr: 'tailrace_nodejs_eventloop_lag_p99_seconds', legend: '{{instance}}' }],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    queries: [{ expr: 'tailrace_process_resident_memory_bytes', legend: '{{instance}}' }],
  },
];

const COLUMNS = 24;
const HEIGHT = 8;
const datasource = { type: 'prometheus', uid: '${datasource}' };

function layOut(panels: readonly PanelSpec[]): readonly object[] {
  let x = 0;
  let y = 0;
  return panels.map((panel, index) => {
    const width = panel.width ?? 8;
    if (x + width > COLUMNS) {
      x = 0;
      y += HEIGHT;
    }
    const gridPos = { h: HEIGHT, w: width, x, y };
    x += width;
    return {
      id: index + 1,
      type: panel.kind ?? 'timeseries',
      title: panel.title,
      description: panel.description ?? '',
      datasource,
      gridPos,
      fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
      options: panel.kind === 'stat' ? { textMode: 'name', colorMode: 'background' } : {},
      targets: panel.queries.map(({ expr, legend }, at) => ({
        refId: String.fromCharCode(65 + at),
        datasource,
        expr,
        legendFormat: legend,
      })),
    };
  });
}

const dashboard = {
  uid: 'tailrace',
  title: 'tailrace',
  tags: ['tailrace', 'mysql', 'replication'],
  timezone: 'browser',
  schemaVersion: 39,
  refresh: '10s',
  time: { from: 'now-1h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: 'prometheus' },
      {
        name: 'task',
        type: 'query',
        datasource,
        query: 'label_values(tailrace_task_up_bool, task)',
        multi: true,
        includeAll: true,
        current: { text: 'All', value: '$__all' },
      },
    ],
  },
  panels: layOut(PANELS),
};

const path = new URL('../conf/grafana-dashboard.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(dashboard, null, 2)}\n`);
