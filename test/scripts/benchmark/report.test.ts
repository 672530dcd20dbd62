import { describe, expect, it } from 'vitest';
import { barChart } from '../../../scripts/benchmark/report/chart.ts';
import { commandOf, mergeCells } from '../../../scripts/benchmark/report/merge.ts';
import { overviewRow } from '../../../scripts/benchmark/report/markdown.ts';
import type { CellResult, Measure } from '../../../scripts/benchmark/report/results.ts';
import { bestRival, summarize } from '../../../scripts/benchmark/report/summarize.ts';

const rates = (...all: (number | string)[]): Measure[] =>
  all.map((rate, index) =>
    typeof rate === 'string'
      ? { round: index + 1, void: rate }
      : { round: index + 1, rowsPerSecond: rate },
  );

const cell: CellResult = {
  name: 'apply/x/y',
  suite: 'apply',
  what: 'rows & <tables>',
  compares: { key: 'rowsPerSecond', unit: 'rows/s', better: 'more' },
  settings: {},
  contenders: [
    { name: 'tailrace', version: '1', measures: rates(200, 'source and target differ', 300) },
    { name: 'slow', version: '1', measures: rates(100, 1, 100) },
    { name: 'near', version: '1', measures: rates(160, 160, 240) },
    { name: 'away', version: '1', absent: 'no such package', measures: [] },
  ],
};

describe('the report of the benchmarks', () => {
  it('leaves a void round out on both sides of a ratio', () => {
    const [own, slow] = summarize(cell);
    expect(own?.figure).toEqual({ median: 250, min: 200, max: 300 });
    expect(own?.voids).toEqual(['source and target differ']);
    expect(slow?.ratio).toEqual({ median: 2.5, min: 2, max: 3 });
  });

  it('compares with the one that comes nearest', () => {
    expect(bestRival(summarize(cell))?.name).toBe('near');
    expect(overviewRow(cell)).toBe(
      '| apply/x/y | 250 rows/s | near: 160 rows/s | 1.25 × (1.25 … 1.25) |',
    );
  });

  it('turns the ratio where less is better', () => {
    const less: CellResult = { ...cell, compares: { ...cell.compares, better: 'less' } };
    expect(summarize(less).find(({ name }) => name === 'slow')?.ratio?.median).toBeCloseTo(
      (100 / 200 + 100 / 300) / 2,
    );
  });

  it('draws only who has figures, with names that XML can hold', () => {
    const svg = barChart(cell);
    expect(svg).toContain('rows &amp; &lt;tables&gt;');
    expect(svg).toContain('>near<');
    expect(svg).not.toContain('away');
  });

  it('puts the cells of several runs together, the newer in the place of the older', () => {
    const [old, other, newer] = ['a', 'b', 'a'].map((name, at) => ({
      ...cell,
      name,
      what: String(at),
    }));
    if (old === undefined || other === undefined || newer === undefined) throw new Error('three');
    const order = ['b', 'a'];
    expect(mergeCells([old, other], [newer], order).map(({ what }) => what)).toEqual(['1', '2']);
    expect(mergeCells([old], [other], []).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('shows a command as a reader would type it', () => {
    expect(commandOf(['--quick', '--out', '/tmp/x'])).toBe('scripts/bench --quick');
    const added = [
      '--quick',
      '--scale',
      '2',
      '--add',
      '--only',
      'soak',
      '--contender',
      'x y',
      '--out',
      'z',
    ];
    expect(commandOf(added)).toBe(
      'scripts/bench --quick --add --only NAME [--contender NAME] [--scale X]',
    );
  });
});
