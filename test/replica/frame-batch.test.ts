import { describe, expect, it } from 'vitest';
import { FrameBatch } from '../../src/replica/frame-batch.ts';

describe('FrameBatch', () => {
  it('gives back each frame where it stands, also when there are many, of several chunks', () => {
    const chunks = [Buffer.alloc(64, 1), Buffer.alloc(64, 2), Buffer.alloc(64, 3)];
    const batch = new FrameBatch();
    const wanted = Array.from({ length: 3000 }, (_, i) => ({
      bytes: chunks[Math.floor(i / 1000)] as Buffer,
      start: i % 40,
      end: (i % 40) + (i % 24),
      checksumLength: i % 2 === 0 ? (4 as const) : (0 as const),
    }));
    for (const { bytes, start, end, checksumLength } of wanted) {
      batch.add(bytes, start, end, checksumLength);
    }
    expect(batch.length).toBe(3000);
    expect(batch.bytes).toBe(wanted.reduce((sum, { start, end }) => sum + end - start, 0));
    const read = [...batch];
    expect(read.every(({ bytes }, i) => bytes === wanted[i]?.bytes)).toBe(true);
    expect(read.map(({ start, end }) => [start, end])).toEqual(
      wanted.map(({ start, end }) => [start, end]),
    );
    expect(batch.at(2999).checksumLength).toBe(0);
  });

  it('has nothing left when it is cleared, and is filled anew', () => {
    const batch = new FrameBatch();
    batch.add(Buffer.from('first'), 0, 5, 0);
    batch.clear();
    expect([batch.length, batch.bytes, ...batch]).toEqual([0, 0]);
    expect(() => batch.at(0)).toThrow(RangeError);
    const second = Buffer.from('second');
    batch.add(second, 1, 3, 4);
    expect([...batch]).toEqual([{ bytes: second, start: 1, end: 3, checksumLength: 4 }]);
  });
});
