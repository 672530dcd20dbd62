import { describe, expect, it } from 'vitest';
import { harmfulWarnings, readWarnings } from '../../../src/sink/mysql/warnings.ts';

describe('harmfulWarnings', () => {
  const harmful = (...rows: [string, string, string][]) =>
    harmfulWarnings(readWarnings(rows)).map(({ errno }) => errno);

  it('takes changed values for harmful, also where the server calls it a note', () => {
    expect(harmful(['Warning', '1264', 'Out of range'], ['Note', '1265', 'truncated'])).toEqual([
      1264, 1265,
    ]);
  });

  it('lets deprecations and notes pass, and nothing else that it does not know', () => {
    expect(harmful(['Warning', '1287', 'deprecated'], ['Note', '9999', 'by the way'])).toEqual([]);
    expect(harmful(['Warning', '9999', 'who knows'])).toEqual([9999]);
    expect(harmfulWarnings(readWarnings(undefined))).toEqual([]);
  });
});
