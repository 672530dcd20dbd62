import { describe, expect, it } from 'vitest';
import { CopyProgress } from '../../src/snapshot/progress.ts';
import { copyStatus, describeCopy } from '../../src/task/snapshot/show-progress.ts';

const MB = 1_000_000;

function copying() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  const progress = new CopyProgress(clock);
  const sizes = { bytes: 0, estimatedRows: 1000, estimatedBytes: 100 * MB };
  progress.plan([
    { table: 'a.done', state: 'done', ...sizes, rows: 1000, bytes: 100 * MB },
    { table: 'a.half', state: 'waiting', ...sizes, rows: 500, bytes: 50 * MB },
  ]);
  progress.phase = 'copying';
  const table = progress.of('a.half');
  table.state = 'copying';
  return { clock, progress, table };
}

describe('the progress of a copy that was taken up again', () => {
  it('counts what an earlier command copied, and not into its own pace', () => {
    const { clock, progress, table } = copying();
    table.rows += 250;
    table.bytes += 25 * MB;
    clock.nowMs = 5000;
    expect(copyStatus(progress, 'running')).toMatchObject({
      rows: 1750,
      rowsTotal: 2000,
      tablesDone: 1,
      rowsPerSecond: 50,
      bytesPerSecond: 5 * MB,
      secondsLeft: 5,
      copying: [{ table: 'a.half', rows: 750, rowsTotal: 1000, isMakingKeys: false }],
    });
    expect(describeCopy(progress).summary).toBe(
      'Copy: 1 of 2 tables, 1,750 rows  50 rows/s  5.0 MB/s  5 s left',
    );
  });

  it('says why it waits, for as long as it waits', () => {
    const { progress } = copying();
    progress.waitsFor = 'the source is 9 s behind';
    expect(copyStatus(progress, 'running').waitsFor).toBe('the source is 9 s behind');
    expect(describeCopy(progress).lines.at(-1)).toContain('(waiting: the source is 9 s behind)');
    expect(copyStatus(progress, 'failed').waitsFor).toBe(null);
    progress.waitsFor = undefined;
    expect(copyStatus(progress, 'running').waitsFor).toBe(null);
  });
});
