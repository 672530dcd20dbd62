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
});
