import { describe, expect, it } from 'vitest';
import { addPoint, sinceOf, type PollPoint } from '../../src/poll/poll-mark.ts';

describe('the mark of a polled table', () => {
  it('goes back to the newest point that is old enough', () => {
    const points = [
      { at: 1000, key: null },
      { at: 2000, key: ['20'] },
      { at: 3000, key: ['30'] },
    ];
    expect(sinceOf({ last: ['40'], points }, 2500)).toEqual(['20']);
    expect(sinceOf({ last: ['40'], points }, 3000)).toEqual(['30']);
  });

  it('goes back to the oldest where none is old enough, which may be the first row', () => {
    const points = [
      { at: 1000, key: null },
      { at: 2000, key: ['20'] },
    ];
    expect(sinceOf({ last: ['40'], points }, 500)).toBeNull();
    expect(sinceOf({ last: ['40'], points: [] }, 500)).toEqual(['40']);
  });

  it('keeps few points, and one that is old enough among them', () => {
    let points: readonly PollPoint[] = [];
    for (let at = 0; at <= 600_000; at += 500) {
      points = addPoint(points, { at, key: [String(at)] }, 60_000);
      expect(points.length).toBeLessThan(10);
      if (at < 60_000) continue;
      const since = Number(sinceOf({ last: null, points }, at - 60_000)?.[0]);
      expect(since).toBeLessThanOrEqual(at - 60_000);
      expect(since).toBeGreaterThanOrEqual(at - 72_000);
    }
  });
});
