import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compress, decompress, prepareCompression } from '../../src/kafka/codecs.ts';
import { crc32c } from '../../src/kafka/crc32c.ts';

const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

describe.each(NAMES)('%s', (name) => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a short text', Buffer.from('{"id":1}')],
    ['repetition', Buffer.from('tailrace '.repeat(50_000))],
    ['noise', randomBytes(100_000)],
  ])('gives back %s', async (_, data) => {
    await prepareCompression(name);
    expect(decompress(name, compress(name, data)).equals(data)).toBe(true);
  });

  it('makes repetition smaller', async () => {
    await prepareCompression(name);
    expect(compress(name, Buffer.alloc(100_000, 'ab')).length).toBeLessThan(10_000);
  });
});

it('reads raw snappy blocks of other clients', async () => {
  const { compress: raw } = await import('snappyjs');
  const data = Buffer.from('a'.repeat(1000));
  expect(decompress('snappy', Buffer.from(raw(data))).equals(data)).toBe(true);
});

it('computes CRC-32C by the check value of the RFC 3720 tables', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});
