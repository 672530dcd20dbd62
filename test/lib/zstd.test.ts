import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compressZstd, decompressZstd, prepareZstd } from '../../src/lib/zstd.ts';
import { writeZstd } from '../support/zstd-writer.ts';

describe('zstd', () => {
  const texts = [1, 200, 255, 256, 257, 70_000, 3_000_000].map((length) =>
    Buffer.concat([Buffer.alloc(length, 'tailrace'), randomBytes(length & 63)]),
  );

  it('gives back what was packed, before its codec is loaded and after', async () => {
    // Frames that do not say how long they are.
    const frames = texts.map((text) => writeZstd(text));
    const inflate = () => frames.map((frame, at) => decompressZstd(frame, texts[at]?.length));
    expect(inflate().every((one, at) => texts[at]?.equals(one))).toBe(true);
    await prepareZstd();
    expect(inflate().every((one, at) => texts[at]?.equals(one))).toBe(true);
    // These do.
    for (const text of texts) {
      expect(decompressZstd(compressZstd(text), text.length).equals(text)).toBe(true);
      expect(decompressZstd(compressZstd(text)).equals(text)).toBe(true);
    }
  });

  it('refuses what is damaged, and what says another length', async () => {
    await prepareZstd();
    const packed = compressZstd(Buffer.alloc(100_000, 'abc'));
    expect(() => decompressZstd(packed.subarray(0, packed.length - 5), 100_000)).toThrow();
    expect(() => decompressZstd(packed, 99_999)).toThrow();
    expect(() => decompressZstd(Buffer.from('no zstd at all, no'), 100)).toThrow();
  });
});
