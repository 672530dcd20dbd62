import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DdlBench, TARGETS, isMariadb, makeChange, makeRouter } from './ddl-fixtures.ts';

describe.each(TARGETS)('DDL on %s', (name) => {
  const db = 'e3_exec';
  let bench: DdlBench;
  const ddl = (statement: string, context = {}) =>
    makeChange(statement, { database: db, context, isMariadb: isMariadb(name) });

  beforeAll(async () => {
    bench = await DdlBench.open(name, 'e3_exec_state');
    await bench.sql.run(
      `DROP DATABASE IF EXISTS ${db}`,
      `CREATE DATABASE ${db} CHARACTER SET utf8mb4`,
    );
  });
  afterAll(async () => {
    await bench.sql.run(`DROP DATABASE IF EXISTS ${db}`);
    await bench.close();
  });

  it('runs table, index and database statements and moves the checkpoint with them', async () => {
    const statements = [
      'CREATE TABLE a (id INT PRIMARY KEY, v INT)',
      'ALTER TABLE a ADD COLUMN w INT',
      'CREATE INDEX i ON a (v)',
      'CREATE TABLE b LIKE a',
      'RENAME TABLE b TO c',
      'TRUNCATE TABLE c',
      'DROP INDEX i ON a',
      'DROP TABLE a, c',
      'CREATE DATABASE e3_exec_2',
      'ALTER DATABASE e3_exec_2 CHARACTER SET latin1',
      'DROP DATABASE e3_exec_2',
    ];
    for (const statement of statements) {
      const outcome = await bench.apply(ddl(statement));
      expect(outcome, statement).toEqual({ kind: 'applied', isCheckpointMoved: true });
      expect(await bench.hasPending()).toBe(false);
    }
    expect(await bench.storedSeq()).toBe(String(statements.length));
    expect(await bench.sql.rows(`SHOW TABLES FROM ${db}`)).toEqual([]);
  });

  it('does as task.target.ddl says', async () => {
    const change = ddl('CREATE TABLE modes (id INT)');
    expect(await bench.apply(change, { mode: 'ignore' })).toEqual({
      kind: 'skipped',
      reason: 'ddl_ignored',
    });
    await expect(bench.apply(change, { mode: 'stop' })).rejects.toMatchObject({
      code: 'TARGET_DDL_STOPPED',
    });
    expect(await bench.sql.rows(`SHOW TABLES FROM ${db}`)).toEqual([]);
  });

  it.each([
    ['CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.id = 1', 'trigger'],
    ['CREATE PROCEDURE p() SELECT 1', 'routine'],
    ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1', 'event'],
    ["CREATE USER x@y IDENTIFIED BY 'z'", 'user'],
    ['ANALYZE TABLE a', 'maintenance'],
  ])('does not run %s', async (statement, reason) => {
    expect(await bench.apply(ddl(statement))).toEqual({ kind: 'skipped', reason });
  });

  it('runs views whose definer exists, and counts what it can not run', async () => {
    await bench.sql.run(`CREATE TABLE ${db}.base (id INT)`);
    const host = await bench.sql.value("SELECT MAX(Host) FROM mysql.user WHERE User = 'root'");
    const create = (definer: string, table: string) =>
      ddl(`CREATE DEFINER=${definer} SQL SECURITY DEFINER VIEW v AS SELECT id FROM ${table}`);
    const known = `root@\`${host ?? ''}\``;
    expect(await bench.apply(create('`nobody`@`%`', 'base'))).toMatchObject({
      reason: 'view_definer_missing',
    });
    expect(await bench.apply(create(known, 'gone'))).toMatchObject({ reason: 'view_refused' });
    expect(
      await bench.apply(create(known, 'base'), {
        router: makeRouter({ columns: { [`${db}.base`]: { id: 'key' } } }),
      }),
    ).toMatchObject({ reason: 'view_renamed' });
    expect(await bench.apply(create(known, 'base'))).toMatchObject({ kind: 'applied' });
    expect(await bench.apply(ddl('DROP VIEW v'))).toMatchObject({ kind: 'applied' });
    await bench.sql.run(`DROP TABLE ${db}.base`);
  });

  it('names what the target refuses', async () => {
    await bench.sql.run(`CREATE TABLE ${db}.here (id INT)`);
    const refused = async (statement: string) => {
      const error: unknown = await bench.apply(ddl(statement)).catch((thrown: unknown) => thrown);
      expect(await bench.hasPending()).toBe(false);
      return error;
    };
    const code = 'TARGET_STATEMENT_REFUSED';
    expect(await refused('CREATE TABLE here (id INT)')).toMatchObject({
      code,
      place: { errno: 1050 },
    });
    expect(await refused('DROP TABLE gone')).toMatchObject({ code, exitCode: 5 });
    expect(await refused('ALTER TABLE gone ADD x INT')).toMatchObject({ code });
    expect(await refused('CREATE TABLE t (id INT) COLLATE nowhere_ci')).toMatchObject({
      code,
      next: expect.stringContaining('collation') as string,
    });
    expect(await refused('CREATE TABLE t (id NOTYPE)')).toMatchObject({
      code,
      next: expect.stringContaining('syntax') as string,
    });
    await bench.sql.run(`DROP TABLE ${db}.here`);
  });

  it('reduces a statement to the included tables', async () => {
    await bench.sql.run(...['a', 'b', 'c'].map((t) => `CREATE TABLE ${db}.${t} (id INT)`));
    const router = makeRouter({ exclude: [`${db}.b`, `${db}.x`] });
    await bench.apply(ddl('DROP TABLE IF EXISTS a, b'), { router });
    await bench.apply(ddl('RENAME TABLE b TO x, c TO d'), { router });
    const left = await bench.sql.rows(`SHOW TABLES FROM ${db}`);
    expect(left.map((row) => String(Object.values(row)[0]))).toEqual(['b', 'd']);
    await bench.sql.run(`DROP TABLE ${db}.b, ${db}.d`);
    expect(await bench.apply(ddl('DROP TABLE b'), { router })).toEqual({
      kind: 'skipped',
      reason: 'not_included',
    });
  });

  it('does not drop a database with tables that are not replicated', async () => {
    await bench.sql.run('CREATE DATABASE e3_mixed', 'CREATE TABLE e3_mixed.local (id INT)');
    const router = makeRouter({ exclude: ['e3_mixed.local'] });
    await expect(bench.apply(ddl('DROP DATABASE e3_mixed'), { router })).rejects.toMatchObject({
      code: 'TARGET_DDL_UNREWRITABLE',
    });
    await bench.apply(ddl('DROP DATABASE e3_mixed'));
    expect(await bench.sql.rows("SHOW DATABASES LIKE 'e3_mixed'")).toEqual([]);
  });

  it('leaves its mark in the binlog of the target', async () => {
    await bench.apply(ddl('CREATE TABLE marked (id INT)'));
    await bench.apply(ddl('DROP TABLE marked'));
    const files = await bench.sql.rows('SHOW BINARY LOGS');
    const file = String(files.at(-1)?.['Log_name']);
    const events = await bench.sql.rows(`SHOW BINLOG EVENTS IN '${file}'`);
    const infos = events.map((event) => String(event['Info']));
    expect(infos.some((info) => info.includes('/* tailrace */ CREATE TABLE marked'))).toBe(true);
  });

  it('runs a DDL with rows behind it in one source transaction once', async () => {
    const change = ddl('CREATE TABLE filled (id INT)');
    const executor = bench.executor();
    const step = bench.nextStep(false);
    const signal = bench.signal.signal;
    const applied = { kind: 'applied', isCheckpointMoved: false };
    expect(await executor.execute(change, step, signal)).toEqual(applied);
    // Killed before the rows are committed: the whole transaction comes again.
    const again = bench.executor();
    await again.resumePending(step.previous, signal);
    expect(await again.execute(change, step, signal)).toEqual(applied);
    expect(again.leftover).toHaveLength(1);
    await bench.sql.run(...again.leftover);
    again.clearedLeftover();
    expect(again.leftover).toEqual([]);
    expect(await bench.hasPending()).toBe(false);
    await bench.sql.run(`DROP TABLE ${db}.filled`);
  });
});
