import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/lib/backoff.ts';

describe('Backoff', () => {
  it('doubles its bound up to the largest, and starts anew after a reset', () => {
    const backoff = new Backoff({ minMs: 100, maxMs: 1000, random: () => 1 });
    const waits = Array.from({ length: 6 }, () => backoff.next());
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoff.attempts).toBe(6);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('draws each wait between nothing and the bound', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2000), (random, skip) => {
        const backoff = new Backoff({ minMs: 50, maxMs: 5000, random: () => random });
        for (let i = 0; i < skip; i++) backoff.next();
        const wait = backoff.next();
        expect(wait).toBe(Math.round(random * Math.min(5000, 50 * 2 ** Math.min(skip, 30))));
      }),
      { numRuns: 50 },
    );
  });

  it('waits by the sleep it was given and ends with the signal', async () => {
    const slept: number[] = [];
    const backoff = new Backoff({
      minMs: 10,
      random: () => 0.5,
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    });
    await backoff.wait(new AbortController().signal);
    await backoff.wait(new AbortController().signal);
    expect(slept).toEqual([5, 10]);
    const reason = new Error('stop');
    const real = new Backoff({ minMs: 60_000, random: () => 1 });
    const stop = new AbortController();
    const waiting = real.wait(stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
