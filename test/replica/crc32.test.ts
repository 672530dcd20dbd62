import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/replica/crc32.ts';

describe('crc32', () => {
  it('has the check value of the standard', () => {
    expect(crc32(Buffer.from('123456789'), 0, 9)).toBe(0xcbf43926 | 0);
  });

  it('agrees with zlib for any range of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(50), (bytes, start) => {
        const buffer = Buffer.from(bytes);
        const from = Math.min(start, buffer.length);
        expect(crc32(buffer, from, buffer.length)).toBe(zlibCrc32(buffer.subarray(from)) | 0);
      }),
    );
  });
});
