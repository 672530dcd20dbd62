import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openOwnedTarget } from '../../../src/sink/mysql/owned-target.ts';
import { TargetTransaction } from '../../../src/sink/mysql/target-transaction.ts';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { testServer } from '../../support/servers.ts';
import type { Sql } from '../../support/sql.ts';
import { waitFor } from '../../support/wait-for.ts';
import { CuttingProxy, type Cut } from './cutting-proxy.ts';
import {
  changesOf,
  checkpointSeq,
  forgetTask,
  openTarget,
  positionAfter,
  SinkHarness,
  sinkOptions,
  transaction,
} from './sink-harness.ts';
import { TARGETS } from './targets.ts';

const DATABASE = 'e2_once';
const TASK = 'e2-once';

// No key: every lost or doubled row shows.
const log = fakeTable(DATABASE, 'log', [fakeColumn('n', 'int')]);
const rows = changesOf(log);
const never = new AbortController().signal;

describe.each(TARGETS)('exactly once on %s', (name) => {
  let sql: Sql;
  let proxy: CuttingProxy;
  let harness: SinkHarness;
  const server = testServer(name);

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
    proxy = await CuttingProxy.start(server.port);
  });

  afterAll(async () => {
    await proxy.close();
    await sql.close();
  });

  beforeEach(async () => {
    await sql.run(
      `DROP TABLE IF EXISTS ${DATABASE}.log`,
      `CREATE TABLE ${DATABASE}.log (n INT) ENGINE=InnoDB`,
    );
    await forgetTask(sql, TASK);
    harness = new SinkHarness(sinkOptions(proxy, TASK));
    await harness.open();
    await harness.apply(transaction(1, [rows.insert([1])]));
  });

  afterEach(async () => {
    await harness.close();
  });

  const content = () => sql.value(`SELECT GROUP_CONCAT(n ORDER BY n) FROM ${DATABASE}.log`);

  it.each<Cut>([
    { text: 'BEGIN', when: 'before' },
    { text: 'BEGIN', when: 'answered' },
    { text: 'COMMIT', when: 'before' },
    { text: 'COMMIT', when: 'answered' },
  ])('goes on when the connection is cut at $text ($when)', async (cut) => {
    proxy.cutAt(cut);
    const before = proxy.cuts;
    await harness.apply(transaction(2, [rows.insert([2])]), transaction(3, [rows.insert([3])]));
    await harness.apply(transaction(4, [rows.insert([4])]));
    expect(proxy.cuts).toBe(before + 1);
    expect(await content()).toBe('1,2,3,4');
    expect(harness.acked).toEqual([1, 2, 3, 4]);
    expect(harness.sink.counters).toMatchObject({ reconnects: 1, transactions: 4, rows: 4 });
  });

  it('begins every transaction of ours in the binlog with the checkpoint table', async () => {
    const [status] = await sql
      .rows('SHOW MASTER STATUS')
      .catch(() => sql.rows('SHOW BINARY LOG STATUS'));
    const part = (index: number, last: boolean) => ({ part: { index, last } });
    await harness.apply(
      transaction(2, [rows.insert([2])]),
      transaction(3, [rows.insert([3])], part(0, false)),
      transaction(3, [rows.insert([4])], part(1, true)),
    );
    const events = await sql.rows(
      `SHOW BINLOG EVENTS IN '${String(status?.['File'])}' FROM ${String(status?.['Position'])}`,
    );
    const texts = events.map((event) => `${String(event['Event_type'])} ${String(event['Info'])}`);
    const begins = texts.flatMap((text, index) =>
      / BEGIN$|^Gtid BEGIN/.test(text)
        ? [texts.slice(index).filter((one) => one.startsWith('Table_map'))]
        : [],
    );
    const ours = begins.filter((maps) => maps.slice(0, 2).some((map) => map.includes(DATABASE)));
    expect(ours.length).toBeGreaterThanOrEqual(2);
    for (const maps of ours) expect(maps[0]).toContain('e2_state.tailrace_checkpoint');
  });

  it('goes on when the server kills the connection', async () => {
    const killed = await sql.value(`SELECT IS_USED_LOCK('tailrace:e2_state:${TASK}')`);
    await sql.run(`KILL ${killed ?? ''}`);
    await harness.apply(transaction(2, [rows.insert([2])]));
    expect(await content()).toBe('1,2');
    expect(await checkpointSeq(sql, TASK)).toBe('2');
  });

  it('takes the lock from a connection of its own that the server still believes in', async () => {
    // Cut off without the server noticing: another session of this process holds the lock.
    await harness.close();
    const zombie = await openOwnedTarget(sinkOptions(server, TASK), never);
    const next = new SinkHarness(sinkOptions(server, TASK));
    await next.open();
    await next.apply(transaction(2, [rows.insert([2])]));
    await next.close();
    await waitFor('the old connection is gone', () => !zombie.session.isAlive);
    expect(await content()).toBe('1,2');
  });

  it('throws the fault of a large transaction whose first parts are gone', async () => {
    await harness.apply(transaction(2, [rows.insert([2])], { part: { index: 0, last: false } }));
    proxy.cutAt({ text: 'SAVEPOINT', when: 'answered' });
    await harness.write(transaction(2, [rows.insert([3])], { part: { index: 1, last: true } }));
    await expect(harness.sink.drain()).rejects.toMatchObject({ code: 'TARGET_CONNECTION_LOST' });
    expect(harness.failed.map(({ seq }) => seq)).toEqual([2, 2]);
    expect(await content()).toBe('1');

    const again = new SinkHarness(sinkOptions(proxy, TASK));
    expect((await again.open())?.checkpoint.seq).toBe(1);
    await again.close();
  });

  it('never commits the rest of a large transaction whose connection died between parts', async () => {
    await harness.apply(transaction(2, [rows.insert([2])], { part: { index: 0, last: false } }));
    const ours = await sql.value(`SELECT IS_USED_LOCK('tailrace:e2_state:${TASK}')`);
    await sql.run(`KILL ${ours ?? ''}`);
    await waitFor('it is gone', async () => {
      const free = await sql.value(`SELECT IS_FREE_LOCK('tailrace:e2_state:${TASK}')`);
      return free === '1';
    });
    await harness.write(transaction(2, [rows.insert([3])], { part: { index: 1, last: true } }));
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_CONNECTION_LOST',
      isTransient: true,
    });
    expect(await content()).toBe('1');
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('leaves a large transaction whole when filtered ones went before it', async () => {
    const idle = Array.from({ length: 3 }, (_, index) => transaction(2 + index, []));
    await harness.write(...idle);
    await harness.write(transaction(5, [rows.insert([5])], { part: { index: 0, last: false } }));
    await harness.sink.drain();
    expect(await content()).toBe('1');
    await harness.apply(transaction(5, [rows.insert([6])], { part: { index: 1, last: true } }));
    expect(await content()).toBe('1,5,6');
    expect(await checkpointSeq(sql, TASK)).toBe('5');
  });

  it('does not let an old owner commit', async () => {
    await harness.close();
    const old = await openOwnedTarget(sinkOptions(server, TASK), never);
    const step = { seq: 2, position: positionAfter(2), schemaDelta: undefined };
    // Taken over behind its back: the epoch moved, the connection lives.
    await sql.run(`UPDATE e2_state.tailrace_checkpoint SET epoch = epoch + 1 WHERE task='${TASK}'`);
    const late = new TargetTransaction(old, step);
    await expect(late.runAll([`INSERT INTO ${DATABASE}.log VALUES (99)`])).rejects.toMatchObject({
      code: 'CHECKPOINT_MOVED',
      isTransient: true,
    });
    await late.rollback();
    await old.session.close();
    expect(await content()).toBe('1');
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('reads the checkpoint again when somebody else moved it', async () => {
    await sql.run(`UPDATE e2_state.tailrace_checkpoint SET seq = 7 WHERE task='${TASK}'`);
    await harness.write(transaction(2, [rows.insert([2])]));
    await expect(harness.sink.drain()).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
    expect(await content()).toBe('1');
  });

  it('commits nothing where the checkpoint row is gone', async () => {
    // From the second group on BEGIN, rows and COMMIT are one packet.
    await harness.apply(transaction(2, [rows.insert([2])]));
    await sql.run(`DELETE FROM e2_state.tailrace_checkpoint WHERE task='${TASK}'`);
    await harness.write(transaction(3, [rows.insert([3])]));
    await expect(harness.sink.drain()).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
    expect(await content()).toBe('1,2');
  });

  it('goes through a deadlock', async () => {
    await sql.run(
      `CREATE TABLE IF NOT EXISTS ${DATABASE}.d (id INT PRIMARY KEY, v INT) ENGINE=InnoDB`,
      `REPLACE INTO ${DATABASE}.d VALUES (1, 0), (2, 0)`,
    );
    const d = changesOf(
      fakeTable(DATABASE, 'd', [fakeColumn('id', 'int'), fakeColumn('v', 'int')], [0]),
    );
    // Ours: the checkpoint row, then row 1. The other: row 1, then the checkpoint row, and it is heavier.
    await sql.run(
      'START TRANSACTION',
      `UPDATE ${DATABASE}.d SET v = v WHERE id = 1`,
      `INSERT INTO ${DATABASE}.log SELECT 1000 + id FROM ${DATABASE}.d`,
      `INSERT INTO ${DATABASE}.log SELECT n + 10 FROM ${DATABASE}.log`,
      `UPDATE ${DATABASE}.d SET v = 100 WHERE id = 1`,
    );
    await harness.write(transaction(2, [d.update([1, 0], [1, 5])]));
    const ours = await sql.value(`SELECT IS_USED_LOCK('tailrace:e2_state:${TASK}')`);
    await waitFor('ours waits for row 1', async () => (await waitingFor(ours)) > 0);
    await sql.run(
      `UPDATE e2_state.tailrace_checkpoint SET owner = owner WHERE task='${TASK}'`,
      'ROLLBACK',
    );
    await harness.sink.drain();
    expect(await sql.value(`SELECT v FROM ${DATABASE}.d WHERE id = 1`)).toBe('5');
    expect(await content()).toBe('1');
    expect(harness.sink.counters.retries).toBe(1);
    expect(harness.acked).toEqual([1, 2]);
  });

  /** 1 once its statement about `d` has begun: it holds the checkpoint row then. */
  async function waitingFor(thread: string | null): Promise<number> {
    const found = await sql.value(
      `SELECT COUNT(*) FROM information_schema.PROCESSLIST
      WHERE ID = ${thread ?? '0'} AND INFO LIKE 'UPDATE \`${DATABASE}\`.\`d\`%'`,
    );
    return Number(found);
  }

  it('ends a group that waits for the target within seconds', async () => {
    await sql.run(`LOCK TABLES ${DATABASE}.log WRITE`);
    await harness.write(transaction(2, [rows.insert([2])]));
    await harness.close();
    // The server ended it too, though the table is still locked.
    await waitFor('the lock is free', async () => {
      const holder = await sql.value(`SELECT IS_USED_LOCK('tailrace:e2_state:${TASK}')`);
      return holder === null;
    });
    await sql.run('UNLOCK TABLES');
    expect(await content()).toBe('1');
    expect(harness.failed).toEqual([]);
  }, 30_000);
});
