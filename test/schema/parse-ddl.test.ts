import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDdl } from '../../src/schema/ddl/parse-ddl.ts';
import type { ParseDdlOptions } from '../../src/schema/ddl/parsed-ddl.ts';
import { tokenize } from '../../src/schema/sql-lexer.ts';
import { readCorpus } from './ddl-corpus.ts';

const OPTIONS: ParseDdlOptions = {
  flavor: 'mysql',
  versionNumber: 90_704,
  sqlModeNames: [],
  defaultDatabase: 'db',
  lowerCaseTableNames: 0,
};

const parse = (sql: string, options: Partial<ParseDdlOptions> = {}) =>
  parseDdl(sql, { ...OPTIONS, ...options });

function optionsOf(entry: { flavor?: string | undefined; modes: readonly string[] }) {
  const isMariadb = entry.flavor === 'mariadb';
  return {
    ...OPTIONS,
    flavor: isMariadb ? 'mariadb' : 'mysql',
    versionNumber: isMariadb ? 110_806 : 90_704,
    sqlModeNames: entry.modes.includes('ANSI') ? ['ANSI_QUOTES'] : entry.modes,
  } as const;
}

/** Their inside is not looked at, or their columns come from a query. */
const isOpaque = (sql: string): boolean =>
  /^\W*(create|alter|drop|grant|revoke|rename)\b.*\b(view|trigger|procedure|function|event|user|role|server|package|reference|temporary|grant)\b|select|values row|as_table|as_with/is.test(
    sql,
  ) || /^(revoke|grant|\/\*!40101 set|set )/i.test(sql);

describe('parseDdl', () => {
  it('reads the whole corpus', () => {
    const corpus = readCorpus();
    expect(corpus.length).toBeGreaterThan(350);
    const unread = corpus
      .filter((entry) => !isOpaque(entry.statement))
      .filter((entry) => !parseDdl(entry.statement, optionsOf(entry)).isFullyParsed)
      .map((entry) => entry.statement);
    expect(unread).toEqual([]);
  });

  it('notes each name where it stands', () => {
    for (const entry of readCorpus()) {
      const options = optionsOf(entry);
      let behind = 0;
      for (const reference of parseDdl(entry.statement, options).references) {
        expect(reference.start).toBeGreaterThanOrEqual(behind);
        behind = reference.end;
        const written = entry.statement.slice(reference.start, reference.end);
        const names = tokenize(written, options).filter((token) => token.kind !== 'symbol');
        const { database, table } = reference;
        expect(names.map((token) => token.text)).toEqual(
          [database, table].filter((name) => name !== undefined),
        );
      }
    }
  });

  it('never throws and never hangs, whatever is cut or put in', () => {
    const corpus = readCorpus();
    const junk = fc.constantFrom('(', ')', ',', "'", '`', '/*', '*/', '.', ' table ', '\0', ';');
    fc.assert(
      fc.property(
        fc.nat(corpus.length - 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        junk,
        (index, from, to, text) => {
          const entry = corpus[index];
          if (entry === undefined) return;
          const { statement } = entry;
          const a = Math.floor(Math.min(from, to) * statement.length);
          const b = Math.floor(Math.max(from, to) * statement.length);
          parseDdl(statement.slice(0, a) + text + statement.slice(b), optionsOf(entry));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('names tables of every place', () => {
    const names = (sql: string, options: Partial<ParseDdlOptions> = {}) =>
      parse(sql, options).references.map(
        ({ database, table }) => `${database ?? ''}.${table ?? '*'}`,
      );
    expect(names('create table a like b.c')).toEqual(['.a', 'b.c']);
    expect(
      names(
        'create table a (x int references r (i), foreign key (x) references s.t (i)) union=(u, v.w)',
      ),
    ).toEqual(['.a', '.r', 's.t', '.u', 'v.w']);
    expect(names('alter table a exchange partition p with table b.c')).toEqual(['.a', 'b.c']);
    expect(names('rename table a to b, c.d to e.f')).toEqual(['.a', '.b', 'c.d', 'e.f']);
    expect(names('drop table if exists a, `b`.`c`')).toEqual(['.a', 'b.c']);
    expect(names('create index i on d.t (x)')).toEqual(['d.t']);
    expect(names('create trigger x.y before insert on d.t for each row set @a = 1')).toEqual([
      'd.t',
    ]);
    expect(names('create database x')).toEqual(['x.*']);
    expect(names('alter table t add c int as (t.a + db.t.b + other.f(1))')).toEqual([
      '.t',
      '.t',
      'db.t',
    ]);
    expect(names('create table t (a int default nextval(d.s))', { flavor: 'mariadb' })).toEqual([
      '.t',
      'd.s',
    ]);
  });

  it('says which objects a statement is about', () => {
    const subject = (sql: string) => parse(sql).subject;
    expect(subject('create /* c */ table t (a int)')).toBe('table');
    expect(subject('create temporary table t (a int)')).toBe('other');
    expect(
      subject('create or replace definer = `table`@`%` sql security invoker view v as select 1'),
    ).toBe('view');
    expect(subject("create user 'x'@'y' identified by 'z'")).toBe('user');
    expect(subject('grant select on table to x')).toBe('user');
    expect(subject('optimize table t')).toBe('maintenance');
    expect(subject('create sequence s')).toBe('sequence');
    expect(subject('create unique index i on t (a)')).toBe('index');
    expect(subject('drop schema x')).toBe('database');
  });

  it('touches only the tables that it can be about when it gives up', () => {
    const unclear = (sql: string) => {
      const parsed = parse(sql);
      expect(parsed.isFullyParsed).toBe(false);
      expect(parsed.operations).toEqual([]);
      return parsed.unclear.map(({ database, table }) => `${database}.${table}`);
    };
    expect(unclear('alter table a frobnicate column x')).toEqual(['db.a']);
    expect(unclear('alter table x.a add b int, frobnicate, rename to c')).toEqual(['x.a', 'db.c']);
    expect(unclear('create table a (b int, c frob, foreign key (b) references p (x))')).toEqual([
      'db.a',
    ]);
    expect(unclear('rename table a to b, c to d frob')).toContain('db.d');
    expect(unclear('create index i on t (a) frob')).toEqual(['db.t']);
    expect(unclear('create user frob (((')).toEqual([]);
    expect(unclear('create trigger t (((')).toEqual([]);
    expect(unclear('create view v as select ((')).toEqual([]);
  });

  it('folds names on servers that store them in lower case', () => {
    const { effects } = parse('create table DB.Tab (A int)', { lowerCaseTableNames: 1 });
    expect(effects).toEqual([{ kind: 'create', table: { database: 'db', table: 'tab' } }]);
  });
});
