import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javaBigDecimal, javaDouble, javaFloat } from '../../src/message/java-number.ts';

describe('javaDouble', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1.5, '1.5'],
    [3, '3.0'],
    [-3, '-3.0'],
    [100, '100.0'],
    [9_999_999, '9999999.0'],
    [1e7, '1.0E7'],
    [12_345_678.9, '1.23456789E7'],
    [1e10, '1.0E10'],
    [1e308, '1.0E308'],
    [0.001, '0.001'],
    [0.0015, '0.0015'],
    [0.00099, '9.9E-4'],
    [2.2250738585072014e-308, '2.2250738585072014E-308'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
  ])('%d → %s', (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });

  it('reads back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(javaDouble(value))).toBe(value);
      }),
    );
  });
});

describe('javaFloat', () => {
  it.each([
    [1.1, '1.1'],
    [16_777_216, '1.6777216E7'],
    [3.4028234663852886e38, '3.4028235E38'],
    [1.17549435e-38, '1.1754944E-38'],
  ])('%d → %s', (value, text) => {
    expect(javaFloat(Math.fround(value))).toBe(text);
  });

  it('reads back as the same float', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(Number(javaFloat(value)))).toBe(value);
      }),
    );
  });
});

describe('javaBigDecimal', () => {
  it.each([
    ['1.50', '1.50'],
    ['-12.00', '-12.00'],
    ['0', '0'],
    ['0.000000', '0.000000'],
    ['0.0000000', '0E-7'],
    ['0.00', '0.00'],
    ['0.00000001', '1E-8'],
    ['0.00000010', '1.0E-7'],
    ['0.00000123', '0.00000123'],
    ['-0.0000001234', '-1.234E-7'],
    ['123456789012345678901234567890.5', '123456789012345678901234567890.5'],
  ])('%s → %s', (text, expected) => {
    expect(javaBigDecimal(text)).toBe(expected);
  });
});
