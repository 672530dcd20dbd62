import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../src/task/rate-meter.ts';

describe('RateMeter', () => {
  it('is 0 with nothing to compare', () => {
    const meter = new RateMeter();
    expect(meter.perSecond).toBe(0);
    meter.sample(1000, 5);
    expect(meter.perSecond).toBe(0);
    meter.sample(1000, 9);
    expect(meter.perSecond).toBe(0);
  });

  it('is that of the last ten seconds', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 60; second++) meter.sample(second * 1000, second * 100);
    expect(meter.perSecond).toBe(100);
    for (let second = 61; second <= 75; second++) meter.sample(second * 1000, 6000);
    expect(meter.perSecond).toBe(0);
  });

  it('begins anew with a counter that begins anew', () => {
    const meter = new RateMeter();
    meter.sample(0, 5000);
    meter.sample(1000, 0);
    meter.sample(2000, 10);
    expect(meter.perSecond).toBe(10);
  });

  it('looked at once in a long while it still has two samples', () => {
    const meter = new RateMeter();
    meter.sample(0, 0);
    meter.sample(60_000, 600);
    expect(meter.perSecond).toBe(10);
  });
});
