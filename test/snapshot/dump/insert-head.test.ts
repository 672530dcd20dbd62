import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInsertHead } from '../../../src/snapshot/dump/insert-head.ts';

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const name = fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' });

describe('parseInsertHead', () => {
  it('reads any names, and says where the rows begin', () => {
    fc.assert(
      fc.property(name, fc.array(name, { minLength: 1, maxLength: 40 }), (table, columns) => {
        const head = `INSERT INTO ${quote(table)} (${columns.map(quote).join(', ')}) VALUES\n`;
        const statement = Buffer.from(`${head}(1)`, 'utf8');
        const parsed = parseInsertHead(statement);
        expect(parsed).toMatchObject({ table, columns });
        expect(statement.subarray(parsed?.valuesAt).toString()).toBe('(1)');
      }),
    );
  });

  it('reads a thousand columns', () => {
    const columns = Array.from({ length: 1017 }, (_, at) => `${'漢'.repeat(60)}${at}`);
    const text = `INSERT INTO \`t\` (${columns.map(quote).join(', ')}) VALUES (1)`;
    expect(parseInsertHead(Buffer.from(text))?.columns).toEqual(columns);
  });

  it('refuses what is no INSERT with a list of columns', () => {
    expect(parseInsertHead(Buffer.from('INSERT INTO `t` VALUES (1)'))).toBe(undefined);
    expect(parseInsertHead(Buffer.from('LOCK TABLES `t` WRITE'))).toBe(undefined);
  });
});
