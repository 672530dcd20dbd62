import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../support/wait-for.ts';
import { openSql } from '../../../support/sql.ts';
import { testServer } from '../../../support/servers.ts';
import { DdlBench, TARGETS, isMariadb, makeChange, type CrashPoint } from './ddl-fixtures.ts';

describe.each(TARGETS)('a restart in the middle of a DDL on %s', (name) => {
  const db = 'e3_restart';
  let bench: DdlBench;
  const ddl = (statement: string) =>
    makeChange(statement, { database: db, isMariadb: isMariadb(name) });
  const tables = async () => {
    const rows = await bench.sql.rows(`SHOW TABLES FROM ${db}`);
    return rows.map((row) => String(Object.values(row)[0]));
  };
  const values = (table: string) =>
    bench.sql.value(`SELECT GROUP_CONCAT(v ORDER BY v) FROM ${db}.${table}`);

  beforeAll(async () => {
    bench = await DdlBench.open(name, 'e3_restart_state');
  });
  beforeEach(async () => {
    await bench.sql.run(
      'DROP DATABASE IF EXISTS e3_restart_2',
      `DROP DATABASE IF EXISTS ${db}`,
      `CREATE DATABASE ${db} CHARACTER SET utf8mb4`,
      `CREATE TABLE ${db}.a (v INT, KEY (v))`,
      `CREATE TABLE ${db}.b (v INT, KEY (v))`,
      `INSERT INTO ${db}.a VALUES (1)`,
      `INSERT INTO ${db}.b VALUES (2)`,
      `DELETE FROM ${bench.stateDatabase}.tailrace_pending_ddl`,
    );
  });
  afterAll(async () => {
    await bench.sql.run(`DROP DATABASE IF EXISTS ${db}`, 'DROP DATABASE IF EXISTS e3_restart_2');
    await bench.close();
  });

  const keyCount = () =>
    bench.sql.value(
      `SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '${db}' AND TABLE_NAME = 'a'`,
    );
  const databases = async () =>
    (await bench.sql.rows("SHOW DATABASES LIKE 'e3\\\\_restart%'"))
      .map((row) => String(Object.values(row)[0]))
      .filter((database) => database !== bench.stateDatabase);

  /** Statement, what to look at, what it has to be afterwards. */
  const STATEMENTS: readonly (readonly [string, () => Promise<unknown>, unknown])[] = [
    ['CREATE TABLE c (v INT)', tables, ['a', 'b', 'c']],
    ['DROP TABLE a', tables, ['b']],
    ['DROP TABLE a, b', tables, []],
    ['TRUNCATE TABLE a', () => values('a'), null],
    ['ALTER TABLE a ADD INDEX (v)', keyCount, '2'],
    ['ALTER TABLE a ENGINE = InnoDB', () => values('a'), '1'],
    ['ALTER TABLE a RENAME TO c, ADD w INT', tables, ['b', 'c']],
    ['RENAME TABLE a TO c', tables, ['b', 'c']],
    [
      'RENAME TABLE a TO x, b TO a, x TO b',
      async () => [await values('a'), await values('b')],
      ['2', '1'],
    ],
    ['CREATE DATABASE e3_restart_2', databases, [db, 'e3_restart_2']],
    ['DROP DATABASE e3_restart', databases, []],
  ];
  const points: readonly CrashPoint[] = ['before-statement', 'after-statement'];

  describe.each(points)('killed %s', (point) => {
    it.each(STATEMENTS)('%s takes effect once', async (statement, look, expected) => {
      const change = ddl(statement);
      await bench.crashIn(change, point);
      expect(await bench.hasPending()).toBe(true);
      const again = bench.executor();
      const { previous, seq } = bench.nextStep();
      await again.resumePending(previous, bench.signal.signal);
      expect(await bench.apply(change)).toEqual({ kind: 'applied', isCheckpointMoved: true });
      expect(await bench.hasPending()).toBe(false);
      expect(await bench.storedSeq()).toBe(String(seq));
      expect(await look()).toEqual(expected);
    });
  });

  it('finishes a DROP that stopped half-way', async () => {
    const change = ddl('DROP TABLE a, b');
    await bench.crashIn(change, 'before-statement');
    await bench.sql.run(`DROP TABLE ${db}.a`);
    await bench.apply(change);
    expect(await tables()).toEqual([]);
  });

  it('finishes a RENAME that stopped half-way', async () => {
    const change = ddl('RENAME TABLE a TO x, b TO a, x TO b');
    await bench.crashIn(change, 'before-statement');
    await bench.sql.run(`RENAME TABLE ${db}.a TO ${db}.x, ${db}.b TO ${db}.a`);
    await bench.apply(change);
    expect(await tables()).toEqual(['a', 'b']);
    expect(await values('b')).toBe('1');
  });

  it('stops where neither state is there, and names both', async () => {
    const change = ddl('DROP TABLE a');
    await bench.crashIn(change, 'before-statement');
    await bench.sql.run(`DROP TABLE ${db}.a`, `CREATE TABLE ${db}.a (other INT)`);
    const error = await bench.apply(change).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TARGET_DDL_UNDECIDED', exitCode: 5 });
    expect(String(error)).toMatch(
      /Before: e3_restart\.a definition \w+ .*Now: e3_restart\.a definition/,
    );
    expect(await tables()).toEqual(['a', 'b']);
  });

  it('forgets a record that the checkpoint has passed', async () => {
    await bench.crashIn(ddl('CREATE TABLE c (v INT)'), 'before-statement');
    const { previous } = bench.nextStep();
    const executor = bench.executor();
    await executor.resumePending(previous, bench.signal.signal);
    expect(await bench.hasPending()).toBe(true);
    await executor.resumePending({ ...previous, seq: previous.seq + 1 }, bench.signal.signal);
    expect(await bench.hasPending()).toBe(false);
  });

  it('leaves a long statement when it has to end, and waits for it at the next start', async () => {
    // An open transaction on the table makes the ALTER wait as a long one would.
    const blocker = await openSql(testServer(name));
    await blocker.run('BEGIN', `SELECT * FROM ${db}.a`);
    const change = ddl('ALTER TABLE a ADD INDEX (v)');
    const ending = new AbortController();
    const running = bench
      .executor({ leaveAfterMs: 50 })
      .execute(change, bench.nextStep(), ending.signal);
    const waiting = `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '/* tailrace */ ALTER%'`;
    await waitFor('the ALTER waits', async () => (await bench.sql.value(waiting)) === '1');
    ending.abort();
    expect(await running).toEqual({ kind: 'left' });
    expect(await bench.hasPending()).toBe(true);

    const again = bench.apply(change);
    await waitFor('the next start waits', () =>
      bench.notes.some((note) => note.includes('earlier run')),
    );
    await blocker.run('COMMIT');
    await blocker.close();
    expect(await again).toEqual({ kind: 'applied', isCheckpointMoved: true });
    expect(await keyCount()).toBe('2');
  });
});
