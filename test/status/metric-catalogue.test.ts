import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/lib/histogram.ts';
import { METRICS } from '../../src/status/metric-catalogue.ts';
import { processMetrics, renderMetrics } from '../../src/status/metrics.ts';
import type { TaskStatus } from '../../src/status/task-status.ts';
import { TaskBoard } from '../../src/task/task-board.ts';

const at = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const names = METRICS.map(({ name }) => name);

/** A task about which everything is known. */
function busyTask(): TaskStatus {
  const histogram = new Histogram();
  for (const ms of [0.4, 20, 60_000]) histogram.observeMs(ms);
  const one = histogram.snapshot();
  const board = new TaskBoard('shop');
  board.snapshot = {
    state: 'running',
    phase: 'copying',
    waitsFor: 'the source runs 9 statements',
    rows: 5,
    rowsTotal: 9,
    bytes: 70,
    tablesDone: 1,
    tables: 2,
    share: 0.5,
    rowsPerSecond: 5,
    bytesPerSecond: 70,
    secondsLeft: 1,
    copying: [],
  };
  board.poll = {
    state: 'polling',
    rounds: 4,
    failedRounds: 1,
    lastRoundAt: null,
    rows: 50,
    lateRows: 2,
    tables: [],
    unusable: [{ table: 'a.c', reason: 'it has no primary key' }],
    error: null,
  };
  board.inspection = {
    rounds: 3,
    failedRounds: 1,
    lastRoundAt: null,
    rowsCompared: 100,
    differences: 2,
    alarms: 1,
    differing: [],
  };
  const idle = board.status();
  return {
    ...idle,
    state: 'streaming',
    coordinates: 'binlog.000001:4',
    seq: 7,
    checkpointAt: new Date().toISOString(),
    lag: { ...idle.lag, seconds: 1, bytes: 2, transactions: 3 },
    source: { ...idle.source, dropped: { filtered: 1 } },
    retention: {
      oldestFile: null,
      keepsSeconds: 9,
      keepsBytes: 0,
      spareSeconds: 8,
      lostInSeconds: 7,
    },
    tables: [{ table: 'a.b', rowsPerSecond: 1, inserts: 1, updates: 2, deletes: 3 }],
    sinks: { mysql: { rows: 1, bytes: 2, lastCommitMs: 3, queuedBytes: 4 } },
    errors: { TARGET_BUSY: 1 },
    timings: { decode: one, group: one, apply: one, publish: one },
  };
}

describe('the catalogue of metrics', () => {
  it('names each once, by area, what and unit', () => {
    expect(new Set(names).size).toBe(names.length);
    const units = 'seconds|bytes|total|bool|number|info';
    for (const name of names) {
      expect(name).toMatch(
        new RegExp(
          `^tailrace_(task|checkpoint|source|table|sink|snapshot|poll|inspection)_[a-z_]+_(${units})$|^tailrace_table_rows_total$`,
        ),
      );
    }
  });

  it('is what /metrics gives when everything is known, and nothing else', async () => {
    const { text } = await renderMetrics({
      version: '1',
      pid: 1,
      startedAt: '',
      tasks: [busyTask()],
    });
    const shown = new Set(
      [...text.matchAll(/^# TYPE (tailrace_\S+)/gm)].map(([, name]) => name ?? ''),
    );
    const own = (await processMetrics().getMetricsAsJSON()).map(({ name }) => name);
    expect([...shown].filter((name) => !own.includes(name)).sort()).toEqual([...names].sort());
    for (const name of names)
      expect(text).toMatch(new RegExp(`^${name}(_bucket)?\\{.*\\} \\S+$`, 'm'));
    expect(text).toContain('tailrace_sink_apply_seconds_bucket{le="0.025",task="shop"} 2\n');
    expect(text).toContain('tailrace_sink_apply_seconds_bucket{le="+Inf",task="shop"} 3\n');
    expect(text).toContain('tailrace_sink_apply_seconds_count{task="shop"} 3\n');
  });

  it('is in the README, name by name', () => {
    const readme = at('README.md');
    const listed = [...readme.matchAll(/^\| `(tailrace_[a-z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(names);
  });

  it.each(['conf/grafana-dashboard.json', 'conf/prometheus-alerts.yml'])(
    'has every name that %s asks for',
    async (path) => {
      const own = (await processMetrics().getMetricsAsJSON()).map(({ name }) => name);
      const known = new Set([...names, ...own]);
      const asked = [...at(path).matchAll(/tailrace_[a-z0-9_]+/g)].map(([name]) => name);
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter((name) => !known.has(name.replace(/_bucket$/, '')))).toEqual([]);
    },
  );
});
