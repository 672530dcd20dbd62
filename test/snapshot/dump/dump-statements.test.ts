import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DumpStatements } from '../../../src/snapshot/dump/dump-statements.ts';

const HEAD = '-- Dump\n--\n-- Current Database: `a`\n--\n\nUSE `a``b`;\n';
const DUMP =
  `${HEAD}INSERT INTO \`t\` (\`id\`) VALUES (1),(2);\n` +
  "-- a comment;\n\nINSERT INTO `t` (`id`) VALUES ('; -- \\n;');\n" +
  'USE `c`;\nINSERT INTO `u` (`id`) VALUES (3);\n-- Dump completed on 2026-01-01\n';

/** What comes of a dump that arrives in pieces which end at these places. */
function cut(dump: string, places: readonly number[]) {
  const bytes = Buffer.from(dump, 'utf8');
  const statements = new DumpStatements();
  const ends = [...places.map((place) => place % bytes.length), bytes.length].sort((a, b) => a - b);
  const inserts: string[] = [];
  let start = 0;
  for (const end of ends) {
    for (const { database, statement } of statements.push(bytes.subarray(start, end))) {
      inserts.push(`${database}: ${statement.toString()}`);
    }
    start = end;
  }
  statements.end();
  return { inserts, isCompleted: statements.isCompleted };
}

describe('DumpStatements', () => {
  it('gives the INSERTs with their databases, wherever the pieces end', () => {
    const expected = [
      'a`b: INSERT INTO `t` (`id`) VALUES (1),(2)',
      "a`b: INSERT INTO `t` (`id`) VALUES ('; -- \\n;')",
      'c: INSERT INTO `u` (`id`) VALUES (3)',
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(DUMP.length), { maxLength: 30 }), (places) => {
        expect(cut(DUMP, places)).toEqual({ inserts: expected, isCompleted: true });
      }),
    );
  });

  it('is not whole without its last line', () => {
    const end = DUMP.indexOf('-- Dump completed');
    expect(cut(DUMP.slice(0, end), []).isCompleted).toBe(false);
  });

  it('tells when the view is open: the program has begun to read', () => {
    const statements = new DumpStatements();
    expect([...statements.push(Buffer.from('-- Dump\n--\n'))]).toEqual([]);
    expect(statements.hasBegun).toBe(false);
    expect([...statements.push(Buffer.from('-- Current Database: `a`\n'))]).toEqual([]);
    expect(statements.hasBegun).toBe(true);
  });
});
