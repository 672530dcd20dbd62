import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStatement } from '../../../../src/sink/mysql/ddl/encode-statement.ts';
import { digestOf } from '../../../../src/sink/mysql/ddl/object-state.ts';
import { findWords, scanStatement } from '../../../../src/sink/mysql/ddl/scan.ts';
import { targetSqlMode } from '../../../../src/sink/mysql/ddl/sql-mode.ts';
import { constantOffset } from '../../../../src/sink/mysql/ddl/time-zone.ts';

const MYSQL_9 = { flavor: 'mysql', versionNumber: 90_704 } as const;
const MYSQL_57 = { flavor: 'mysql', versionNumber: 50_729 } as const;
const MARIADB = { flavor: 'mariadb', versionNumber: 110_806 } as const;

describe('sql_mode at the target', () => {
  it('has what the target knows', () => {
    const names = ['ANSI_QUOTES', 'NO_AUTO_CREATE_USER', 'NO_FIELD_OPTIONS'];
    expect(targetSqlMode(names, MYSQL_9, MYSQL_57)).toEqual({ text: 'ANSI_QUOTES', missing: [] });
    expect(targetSqlMode(names, MARIADB, MARIADB).text).toBe(names.join(','));
  });

  it('names what can not be left out', () => {
    expect(targetSqlMode(['ORACLE'], MYSQL_9, MARIADB).missing).toEqual(['ORACLE']);
  });

  it('rounds fractions of seconds as the source does', () => {
    expect(targetSqlMode([], MARIADB, MYSQL_57).text).toBe('TIME_ROUND_FRACTIONAL');
    expect(targetSqlMode([], MYSQL_9, MARIADB).text).toBe('TIME_TRUNCATE_FRACTIONAL');
    expect(targetSqlMode(['TIME_TRUNCATE_FRACTIONAL'], MARIADB, MYSQL_9).text).toBe('');
    expect(targetSqlMode(['TIME_ROUND_FRACTIONAL'], MYSQL_9, MARIADB).text).toBe('');
  });
});

describe('offset of a time zone', () => {
  it('is known where it has always been the same', () => {
    expect(constantOffset('UTC')).toBe('+00:00');
    expect(constantOffset('Etc/GMT+3')).toBe('-03:00');
    expect(constantOffset('Asia/Kolkata')).toBe('+05:30');
  });
  it('is not known otherwise', () => {
    expect(constantOffset('Europe/Berlin')).toBeUndefined();
    expect(constantOffset('No/Where')).toBeUndefined();
  });
});

describe('bytes of a statement', () => {
  it('are those that the client sent', () => {
    expect(encodeStatement("x 'é?'", 8)).toEqual({
      bytes: Buffer.from("x 'é?'", 'latin1'),
      client: 'latin1',
    });
    expect(encodeStatement("'表'", 13)).toEqual({
      bytes: Buffer.from([0x27, 0x95, 0x5c, 0x27]),
      client: 'sjis',
    });
  });
  it('are utf8mb4 for what the character set does not have, and for ASCII', () => {
    expect(encodeStatement("'表'", 8).client).toBe('utf8mb4');
    expect(encodeStatement("'x'", 8).client).toBe('utf8mb4');
    expect(encodeStatement("'é'", 33)).toEqual({ bytes: Buffer.from("'é'"), client: 'utf8mb4' });
  });
});

const PIECES = ['a', '`', '"', "'", '\\', '(', ')', '/', '*', '!', '-', '#', ' ', '\n', '.', 'é'];

describe('scan of a statement', () => {
  const words = (statement: string, modes: readonly string[] = []) =>
    scanStatement(statement, modes).map(({ kind, text }) => `${kind}:${text}`);

  it('passes comments and reads what versions hide', () => {
    expect(words('a/*b*/ /*!50100 c */ -- d\n#e\n--f')).toEqual([
      'word:a',
      'word:c',
      'symbol:-',
      'symbol:-',
      'word:f',
    ]);
  });
  it('reads quotes as the mode says', () => {
    expect(words(String.raw`'a\'b' "c" ${'`d``e`'}`)).toEqual([
      String.raw`text:'a\'b'`,
      'text:"c"',
      'name:d`e',
    ]);
    expect(words(String.raw`'a\' "c""d"`, ['NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES'])).toEqual([
      String.raw`text:'a\'`,
      'name:c"d',
    ]);
  });
  it('finds words outside of parentheses only', () => {
    expect(findWords(scanStatement('x (START TRANSACTION)', []), 'START', 'TRANSACTION')).toBe(-1);
    expect(findWords(scanStatement('x () start transaction', []), 'START', 'TRANSACTION')).toBe(3);
  });
  it('covers every statement from end to end', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...PIECES) }), (statement) => {
        let end = 0;
        for (const token of scanStatement(statement, [])) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThan(token.start);
          ({ end } = token);
        }
        expect(end).toBeLessThanOrEqual(statement.length);
      }),
    );
  });
});

describe('digest of a definition', () => {
  it('does not see the counter, the name and what is made of the name', () => {
    const definition = (table: string, counter: string) =>
      `CREATE TABLE \`${table}\` (\n  CONSTRAINT \`${table}_ibfk_1\` x\n) ENGINE=InnoDB${counter} COMMENT='AUTO_INCREMENT=9'`;
    const digest = digestOf(definition('a.b', ' AUTO_INCREMENT=5'), 'a.b');
    expect(digestOf(definition('c', ''), 'c')).toBe(digest);
    expect(digestOf(definition('c', ' ROW_FORMAT=DYNAMIC'), 'c')).not.toBe(digest);
  });
});
