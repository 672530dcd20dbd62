import { describe, expect, it } from 'vitest';
import { LookBackWindow } from '../../src/poll/look-back-window.ts';

function windowOf(...sizes: readonly number[]): LookBackWindow {
  const window = new LookBackWindow();
  sizes.forEach((rows, index) => {
    const digest = { rows: BigInt(rows), sum: BigInt(rows * 10) };
    window.add({ after: [`${index}`], to: [`${index + 1}`], digest, readAtMs: index * 100 });
  });
  return window;
}

describe('the window that is looked at again', () => {
  it('is one range whose digest is the sum of its parts', () => {
    expect(windowOf(1, 2, 3).whole).toEqual({
      range: { after: ['0'], to: ['3'] },
      digest: { rows: 6n, sum: 60n },
    });
    expect(new LookBackWindow().whole).toBeUndefined();
  });

  it('forgets what is old, and what is more than it may hold', () => {
    const window = windowOf(1, 2, 3);
    window.forget(150);
    expect(window.since).toEqual(['2']);
    expect(window.whole?.digest.rows).toBe(3n);
    const large = windowOf(600_000, 600_000, 5);
    large.forget(0);
    expect(large.chunks.map(({ digest }) => digest.rows)).toEqual([600_000n, 5n]);
  });

  it('takes the new digest of a part that was read again', () => {
    const window = windowOf(1, 2);
    const [first] = window.chunks;
    if (first !== undefined) window.replace(first, { rows: 4n, sum: 5n });
    expect(window.whole?.digest).toEqual({ rows: 6n, sum: 25n });
    window.clear();
    expect(window.whole).toBeUndefined();
  });
});
