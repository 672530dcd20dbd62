import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { testServer } from '../../support/servers.ts';
import type { Sql } from '../../support/sql.ts';
import { makeChange } from './ddl/ddl-fixtures.ts';
import {
  changesOf,
  checkpointSeq,
  forgetTask,
  openTarget,
  SinkHarness,
  sinkOptions,
  transaction,
} from './sink-harness.ts';
import { TARGETS } from './targets.ts';

const DATABASE = 'e2_ddl';
const TASK = 'e2-ddl';
const id = fakeColumn('id', 'int', { isNullable: false });

describe.each(TARGETS)('DDL between rows on %s', (name) => {
  const server = testServer(name);
  let sql: Sql;
  let harness: SinkHarness;

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
  });

  afterAll(() => sql.close());

  beforeEach(async () => {
    await sql.run(`DROP TABLE IF EXISTS ${DATABASE}.t`);
    await forgetTask(sql, TASK);
    harness = new SinkHarness(sinkOptions(server, TASK));
    await harness.open();
  });

  afterEach(() => harness.close());

  const ddl = (statement: string) => makeChange(statement, { database: DATABASE });

  it('applies rows by the definition of their time', async () => {
    const narrow = changesOf(fakeTable(DATABASE, 't', [id], [0]));
    const wide = changesOf(fakeTable(DATABASE, 't', [id, fakeColumn('v', 'varchar')], [0]));
    await harness.apply(
      transaction(1, [ddl('CREATE TABLE t (id INT PRIMARY KEY)')]),
      transaction(2, [narrow.insert([1], [2])]),
      transaction(3, [ddl('ALTER TABLE t ADD COLUMN v VARCHAR(9)')]),
      transaction(4, [wide.insert([3, 'c'])]),
      transaction(5, [ddl('TRUNCATE TABLE t')]),
      transaction(6, [wide.insert([4, 'd'])]),
    );
    expect(await sql.value(`SELECT GROUP_CONCAT(id, v) FROM ${DATABASE}.t`)).toBe('4d');
    expect(await checkpointSeq(sql, TASK)).toBe('6');
    expect(harness.acked).toEqual([1, 2, 3, 4, 5, 6]);
    expect(harness.sink.counters.ddls).toBe(3);
  });

  it('moves the checkpoint past a statement that is not executed', async () => {
    const skipped: string[] = [];
    const options = sinkOptions(server, TASK, {
      ddl: 'ignore',
      onDdlSkipped: (reason) => skipped.push(reason),
    });
    await harness.close();
    harness = new SinkHarness(options);
    await harness.open();
    await harness.apply(transaction(1, [ddl('CREATE TABLE t (id INT)')]), transaction(2, []));
    expect(skipped).toEqual(['ddl_ignored']);
    expect(await checkpointSeq(sql, TASK)).toBe('2');
    expect(await sql.rows(`SHOW TABLES FROM ${DATABASE}`)).toEqual([]);
  });

  it('applies a CREATE TABLE with rows behind it, in one piece and in parts', async () => {
    const rows = changesOf(fakeTable(DATABASE, 't', [id], [0]));
    const create = ddl('CREATE TABLE t (id INT PRIMARY KEY)');
    await harness.apply(transaction(1, [create, rows.insert([1])]));
    expect(await checkpointSeq(sql, TASK)).toBe('1');
    const pending = `SELECT COUNT(*) FROM e2_state.tailrace_pending_ddl WHERE task='${TASK}'`;
    expect(await sql.value(pending)).toBe('0');

    await sql.run(`DROP TABLE ${DATABASE}.t`);
    await harness.apply(
      transaction(2, [create, rows.insert([1])], { part: { index: 0, last: false } }),
    );
    expect(await sql.value(pending)).toBe('1');
    expect(await checkpointSeq(sql, TASK)).toBe('1');
    await harness.apply(
      transaction(2, [rows.insert([2])], { part: { index: 1, last: true } }),
      transaction(3, [rows.insert([3])]),
    );
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.t`)).toBe('3');
    expect(await sql.value(pending)).toBe('0');
    expect(harness.acked).toEqual([1, 2, 2, 3]);
  });

  it('stops before a statement that the target refuses', async () => {
    await harness.write(
      transaction(1, [ddl('CREATE TABLE t (id INT PRIMARY KEY)')]),
      transaction(2, [ddl('ALTER TABLE t DROP COLUMN nowhere')]),
      transaction(3, []),
    );
    await expect(harness.sink.drain()).rejects.toMatchObject({ exitCode: 5, isTransient: false });
    expect(await checkpointSeq(sql, TASK)).toBe('1');
    expect(harness.acked).toEqual([1]);
  });
});
