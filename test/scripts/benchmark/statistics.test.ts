import { describe, expect, it } from 'vitest';
import {
  interleave,
  percentile,
  ratiosByRound,
  slopeOf,
  spreadOf,
} from '../../../scripts/benchmark/support/statistics.ts';

describe('statistics of the benchmarks', () => {
  it('gives the median of odd and even counts, with the ends', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('takes percentiles by nearest rank, so the greatest of few is their 99th', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.999)).toBe(100);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('takes ratios only of rounds that both have', () => {
    const ours = new Map([
      [1, 100],
      [2, 90],
      [3, 80],
    ]);
    const theirs = new Map([
      [0, 1],
      [1, 50],
      [3, 160],
    ]);
    expect(ratiosByRound(ours, theirs)).toEqual([2, 0.5]);
  });

  it('lets contenders take turns forth and back', () => {
    const order = interleave(['A', 'B', 'C'], 3).map(({ contender }) => contender);
    expect(order.join('')).toBe('ABCCBAABC');
  });

  it('finds the slope of a line through noise', () => {
    const points = [0, 1, 2, 3].map((x) => [x, 10 + 2 * x + (x % 2 === 0 ? 1 : -1)] as const);
    expect(slopeOf(points)).toBeCloseTo(1.6);
    expect(slopeOf([[1, 5]])).toBe(0);
  });
});
