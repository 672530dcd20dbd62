import { describe, expect, it } from 'vitest';
import {
  formatCreateTable,
  parseCreateTable,
  splitKeys,
  type CreateTableText,
} from '../../src/snapshot/create-table-text.ts';

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
describe('CREATE TABLE text', () => {
  it('is cut at the commas between items, and is the same when put together', () => {
    expect(parse(SQL).items.map(({ kind }) => kind)).toEqual([
      ...['column', 'column', 'column', 'column', 'primary'],
      ...['unique', 'key', 'key', 'key', 'foreign'],
    ]);
    expect(formatCreateTable(parse(SQL))).toBe(SQL);
    expect(parseCreateTable('CREATE SEQUENCE `s` start with 1', DIALECT)).toBe(undefined);
  });

  it('keeps the keys that rows need, and makes the others late', () => {
    const { create, late } = splitKeys(parse(SQL), DIALECT);
    expect(late.map((key) => /`(\w+)`/.exec(key)?.[1])).toEqual(['u', 'c', 'ft']);
    expect(formatCreateTable(create)).toContain('KEY `auto` (`id`)');
  });
});
