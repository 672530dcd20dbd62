import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJsonDouble } from '../../../src/binlog/json/json-double.ts';
import { testServer } from '../../support/servers.ts';
import { openSql } from '../../support/sql.ts';

const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  // Around the exponents where the notation changes.
  fc
    .tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: -30, max: 25 }))
    .map(([digits, exponent]) => digits * 10 ** exponent),
  fc
    .tuple(fc.double({ min: 0.1, max: 1, noNaN: true }), fc.integer({ min: -20, max: 20 }))
    .map(([value, exponent]) => value * 10 ** exponent),
);

describe('formatJsonDouble', () => {
  it('prints what MySQL prints', async () => {
    const sql = await openSql(testServer('src97'));
    try {
      const values = fc.sample(doubles, { numRuns: 5000, seed: 97 });
      // toExponential makes the literal a double and not a decimal.
      const literals = values.map((value) => value.toExponential());
      const text = await sql.value(`SELECT CAST(JSON_ARRAY(${literals.join()}) AS CHAR)`);
      const expected = text?.slice(1, -1).split(', ') ?? [];
      expect(values.map((value) => formatJsonDouble(value))).toEqual(
        // A literal -0e0 is a zero to SQL.
        expected.map((printed, i) => (Object.is(values[i], -0) ? '-0.0' : printed)),
      );
    } finally {
      await sql.close();
    }
  });
});
