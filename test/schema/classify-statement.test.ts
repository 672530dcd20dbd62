import { describe, expect, it } from 'vitest';
import { classifyStatement } from '../../src/schema/classify-statement.ts';

const OPTIONS = {
  flavor: 'mysql',
  versionNumber: 80_036,
  sqlModeNames: undefined,
  defaultDatabase: 'db',
} as const;
const classify = (sql: string) => classifyStatement(sql, OPTIONS);

describe('classifyStatement', () => {
  it.each([
    ['BEGIN', 'begin'],
    ['begin', 'begin'],
    ['START TRANSACTION', 'begin'],
    ['COMMIT', 'commit'],
    ['commit /* x */', 'commit'],
    ['ROLLBACK', 'rollback'],
    ['# Dummy event replacing event type 160 that slave cannot handle.', 'ignorable'],
    ['/* only a comment */', 'ignorable'],
    ['', 'ignorable'],
    ['flush tables', 'ignorable'],
    ["SET PASSWORD FOR 'a'@'b'='*X'", 'ignorable'],
    ['create table x (a int)', 'ddl'],
    ['/*!50003 CREATE*/ /*!50020 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t ... */', 'ddl'],
    ['TRUNCATE t', 'ddl'],
    ['grant all on *.* to a', 'ddl'],
    ['whatever comes next', 'ddl'],
    ['analyze table t', 'ddl'],
    ['LOAD INDEX INTO CACHE t', 'ignorable'],
  ])('%s is %s', (sql, kind) => {
    expect(classify(sql).kind).toBe(kind);
  });

  it('reads savepoints', () => {
    expect(classify('SAVEPOINT `s p`')).toEqual({ kind: 'savepoint', savepoint: 's p' });
    expect(classify('ROLLBACK TO `s p`')).toEqual({ kind: 'rollback-to', savepoint: 's p' });
    expect(classify('rollback work to savepoint x')).toEqual({
      kind: 'rollback-to',
      savepoint: 'x',
    });
    expect(classify('RELEASE SAVEPOINT x')).toEqual({ kind: 'release', savepoint: 'x' });
  });

  it.each([
    ["XA START X'7131',X'4271',7", 'xa-start', "X'7131',X'4271',7"],
    ["XA END 'q1','Bq',7", 'xa-end', "X'7131',X'4271',7"],
    ["xa prepare 'q1'", 'xa-prepare', "X'7131',X'',1"],
    ["XA COMMIT 0x7131,X'4271',1", 'xa-commit', "X'7131',X'4271',1"],
    ["XA ROLLBACK X'ABCD',b'1',0", 'xa-rollback', "X'abcd',X'01',0"],
  ])('normalises the xid of %s', (sql, kind, xid) => {
    expect(classify(sql)).toEqual({ kind, xid, isOnePhase: false });
  });

  it('sees ONE PHASE', () => {
    expect(classify("XA COMMIT 'a' ONE PHASE")).toMatchObject({ isOnePhase: true });
  });

  it.each([
    ['INSERT INTO t VALUES (1)', ['db.t'], true],
    ['insert ignore `x`.`y` (a) select * from z', ['x.y', 'db.z'], true],
    ['REPLACE t SET a = 1', ['db.t'], true],
    ['UPDATE a, b.c x SET a.q = (SELECT 1 FROM d)', ['db.a', 'b.c', 'db.d'], true],
    ['DELETE FROM `db2`.`mem`', ['db2.mem'], true],
    ['delete a from a join (select 1 from z) q', ['db.a', 'db.z'], true],
    ["LOAD DATA INFILE '/tmp/x' REPLACE INTO TABLE q FIELDS TERMINATED BY ','", ['db.q'], true],
    ['with x as (select 1 from w) delete from v', ['db.w', 'db.v'], true],
    ['CALL p()', [], false],
    ['SELECT f(1)', [], false],
  ])('%s names its tables', (sql, tables, areTablesComplete) => {
    const found = classify(sql);
    expect(found).toMatchObject({ kind: 'dml', areTablesComplete });
    if (found.kind !== 'dml') return;
    expect(found.tables.map(({ database, table }) => `${database}.${table}`)).toEqual(tables);
  });

  it.each([
    ['SELECT `shop`.`f`(1)', ['shop']],
    ['INSERT INTO t SELECT a.f(b), `c`.`g`(1) FROM d.e (x)', ['a', 'c']],
    ['SELECT f(1), count(*)', []],
    ['INSERT INTO a.t (b, c) VALUES (1)', []],
  ])('%s calls functions of these databases', (sql, routineDatabases) => {
    expect(classify(sql)).toMatchObject({ kind: 'dml', routineDatabases });
  });
});
