import { describe, expect, it } from 'vitest';
import {
  formatCreateTable,
  parseCreateTable,
  routeColumns,
  splitKeys,
  type CreateTableText,
} from '../../src/snapshot/create-table-text.ts';
import { fakeTable } from '../support/fake-change.ts';

const DIALECT = { flavor: 'mysql', versionNumber: 80_000, sqlModeNames: [] } as const;
const SQL = `CREATE TABLE \`t\` (
  \`id\` int NOT NULL AUTO_INCREMENT,
  \`a,b\` varchar(10) DEFAULT ',)',
  \`c\` decimal(10,2) COMMENT 'x'' (',
  \`d\` int GENERATED ALWAYS AS ((\`c\` + 1)) VIRTUAL,
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`u\` (\`a,b\`),
  KEY \`c\` (\`c\`,\`id\`),
  KEY \`auto\` (\`id\`),
  FULLTEXT KEY \`ft\` (\`a,b\`),
  CONSTRAINT \`fk\` FOREIGN KEY (\`c\`) REFERENCES \`o\` (\`c\`)
) ENGINE=InnoDB COMMENT='(,)'`;

const parse = (sql: string): CreateTableText => parseCreateTable(sql, DIALECT) as CreateTableText;
const names = ['id', 'a,b', 'c', 'd'];
const table = fakeTable({ columns: names.map((name) => [name, 'int'] as const) });
const routeOf = (to: Record<string, string | undefined>) => ({
  target: { database: 'shop', table: 't' },
  isIdentity: false,
  columns: names.flatMap((name, index) => {
    const target = name in to ? to[name] : name;
    return target === undefined ? [] : [{ index, name: target }];
  }),
});

describe('CREATE TABLE text', () => {
  it('is cut at the commas between items, and is the same when put together', () => {
    expect(parse(SQL).items.map(({ kind }) => kind)).toEqual([
      ...['column', 'column', 'column', 'column', 'primary'],
      ...['unique', 'key', 'key', 'key', 'foreign'],
    ]);
    expect(formatCreateTable(parse(SQL))).toBe(SQL);
    expect(parseCreateTable('CREATE SEQUENCE `s` start with 1', DIALECT)).toBe(undefined);
  });

  it('renames a column wherever it is named, but not what has its name by chance', () => {
    const text = formatCreateTable(
      routeColumns(parse(SQL), { table, route: routeOf({ c: 'e`f' }) }, DIALECT),
    );
    expect(text).toContain('`e``f` decimal(10,2)');
    expect(text).toContain('((`e``f` + 1))');
    expect(text).toContain('KEY `c` (`e``f`,`id`)');
    expect(text).toContain('FOREIGN KEY (`e``f`) REFERENCES `o` (`c`)');
  });

  it('drops a column with its keys', () => {
    const text = formatCreateTable(
      routeColumns(parse(SQL), { table, route: routeOf({ 'a,b': undefined }) }, DIALECT),
    );
    expect(text).not.toContain('a,b');
    expect(text).not.toContain('FULLTEXT');
    expect(text).toContain('KEY `c`');
  });

  it('refuses to drop a column that a generated one needs', () => {
    const route = routeOf({ c: undefined });
    expect(() => routeColumns(parse(SQL), { table, route }, DIALECT)).toThrow('generated column');
  });

  it('keeps the keys that rows need, and makes the others late', () => {
    const { create, late } = splitKeys(parse(SQL), DIALECT);
    expect(late.map((key) => /`(\w+)`/.exec(key)?.[1])).toEqual(['u', 'c', 'ft']);
    expect(formatCreateTable(create)).toContain('KEY `auto` (`id`)');
  });
});
