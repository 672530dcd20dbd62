import Database from 'better-sqlite3';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replication } from '../support/replication.ts';
import { testServer } from '../support/servers.ts';
import { openSql } from '../support/sql.ts';

const PAIRS = [
  ['src56', 'dst56'],
  ['src57', 'dst57'],
  ['src97', 'dst97'],
  ['src10', 'dst10'],
  ['src11', 'dst11'],
] as const;

const database = 'e2e_stops';
const other = 'e2e_stops_other';

describe.each(PAIRS)('statements instead of rows, %s → %s', (sourceName, targetName) => {
  const source = testServer(sourceName);
  let pair: Replication;

  /** In a session that logs statements. */
  const asStatements = async (inDatabase: string, ...statements: string[]): Promise<void> => {
    const sql = await openSql(source, { database: inDatabase });
    await sql.run("set session binlog_format = 'STATEMENT'", ...statements);
    await sql.close();
  };
  const letters = (): unknown[] => {
    const path = join(pair.workspace.dir, 'state', `${database}.sqlite`);
    const store = new Database(path, { readonly: true });
    const rows = store.prepare('SELECT kind, code, reason FROM dead_letter ORDER BY id').all();
    store.close();
    return rows;
  };

  beforeAll(async () => {
    pair = await Replication.open({ database, source, target: testServer(targetName) });
    await pair.catchUp();
    await pair.source.run(
      `drop database if exists ${other}`,
      `create database ${other}`,
      `create table ${other}.u (id int primary key auto_increment, v varchar(50))`,
      `create function ${other}.harmless(a int) returns int modifies sql data deterministic
        begin insert into ${other}.u (v) values (a); return 1; end`,
      'create table t (id int primary key auto_increment, v varchar(50))',
      `create function ${database}.sly(a int) returns int modifies sql data deterministic
        begin insert into ${database}.t (v) values (a); return 1; end`,
      "insert into t (v) values ('a')",
    );
  });
  afterAll(async () => {
    await pair.source.run(`drop database if exists ${other}`);
    await pair.close();
  });

  it('those about tables that are not replicated pass, and are counted', async () => {
    const csv = join(pair.workspace.dir, 'load.csv');
    writeFileSync(csv, 'from a file\n');
    await asStatements(
      other,
      "insert into u (v) values ('x'), (rand())",
      "set @a = 'é'",
      'begin',
      'insert into u (v) values (@a)',
      'update u set v = uuid_short() where id = 1',
      'commit',
      'select harmless(5)',
      `load data infile '${csv}' into table u (v)`,
    );
    await asStatements(
      database,
      `insert into ${other}.u (v) values ('from here')`,
      `delete from ${other}.u limit 1`,
    );
    await pair.catchUp();
    await pair.expectSame('t');
    const { source: read } = await pair.status();
    expect(read.dropped['filtered']).toBeGreaterThanOrEqual(7);
  });

  it('one about a replicated table stops the task before it, and position skip goes past it', async () => {
    await pair.source.run("insert into t (v) values ('before')");
    const position = await pair.sourceEnd();
    await asStatements(other, `update ${database}.t set v = concat(v, rand())`);
    await asStatements(other, `select ${database}.sly(7)`);
    await pair.source.run("insert into t (v) values ('after')");
    const stop = await pair.expectStop(4, 'SOURCE_NOT_ROW_FORMAT');
    expect(stop.stderr + stop.stdout).toContain(`update ${database}.t`);
    const status = await pair.status();
    expect(status).toMatchObject({
      state: 'failed',
      coordinates: position,
      error: { code: 'SOURCE_NOT_ROW_FORMAT' },
    });
    expect(status.error?.next).toContain('position skip');
    // What came before it is there.
    expect(await pair.targetValues(`select v from ${database}.t order by id`)).toEqual([
      'a',
      'before',
    ]);
    await pair.skip('copied by hand');
    const second = await pair.expectStop(4, 'SOURCE_NOT_ROW_FORMAT');
    expect(second.stderr + second.stdout).toContain('sly');
    await pair.skip('this too');
    await pair.catchUp();
    expect(await pair.targetValues(`select v from ${database}.t order by id`)).toEqual([
      'a',
      'before',
      'after',
    ]);
  });

  it('so does one that loads a file or makes a table from a query', async () => {
    const csv = join(pair.workspace.dir, 'more.csv');
    writeFileSync(csv, 'from a file\n');
    await asStatements(database, `load data infile '${csv}' into table t (v)`);
    const load = await pair.expectStop(4, 'SOURCE_NOT_ROW_FORMAT');
    expect((load.stderr + load.stdout).toLowerCase()).toContain('load data');
    await pair.skip('loaded by hand');
    // GTIDs on 5.6 and 5.7 refuse it from the start.
    if (sourceName === 'src56' || sourceName === 'src57') return;
    await asStatements(database, 'create table made select id, rand() as r from t');
    const made = await pair.expectStop(4, 'SOURCE_NOT_ROW_FORMAT');
    expect(made.stderr + made.stdout).toContain('create table made');
    await pair.skip('made by hand');
    await pair.catchUp();
    expect(await pair.targetValues(`show tables in ${database} like 'made'`)).toEqual([]);
  });

  it('a skip is in the audit table and kept as a dead letter', async () => {
    const skipped = `action = 'position skip'`;
    const hasMade = sourceName !== 'src56' && sourceName !== 'src57';
    const reasons = ['copied by hand', 'this too', 'loaded by hand'];
    if (hasMade) reasons.push('made by hand');
    expect(
      await pair.targetValues(
        `select reason from ${pair.stateDatabase}.tailrace_audit where ${skipped} order by id`,
      ),
    ).toEqual(reasons);
    expect(
      await pair.targetValues(
        `select reason from ${pair.stateDatabase}.tailrace_dead_letter order by id`,
      ),
    ).toEqual(reasons);
    const code = 'SOURCE_NOT_ROW_FORMAT';
    expect(letters()).toEqual(reasons.map((reason) => ({ kind: 'skip', code, reason })));
  });
});
