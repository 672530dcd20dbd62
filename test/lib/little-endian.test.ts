import { describe, expect, it } from 'vitest';
import { u16At, u24At, u32At, u48At } from '../../src/lib/little-endian.ts';

describe('numbers on the wire', () => {
  it.each([0x00, 0x01, 0x7f, 0x80, 0xff])(
    'are read as Buffer reads them, filled with %i',
    (fill) => {
      const bytes = Buffer.from([9, fill, 0x12, fill, 0xff, fill, 0x80, 9]);
      for (const at of [1, 2]) {
        expect(u16At(bytes, at)).toBe(bytes.readUInt16LE(at));
        expect(u24At(bytes, at)).toBe(bytes.readUIntLE(at, 3));
        expect(u32At(bytes, at)).toBe(bytes.readUInt32LE(at));
        expect(u48At(bytes, at)).toBe(bytes.readUIntLE(at, 6));
      }
    },
  );
});
