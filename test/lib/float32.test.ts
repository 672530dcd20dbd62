import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFloat32, readFloat32 } from '../../src/lib/float32.ts';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('formatFloat32', () => {
  it.each([
    [1.1, '1.1'],
    [16777217, '16777216'],
    [-0.1, '-0.1'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1e-45, '1e-45'],
    [0, '0'],
    [-0, '-0'],
    [123456.7, '123456.7'],
  ])('%d is %s', (value, text) => {
    expect(formatFloat32(Math.fround(value))).toBe(text);
  });

  it('reads back as the same float, and no text with fewer digits does', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const text = formatFloat32(value);
        expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
        const digits = text
          .replace(/e.*/, '')
          .replace(/\D/g, '')
          .replace(/^0+|0+$/g, '').length;
        if (digits > 1) {
          const shorter = Number(value.toPrecision(digits - 1));
          expect(Math.fround(shorter)).not.toBe(value);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readFloat32', () => {
  it('reads what Buffer reads', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const bytes = Buffer.alloc(5);
        bytes.writeFloatLE(value, 1);
        expect(readFloat32(bytes, 1)).toBe(value);
      }),
    );
  });
});
