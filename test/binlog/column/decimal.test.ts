import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalByteLength, readDecimal } from '../../../src/binlog/column/decimal.ts';

const meta = (precision: number, scale: number): number => precision | (scale << 8);

/** The example in the server's own source: 1234567890.1234 as DECIMAL(14,4). */
const EXAMPLE = '810dfb38d204d2';

function read(hex: string, precision: number, scale: number): string {
  const bytes = Buffer.from(`ff${hex}ff`, 'hex');
  expect(decimalByteLength(meta(precision, scale))).toBe(hex.length / 2);
  return readDecimal(bytes, 1, meta(precision, scale));
}

describe('readDecimal', () => {
  it('reads the positive and the negative form', () => {
    expect(read(EXAMPLE, 14, 4)).toBe('1234567890.1234');
    const negative = Buffer.from(EXAMPLE, 'hex').map((byte) => byte ^ 0xff);
    expect(read(Buffer.from(negative).toString('hex'), 14, 4)).toBe('-1234567890.1234');
  });

  it.each([
    ['80', 1, 0, '0'],
    ['89', 1, 0, '9'],
    ['76', 1, 0, '-9'],
    ['800005', 4, 3, '0.005'],
    ['80000000', 9, 0, '0'],
    ['bb9ac9ff', 9, 9, '0.999999999'],
    ['8000000000000001', 18, 9, '0.000000001'],
  ])('%s as (%d,%d)', (hex, precision, scale, text) => {
    expect(read(hex, precision, scale)).toBe(text);
  });

  it('reads what it was made of, whatever the precision', () => {
    const number = fc
      .tuple(fc.integer({ min: 1, max: 65 }), fc.nat(30), fc.boolean())
      .chain(([precision, scale, isNegative]) => {
        const digits = fc.string({
          unit: fc.constantFrom('0', '0', '0', '1', '3', '7', '9'),
          minLength: precision,
          maxLength: precision,
        });
        return fc.record({
          digits,
          scale: fc.constant(Math.min(scale, precision)),
          isNegative: fc.constant(isNegative),
        });
      });
    fc.assert(
      fc.property(number, ({ digits, scale, isNegative }) => {
        const bytes = encode(digits, scale, isNegative);
        const whole = digits.slice(0, digits.length - scale).replace(/^0+(?=.)/, '') || '0';
        const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
        expect(readDecimal(bytes, 0, meta(digits.length, scale))).toBe(
          `${isNegative ? '-' : ''}${whole}${fraction}`,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

/** As the server stores it. */
function encode(digits: string, scale: number, isNegative: boolean): Buffer {
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : digits.slice(-scale);
  const short = whole.length % 9;
  const groups = [whole.slice(0, short), ...nines(whole.slice(short)), ...nines(fraction)];
  const bytes = Buffer.concat(
    groups.map((group) => {
      const buffer = Buffer.alloc(Math.ceil(group.length / 2) - (group.length === 9 ? 1 : 0));
      if (buffer.length > 0) buffer.writeUIntBE(Number(group), 0, buffer.length);
      return buffer;
    }),
  );
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  return isNegative ? Buffer.from(bytes.map((byte) => byte ^ 0xff)) : bytes;
}

function nines(digits: string): string[] {
  return digits.match(/.{1,9}/g) ?? [];
}
