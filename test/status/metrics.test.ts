import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../src/status/metrics.ts';
import type { TaskStatus } from '../../src/status/task-status.ts';
import { TaskBoard } from '../../src/task/task-board.ts';

async function render(...tasks: readonly Partial<TaskStatus>[]): Promise<string> {
  const { text } = await renderMetrics({
    version: '1',
    pid: 1,
    startedAt: '',
    tasks: tasks.map((more, index) => ({ ...new TaskBoard(`task_${index}`).status(), ...more })),
  });
  return text;
}

describe('renderMetrics', () => {
  it('counts as counters what only grows; the rest are gauges in base units', async () => {
    const text = await render({
      state: 'streaming',
      retries: 3,
      lag: { ...new TaskBoard('x').status().lag, seconds: 1.5, bytesInFlight: 10 },
      sinks: { mysql: { rows: 7, lastCommitMs: 250, queuedBytes: 9 } },
    });
    for (const line of [
      '# TYPE tailrace_task_retries_total counter',
      'tailrace_task_retries_total{task="task_0"} 3',
      '# TYPE tailrace_task_lag_seconds gauge',
      'tailrace_task_lag_seconds{task="task_0"} 1.5',
      'tailrace_task_up_bool{task="task_0"} 1',
      'tailrace_sink_events_total{task="task_0",sink="mysql",event="rows"} 7',
      'tailrace_sink_last_commit_seconds{task="task_0",sink="mysql"} 0.25',
      'tailrace_sink_queued_bytes{task="task_0",sink="mysql"} 9',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('lastCommitMs');
  });

  it('leaves out what is not known, and is the same when asked again', async () => {
    const tasks = [{}, { retries: 1 }];
    const text = await render(...tasks);
    expect(text).not.toMatch(/^tailrace_task_lag_seconds\{/m);
    const again = await render(...tasks);
    const own = (all: string): string[] =>
      all.split('\n').filter((line) => /^tailrace_(task|sink|source)/.test(line));
    expect(own(again)).toEqual(own(text));
    expect(text).not.toMatch(/\n\n| Nan$/m);
    expect(text.endsWith('\n')).toBe(true);
  });
});
