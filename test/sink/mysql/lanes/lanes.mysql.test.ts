import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../../src/core/change.ts';
import type { Transaction } from '../../../../src/core/transaction.ts';
import { fakeColumn, fakeTable } from '../../../support/fake-images.ts';
import { testServer, type ServerName } from '../../../support/servers.ts';
import { openSql, type Sql } from '../../../support/sql.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { CuttingProxy, type Cut } from '../cutting-proxy.ts';
import {
  changesOf,
  forgetTask,
  openTarget,
  SinkHarness,
  sinkOptions,
  transaction,
} from '../sink-harness.ts';

const DATABASE = 'e2_lanes';
const TASK = 'e2-lanes';
const SERVERS = ['dst57', 'dst97', 'dst11'] as const satisfies ServerName[];

const numbered = changesOf(
  fakeTable(DATABASE, 'numbered', [fakeColumn('id', 'int'), fakeColumn('v', 'int')], [0]),
);
/** No key: every lost or doubled row shows. */
const log = changesOf(fakeTable(DATABASE, 'log', [fakeColumn('n', 'int')]));

/** As large as a group may be, so that it is one by itself. */
function full(seq: number, changes: readonly Change[]): Transaction {
  return transaction(seq, changes, { bytes: 2 * 1024 * 1024 });
}

