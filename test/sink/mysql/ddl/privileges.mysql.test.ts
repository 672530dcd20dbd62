import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectServer } from '../../../../src/server/connect.ts';
import { testServer } from '../../../support/servers.ts';
import { openSql } from '../../../support/sql.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { DdlBench, TARGETS, isMariadb, makeChange, makeRouter } from './ddl-fixtures.ts';

describe.each(TARGETS)('sessions for DDL on %s', (name) => {
  const source = 'e3_priv';
  const target = 'e3 `priv`';
  let bench: DdlBench;
  const quoted = '`e3 ``priv```';
  const router = makeRouter({
    databases: { [source]: target },
    tables: { [`${source}.a`]: { database: target, table: 'tä`b;--' } },
  });
  const ddl = (statement: string) =>
    makeChange(statement, { database: source, isMariadb: isMariadb(name) });
  const tables = async () => {
    const rows = await bench.sql.rows(`SHOW TABLES FROM ${quoted}`);
    return rows.map((row) => String(Object.values(row)[0]));
  };
  const { port } = testServer(name);
  const plainUser = {
    hosts: [`127.0.0.1:${port}`],
    user: 'e3_plain',
    password: 'x',
    tls: 'disabled',
    tlsCa: undefined,
  } as const;

  beforeAll(async () => {
    bench = await DdlBench.open(name, 'e3_priv_state');
    await bench.sql.run(`DROP DATABASE IF EXISTS ${quoted}`, `CREATE DATABASE ${quoted}`);
    await bench.sql.run("CREATE USER 'e3_plain'@'%' IDENTIFIED BY 'x'");
    await bench.sql.run(
      `GRANT ALL ON ${quoted}.* TO 'e3_plain'@'%'`,
      "GRANT ALL ON e3_priv_state.* TO 'e3_plain'@'%'",
    );
  });
  afterAll(async () => {
    await bench.sql.run("DROP USER 'e3_plain'@'%'", `DROP DATABASE IF EXISTS ${quoted}`);
    await bench.close();
  });

  it('need no rights beyond those on the tables, and a restart still decides', async () => {
    const options = {
      router,
      connect: (signal: AbortSignal) => connectServer(plainUser, 'target', { signal }),
    };
    const statements = [
      'CREATE TABLE a (v INT)',
      'ALTER TABLE a ADD w INT',
      'RENAME TABLE a TO b',
      'TRUNCATE TABLE b',
      'DROP TABLE b',
    ];
    for (const statement of statements) {
      await bench.crashIn(ddl(statement), 'after-statement', options);
      expect(await bench.apply(ddl(statement), options)).toMatchObject({ kind: 'applied' });
    }
    expect(await tables()).toEqual([]);
    expect(bench.notes.some((note) => note.includes('PROCESS'))).toBe(true);
  });

  it('run under hostile names of the target', async () => {
    await bench.apply(ddl('CREATE TABLE a (v INT)'), { router });
    await bench.apply(ddl('ALTER TABLE e3_priv.a ADD KEY (v)'), { router });
    await bench.apply(ddl('CREATE TABLE b LIKE a'), { router });
    expect(await tables()).toEqual(['b', 'tä`b;--'].sort());
    await bench.crashIn(ddl('TRUNCATE a'), 'after-statement', { router });
    await bench.apply(ddl('TRUNCATE a'), { router });
    await bench.apply(ddl('DROP TABLE a, b'), { router });
    expect(await tables()).toEqual([]);
  });

  it('of a dead run that do nothing are ended, so that nothing can begin late', async () => {
    await bench.crashIn(ddl('CREATE TABLE late (v INT)'), 'before-statement', { router });
    const record = await bench.sql.value('SELECT record FROM e3_priv_state.tailrace_pending_ddl');
    const { lock } = JSON.parse(record ?? '') as { readonly lock: string };
    const orphan = await openSql({ port });
    await waitFor(
      'the lock of the dead run is free',
      async () => (await orphan.value(`SELECT GET_LOCK('${lock}', 0)`)) === '1',
    );
    await bench.apply(ddl('CREATE TABLE late (v INT)'), { router });
    await expect(orphan.value('SELECT 1')).rejects.toThrow();
    expect(await tables()).toEqual(['late']);
  });
});
