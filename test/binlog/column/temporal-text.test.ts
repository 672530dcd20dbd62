import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fractionText, integerText, padded } from '../../../src/binlog/column/digits.ts';
import { dateText, epochText, timeText } from '../../../src/binlog/column/temporal-text.ts';

const plain = (value: number, digits: number): string => String(value).padStart(digits, '0');

describe('temporal texts', () => {
  it('are those of Date for any second up to 2106', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seconds) => {
        const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
        expect(epochText(seconds)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('are those of Date on each day, leap days among them', () => {
    for (let day = 0; day < 49_710; day++) {
      expect(epochText(day * 86_400).slice(0, 10)).toBe(
        new Date(day * 86_400_000).toISOString().slice(0, 10),
      );
    }
  });

  it('name a date as its own numbers say, whatever was named before', () => {
    const date = fc.tuple(fc.nat(9999), fc.nat(15), fc.nat(31));
    fc.assert(
      fc.property(fc.array(date, { minLength: 1, maxLength: 40 }), (dates) => {
        for (const [year, month, day] of [...dates, ...dates]) {
          expect(dateText(year, month, day)).toBe(
            `${plain(year, 4)}-${plain(month, 2)}-${plain(day, 2)}`,
          );
        }
      }),
    );
  });

  it('tell two dates apart that are kept in one place', () => {
    // 12 * 31 * year + 31 * month + day differs by 2^14.
    const [first, second] = [dateText(1000, 1, 1), dateText(1044, 1, 17)];
    expect([first, second, dateText(1000, 1, 1)]).toEqual([
      '1000-01-01',
      '1044-01-17',
      '1000-01-01',
    ]);
  });

  it('show times with numbers that no clock has', () => {
    const sixBits = fc.nat(63);
    fc.assert(
      fc.property(fc.nat(1023), sixBits, sixBits, (hour, minute, second) => {
        expect(timeText(hour, minute, second)).toBe(
          `${plain(hour, 2)}:${plain(minute, 2)}:${plain(second, 2)}`,
        );
      }),
    );
  });

  it('fill fractions with zeros in front', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(999_999_999), (digits, value) => {
        const fraction = value % 10 ** digits;
        expect(padded(fraction, digits)).toBe(plain(fraction, digits));
        expect(fractionText(fraction, digits)).toBe(`.${plain(fraction, digits)}`);
      }),
    );
    expect(fractionText(0, 0)).toBe('');
  });

  it('show a number that has more digits than it should as it stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(2 ** 32 - 1), (digits, value) => {
        expect(padded(value, digits)).toBe(plain(value, digits));
        expect(integerText(value)).toBe(String(value));
        expect(integerText(value % 10 ** digits)).toBe(String(value % 10 ** digits));
      }),
      { numRuns: 2000 },
    );
  });
});