describe.each(SERVERS)('lanes on %s', (name) => {
  let sql: Sql;
  /** Sees what is not committed. */
  let dirty: Sql;
  let blocker: Sql;
  let proxy: CuttingProxy;
  let harness: SinkHarness;
  const server = testServer(name);

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
    dirty = await openSql(server);
    await dirty.run('SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED');
    blocker = await openSql(server);
    proxy = await CuttingProxy.start(server.port);
  });

  afterAll(async () => {
    await proxy.close();
    for (const one of [sql, dirty, blocker]) await one.close();
  });

  beforeEach(async () => {
    await sql.run(
      `DROP TABLE IF EXISTS ${DATABASE}.numbered, ${DATABASE}.log`,
      `CREATE TABLE ${DATABASE}.numbered (id INT PRIMARY KEY, v INT) ENGINE=InnoDB`,
      `CREATE TABLE ${DATABASE}.log (n INT) ENGINE=InnoDB`,
    );
    await forgetTask(sql, TASK);
    harness = await begin();
  });

  afterEach(async () => {
    await blocker.run('ROLLBACK');
    await harness.close();
  });

  async function begin(): Promise<SinkHarness> {
    const next = new SinkHarness(sinkOptions(proxy, TASK, { lanes: 2 }));
    await next.open();
    return next;
  }

  /** Both tables are known then, and the lanes open. */
  async function warmUp(): Promise<void> {
    await harness.apply(transaction(1, [numbered.insert([1, 0]), log.insert([1])]));
    let seq = 1;
    await waitFor('the lanes are open', async () => {
      const next = [++seq, ++seq, ++seq];
      await harness.apply(...next.map((at) => full(at, [numbered.insert([at, 0])])));
      return harness.sink.counters.ahead > 0;
    });
    lastSeq = seq;
  }

  let lastSeq = 0;
  const next = (changes: readonly Change[]): Transaction => full(++lastSeq, changes);
  const seqAtTarget = () =>
    sql.value(`SELECT seq FROM e2_state.tailrace_checkpoint WHERE task='${TASK}' AND lane=0`);
  const countOf = (where: string, by = sql) =>
    by.value(`SELECT COUNT(*) FROM ${DATABASE}.numbered WHERE ${where}`);
  const logged = () => sql.value(`SELECT GROUP_CONCAT(n ORDER BY n) FROM ${DATABASE}.log`);

  /** The first waits for a lock that `blocker` holds; the others are written and wait behind it. */
  async function holdFirst(...rest: readonly (readonly Change[])[]): Promise<void> {
    await blocker.run('BEGIN', `UPDATE ${DATABASE}.numbered SET v = v + 100 WHERE id = 1`);
    await harness.write(next([numbered.update([1, 0], [1, 5])]));
    await harness.write(...rest.map((changes) => next(changes)));
  }

  it('runs the next group at the same time and commits it in its turn', async () => {
    await warmUp();
    const before = await seqAtTarget();
    await holdFirst([numbered.insert([1001, 7])], [numbered.insert([1002, 7])]);
    await waitFor('both are written', async () => (await countOf('v=7', dirty)) === '2');
    expect(await countOf('v=7')).toBe('0');
    expect(await seqAtTarget()).toBe(before);
    await blocker.run('ROLLBACK');
    await harness.sink.drain();
    expect(await countOf('v=7')).toBe('2');
    expect(await countOf('id=1 AND v=5')).toBe('1');
    expect(await seqAtTarget()).toBe(String(lastSeq));
  });

  it('keeps a group that touches the same row for its turn', async () => {
    await warmUp();
    await holdFirst([numbered.update([1, 5], [1, 6])], [numbered.insert([1002, 7])]);
    await waitFor('the third is written', async () => (await countOf('v=7', dirty)) === '1');
    await blocker.run('ROLLBACK');
    await harness.sink.drain();
    expect(await countOf('id=1 AND v=6')).toBe('1');
    expect(harness.sink.counters).toMatchObject({ replays: 0, retries: 0 });
  });

  it('takes back what has been ready for long and does it again in its turn', async () => {
    await warmUp();
    await holdFirst([numbered.insert([1001, 7])]);
    await waitFor('it is written', async () => (await countOf('v=7', dirty)) === '1');
    await waitFor('it is taken back', async () => (await countOf('v=7', dirty)) === '0');
    await blocker.run('ROLLBACK');
    await harness.sink.drain();
    expect(await countOf('v=7')).toBe('1');
    expect(await countOf('id=1 AND v=5')).toBe('1');
  });

  it('does what failed ahead of its turn again', async () => {
    await warmUp();
    // Behind our back: the first of the two makes room for the second, by a key that we do not know.
    await sql.run(
      `ALTER TABLE ${DATABASE}.numbered ADD COLUMN w INT AS (IF(v=0,NULL,v)) STORED, ADD UNIQUE (w)`,
      `INSERT INTO ${DATABASE}.numbered (id, v) VALUES (50, 9)`,
    );
    await blocker.run('BEGIN', `UPDATE ${DATABASE}.numbered SET v = 100 WHERE id = 1`);
    await harness.write(
      next([numbered.update([1, 0], [1, 5]), numbered.update([50, 9], [50, 8])]),
      next([numbered.insert([1001, 9])]),
      next([numbered.insert([1002, 7])]),
    );
    await waitFor('the third is written', async () => (await countOf('v=7', dirty)) === '1');
    await blocker.run('ROLLBACK');
    await harness.sink.drain();
    expect(await countOf('v IN (5,7,8,9)')).toBe('4');
  });

  it.each<Cut>([
    { text: 'COMMIT', when: 'before' },
    { text: 'COMMIT', when: 'answered' },
  ])('goes on when a lane is cut at its $text ($when)', async (cut) => {
    await warmUp();
    await holdFirst([numbered.insert([1001, 7]), log.insert([2])], [log.insert([3])]);
    await waitFor('it is written', async () => (await countOf('v=7', dirty)) === '1');
    // The first is on the owner's connection and has its COMMIT in a packet of its own too.
    const commits = harness.sink.counters.commits;
    await blocker.run('ROLLBACK');
    await waitFor('the first is committed', () => harness.sink.counters.commits > commits);
    proxy.cutAt(cut);
    await harness.write(...[4, 5, 6, 7, 8, 9].map((n) => next([log.insert([n])])));
    await harness.write(...[21, 22, 23].map((id) => next([numbered.insert([2000 + id, 8])])));
    await harness.sink.drain();
    expect(await logged()).toBe('1,2,3,4,5,6,7,8,9');
    expect(await countOf('v=8')).toBe('3');
    expect(await countOf('v=7')).toBe('1');
    expect(await seqAtTarget()).toBe(String(lastSeq));
  });

  it('stops before it touches a row once somebody else has the task', async () => {
    await warmUp();
    await holdFirst([log.insert([2])]);
    await sql.run(
      `UPDATE e2_state.tailrace_checkpoint SET epoch = epoch + 1 WHERE task='${TASK}' AND lane > 0`,
    );
    await blocker.run('ROLLBACK');
    await harness.sink.drain();
    const epochs = await sql.value(
      `SELECT COUNT(DISTINCT epoch) FROM e2_state.tailrace_checkpoint WHERE task='${TASK}'`,
    );
    expect(epochs).toBe('2');
    const { ahead } = harness.sink.counters;
    await harness.apply(...[3, 4, 5].map((n) => next([numbered.insert([3000 + n, 1])])));
    expect(harness.sink.counters.ahead).toBe(ahead);
    expect(await logged()).toBe('1,2');
  });
});
