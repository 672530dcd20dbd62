import { describe, expect, it } from 'vitest';
import { tokenize } from '../../src/schema/sql-lexer.ts';
import type { SqlDialect } from '../../src/schema/sql-token.ts';

const MYSQL: SqlDialect = { flavor: 'mysql', versionNumber: 50_729, sqlModeNames: [] };
const MARIADB: SqlDialect = { flavor: 'mariadb', versionNumber: 101_100, sqlModeNames: [] };

function read(sql: string, dialect: Partial<SqlDialect> = {}): string {
  const tokens = tokenize(sql, { ...MYSQL, ...dialect });
  return tokens.map((token) => `${token.kind} ${token.text}`).join('|');
}

describe('SqlLexer', () => {
  it('passes over comments', () => {
    expect(read('a -- x\nb # y\nc /* z */ d--e')).toBe(
      'word a|word b|word c|word d|symbol -|symbol -|word e',
    );
    expect(read('a --')).toBe('word a');
    expect(read('a /* never ends')).toBe('word a|bad ');
  });

  it.each([
    ['/*!50100 x */', MYSQL, 'word x'],
    ['/*!50100x*/', MYSQL, 'word x'],
    ['/*! x */', MYSQL, 'word x'],
    ['/*!80000 x /* y */ z */ a', MYSQL, 'word a'],
    ['/*!50100 x /* y */ z */ a', MYSQL, 'word x|word z|word a'],
    ['/*M! x */ a', MYSQL, 'word a'],
    ['/*M!100100 x */ a', MARIADB, 'word x|word a'],
    ['/*M!110000 x */ a', MARIADB, 'word a'],
    ['/*!100100 x */ a', MARIADB, 'word x|word a'],
    ['/*!50600 x */ a', MARIADB, 'word x|word a'],
    ['/*!50701 x */ a', MARIADB, 'word a'],
    ['/*!99999 x */ a', MARIADB, 'word a'],
  ])('reads %s as that server does', (sql, dialect, expected) => {
    expect(read(sql, dialect)).toBe(expected);
  });

  it('resolves every kind of quote', () => {
    expect(read('`a``b`')).toBe('quoted a`b');
    expect(read(String.raw`'it''s' 'a\'b\n\\' "q""r"`)).toBe(
      "string it's|string a'b\n\\|string q\"r",
    );
    expect(read(String.raw`'\%\_\0'`)).toBe(String.raw`string \%\_` + '\0');
    expect(read("N'x' n'y' _latin1'z'")).toBe('string x|string y|word _latin1|string z');
    expect(read("x'6a' X'6B' b'01' 0x6c 0b1")).toBe(
      "binary x'6a'|binary X'6B'|binary b'01'|binary 0x6c|binary 0b1",
    );
    expect(read("'never ends")).toBe('bad ');
  });

  it('follows sql_mode', () => {
    expect(read('"a""b"', { sqlModeNames: ['ANSI_QUOTES'] })).toBe('quoted a"b');
    expect(read(String.raw`'\' 'x'`, { sqlModeNames: ['NO_BACKSLASH_ESCAPES'] })).toBe(
      'string \\|string x',
    );
  });

  it('tells identifiers from numbers', () => {
    expect(read('2024_logs 1a 1ea $x _y ünï 日本')).toBe(
      'word 2024_logs|word 1a|word 1ea|word $x|word _y|word ünï|word 日本',
    );
    expect(read('12 1.5 .5 1e5 1.5e-3')).toBe(
      'number 12|number 1.5|number .5|number 1e5|number 1.5e-3',
    );
    expect(read('a.5b a.5 `a`.1')).toBe(
      'word a|symbol .|word 5b|word a|symbol .|word 5|quoted a|symbol .|word 1',
    );
  });

  it('keeps places in the statement', () => {
    const sql = 'create /* c */ table `a b`';
    const last = tokenize(sql, MYSQL).at(-1);
    expect(sql.slice(last?.start, last?.end)).toBe('`a b`');
  });
});
