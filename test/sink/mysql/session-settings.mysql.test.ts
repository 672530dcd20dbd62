import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTargetSession } from '../../../src/sink/mysql/target-session.ts';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { testServer } from '../../support/servers.ts';
import type { Sql } from '../../support/sql.ts';
import {
  changesOf,
  forgetTask,
  openTarget,
  serverOptions,
  SinkHarness,
  sinkOptions,
  transaction,
} from './sink-harness.ts';
import { TARGETS } from './targets.ts';

const DATABASE = 'e2_session';
const signal = new AbortController().signal;

describe.each(TARGETS)('a session on %s', (name) => {
  const server = testServer(name);
  const limited = { ...serverOptions(server), user: 'e2_limited', password: 'e2 secret' };
  let sql: Sql;

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
    await sql.run(
      `CREATE TABLE ${DATABASE}.t (id INT AUTO_INCREMENT PRIMARY KEY, d DATE, ts TIMESTAMP NULL) ENGINE=InnoDB`,
      `CREATE TABLE ${DATABASE}.m (id INT PRIMARY KEY) ENGINE=MyISAM`,
      'CREATE DATABASE IF NOT EXISTS e2_state',
    );
    await sql.run("DROP USER 'e2_limited'@'%'").catch(() => undefined);
    await sql.run(
      "CREATE USER 'e2_limited'@'%' IDENTIFIED BY 'e2 secret'",
      `GRANT ALL ON ${DATABASE}.* TO 'e2_limited'@'%'`,
      "GRANT ALL ON e2_state.* TO 'e2_limited'@'%'",
    );
  });

  afterAll(async () => {
    await sql.run("DROP USER 'e2_limited'@'%'");
    await sql.close();
  });

  it('has settings under which values stay what they are', async () => {
    const session = await openTargetSession(
      { server: serverOptions(server), sqlLogBin: false },
      signal,
    );
    const [reply] = await session.run(
      'SELECT @@sql_mode, @@time_zone, @@unique_checks, @@foreign_key_checks, @@autocommit, @@sql_log_bin',
    );
    expect(reply?.rows).toEqual([
      [
        expect.stringMatching(
          /^(ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO|NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES)$/,
        ),
        '+00:00',
        '1',
        '1',
        '1',
        '0',
      ],
    ]);
    const logged = await session.connection.query(
      "SHOW SESSION VARIABLES WHERE Variable_name IN ('binlog_annotate_row_events', 'binlog_rows_query_log_events')",
    );
    // Each has one of them, MariaDB with ON as its default.
    expect(logged.map((row) => row['Value'])).toEqual(['OFF']);
    await session.close();
  });

  it('needs no rights beyond the databases that it writes to', async () => {
    const task = 'e2-limited';
    await forgetTask(sql, task);
    const table = fakeTable(
      DATABASE,
      't',
      [fakeColumn('id', 'int'), fakeColumn('d', 'date'), fakeColumn('ts', 'timestamp')],
      [0],
    );
    const harness = new SinkHarness(sinkOptions(server, task, { server: limited }));
    await harness.open();
    await harness.apply(
      transaction(1, [
        changesOf(table).insert(
          [0, '0000-00-00', '1970-01-01 00:00:01'],
          [7, '2020-00-15', null],
          [8, '2020-02-31', '0000-00-00 00:00:00'],
        ),
      ]),
    );
    await harness.close();
    await sql.run("SET time_zone='+00:00'");
    const found = await sql.value(
      `SELECT GROUP_CONCAT(CONCAT_WS('|', id, d, ts) ORDER BY id) FROM ${DATABASE}.t`,
    );
    expect(found).toBe(
      '0|0000-00-00|1970-01-01 00:00:01,7|2020-00-15,8|2020-02-31|0000-00-00 00:00:00',
    );
    expect(harness.sink.counters.replays).toBe(0);
  });

  it('says which right is missing for sql_log_bin', async () => {
    const harness = new SinkHarness(
      sinkOptions(server, 'e2-limited', { server: limited, sqlLogBin: false }),
    );
    await expect(harness.open()).rejects.toMatchObject({
      code: 'TARGET_ACCESS_DENIED',
      next: expect.stringContaining('sql_log_bin') as string,
    });
  });

  it('refuses tables that keep rows of a rolled back transaction, unless told so', async () => {
    const task = 'e2-myisam';
    await forgetTask(sql, task);
    const rows = changesOf(fakeTable(DATABASE, 'm', [fakeColumn('id', 'int')], [0]));
    const strict = new SinkHarness(sinkOptions(server, task));
    await strict.open();
    await strict.write(transaction(1, [rows.insert([1])]));
    await expect(strict.sink.drain()).rejects.toMatchObject({ code: 'TARGET_NOT_TRANSACTIONAL' });
    await strict.close();
    const lax = new SinkHarness(sinkOptions(server, task, { allowNontransactional: true }));
    await lax.open();
    await lax.apply(transaction(1, [rows.insert([1])]));
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.m`)).toBe('1');
    await lax.close();
  });
});
