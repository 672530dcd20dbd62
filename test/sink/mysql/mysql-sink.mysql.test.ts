import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { schemaKey } from '../../../src/core/schema-state.ts';
import type { DeadLetter } from '../../../src/core/dead-letter.ts';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { testServer } from '../../support/servers.ts';
import type { Sql } from '../../support/sql.ts';
import { waitFor } from '../../support/wait-for.ts';
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

const DATABASE = 'e2_sink';
const TASK = 'e2-sink';

const table = fakeTable(
  DATABASE,
  't',
  [fakeColumn('id', 'int', { isNullable: false }), fakeColumn('v', 'varchar')],
  [0],
);
const rows = changesOf(table);

describe.each(TARGETS)('MysqlSink on %s', (name) => {
  let sql: Sql;
  let harness: SinkHarness;
  const server = testServer(name);

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
  });

  afterAll(async () => {
    await sql.close();
  });

  beforeEach(async () => {
    await sql.run(
      `DROP TABLE IF EXISTS ${DATABASE}.t`,
      `CREATE TABLE ${DATABASE}.t (id INT PRIMARY KEY, v VARCHAR(20), UNIQUE KEY (v)) ENGINE=InnoDB`,
    );
    await forgetTask(sql, TASK);
    harness = new SinkHarness(sinkOptions(server, TASK));
  });

  afterEach(async () => {
    await harness.close();
  });

  const content = () => sql.value(`SELECT GROUP_CONCAT(id, ':', v ORDER BY id) FROM ${DATABASE}.t`);

  it('applies a run of transactions and gives the checkpoint back', async () => {
    expect(await harness.open()).toBeUndefined();
    await harness.apply(
      transaction(1, [], { schemaDelta: new Map([[schemaKey('a', 'b'), '{"x":"ü\'\\\\"}']]) }),
      transaction(2, [rows.insert([1, 'a'], [2, 'b'])]),
      transaction(3, [rows.update([1, 'a'], [1, 'c']), rows.delete([2, 'b'])]),
      transaction(4, []),
    );
    expect(await content()).toBe('1:c');
    expect(harness.acked).toEqual([1, 2, 3, 4]);
    expect(await checkpointSeq(sql, TASK)).toBe('4');
    expect(harness.sink.counters).toMatchObject({ transactions: 4, rows: 4, commits: 1 });
    await harness.close();

    const again = new SinkHarness(sinkOptions(server, TASK));
    const state = await again.open();
    await again.close();
    expect(state?.checkpoint.seq).toBe(4);
    expect(JSON.stringify(state?.checkpoint.position)).toBe(JSON.stringify(positionAfter(4)));
    expect(state?.schema).toEqual(new Map([[schemaKey('a', 'b'), '{"x":"ü\'\\\\"}']]));
  });

  it('stores the checkpoint of filtered transactions without a commit for each', async () => {
    await harness.open();
    await harness.apply(transaction(1, [rows.insert([1, 'a'])]));
    for (let seq = 2; seq <= 50; seq++) await harness.write(transaction(seq, []));
    await waitFor(
      'the row follows on a timer',
      async () => (await checkpointSeq(sql, TASK)) === '50',
    );
    expect(harness.acked).toHaveLength(50);
    expect(harness.sink.counters.commits).toBe(2);
    await harness.write(transaction(51, []));
    await harness.close();
    expect(await checkpointSeq(sql, TASK)).toBe('51');
  });

  it('stops exactly before a conflict and names it', async () => {
    await sql.run(`INSERT INTO ${DATABASE}.t VALUES (3, 'here')`);
    await harness.open();
    await harness.write(
      transaction(1, [rows.insert([1, 'a'])]),
      transaction(2, [rows.insert([2, 'b'])]),
      transaction(3, [rows.insert([4, 'd']), rows.insert([3, 'c'])]),
      transaction(4, [rows.insert([5, 'e'])]),
    );
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
      exitCode: 5,
      place: { table: `${DATABASE}.t`, key: 'id=3', gtid: expect.stringContaining(':3') as string },
    });
    expect(await content()).toBe('1:a,2:b,3:here');
    expect(await checkpointSeq(sql, TASK)).toBe('2');
    expect(harness.acked).toEqual([1, 2]);
    expect(harness.failed.map(({ seq }) => seq)).toEqual([3, 4]);
    await expect(harness.write(transaction(5, []))).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
    });
  });

  it.each([
    ['an update', rows.update([7, 'x'], [7, 'y'])],
    ['a delete', rows.delete([7, 'x'])],
  ])('names the row that %s does not find', async (_, change) => {
    await harness.open();
    await harness.write(transaction(1, [rows.insert([1, 'a'])]), transaction(2, [change]));
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
      place: { key: 'id=7' },
    });
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('overwrites conflicts when told so', async () => {
    harness = new SinkHarness(sinkOptions(server, TASK, { onConflict: 'overwrite' }));
    await sql.run(`INSERT INTO ${DATABASE}.t VALUES (3, 'here'), (9, 'taken')`);
    await harness.open();
    await harness.apply(
      transaction(1, [rows.insert([3, 'c'])]),
      transaction(2, [rows.update([7, 'x'], [7, 'y'])]),
      transaction(3, [rows.delete([8, 'x'])]),
      transaction(4, [rows.insert([4, 'taken'])]),
    );
    expect(await content()).toBe('3:c,4:taken,7:y');
    expect(harness.sink.counters.conflicts).toBe(4);
    expect(harness.acked).toEqual([1, 2, 3, 4]);
  });

  it('skips conflicts and keeps them as dead letters', async () => {
    const letters: DeadLetter[] = [];
    const deadLetters = { add: (letter: DeadLetter) => letters.push(letter) };
    const options = sinkOptions(server, TASK, { onConflict: 'skip', deadLetters });
    harness = new SinkHarness(options);
    await sql.run(`INSERT INTO ${DATABASE}.t VALUES (3, 'here')`);
    await harness.open();
    await harness.apply(
      transaction(1, [rows.insert([3, 'c']), rows.insert([4, 'd'])]),
      transaction(2, [rows.delete([8, "x'\\"])]),
    );
    expect(await content()).toBe('3:here,4:d');
    expect(letters.map(({ seq, code }) => [seq, code])).toEqual([
      [1, 'TARGET_CONFLICT'],
      [2, 'TARGET_CONFLICT'],
    ]);
    const stored = await sql.rows(
      `SELECT seq, table_name, payload FROM e2_state.tailrace_dead_letter WHERE task='${TASK}' ORDER BY id`,
    );
    expect(stored.map(({ seq }) => Number(seq))).toEqual([1, 2]);
    expect(JSON.parse(String(stored[1]?.['payload']))).toEqual({
      action: 'delete',
      before: { id: 8, v: "x'\\" },
      keys: [{ id: 8 }],
    });
  });

  it('refuses a value that the target would change', async () => {
    await harness.open();
    await harness.write(
      transaction(1, [rows.insert([1, 'a'])]),
      transaction(2, [rows.insert([2, 'x'.repeat(21)])]),
    );
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_VALUE_REFUSED',
      place: { key: 'id=2', table: `${DATABASE}.t` },
    });
    expect(await content()).toBe('1:a');
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('names a missing table and applies what is before it', async () => {
    const missing = changesOf(fakeTable(DATABASE, 'nowhere', table.columns, [0]));
    await harness.open();
    await harness.write(
      transaction(1, [rows.insert([1, 'a'])]),
      transaction(2, [missing.insert([1, 'a'])]),
    );
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_TABLE_MISSING',
      place: { table: `${DATABASE}.nowhere`, gtid: expect.stringContaining(':2') as string },
    });
    expect(await content()).toBe('1:a');
  });

  it('lets a large transaction take effect as one', async () => {
    await harness.open();
    await harness.apply(transaction(1, [rows.insert([1, 'a'])]));
    const part = (index: number, last = false) => ({ part: { index, last } });
    await harness.write(transaction(2, [rows.insert([2, 'b'])], part(0)));
    await harness.apply(transaction(2, [rows.update([2, 'b'], [2, 'bb'])], part(1)));
    expect(await content()).toBe('1:a');
    expect(harness.acked).toEqual([1]);
    await harness.write(
      transaction(2, [rows.insert([3, 'c'])], part(2, true)),
      transaction(3, [rows.insert([4, 'd'])]),
    );
    await harness.sink.drain();
    expect(await content()).toBe('1:a,2:bb,3:c,4:d');
    expect(harness.acked).toEqual([1, 2, 2, 2, 3]);
    expect(harness.sink.counters).toMatchObject({ commits: 3, transactions: 3 });
  });

  it('replays one part of a large transaction by itself', async () => {
    harness = new SinkHarness(sinkOptions(server, TASK, { onConflict: 'overwrite' }));
    await sql.run(`INSERT INTO ${DATABASE}.t VALUES (3, 'here')`);
    await harness.open();
    await harness.apply(
      transaction(1, [rows.insert([1, 'a'])], { part: { index: 0, last: false } }),
      transaction(1, [rows.insert([2, 'b'], [3, 'c'])], { part: { index: 1, last: false } }),
      transaction(1, [rows.insert([4, 'd'])], { part: { index: 2, last: true } }),
    );
    expect(await content()).toBe('1:a,2:b,3:c,4:d');
    expect(harness.sink.counters).toMatchObject({ conflicts: 1, replays: 1, commits: 1 });
  });

  it('leaves nothing of a large transaction that was not finished', async () => {
    await harness.open();
    await harness.apply(
      transaction(1, [rows.insert([1, 'a'])]),
      transaction(2, [rows.insert([2, 'b'])], { part: { index: 0, last: false } }),
    );
    await harness.close();
    expect(await content()).toBe('1:a');
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('keeps a prepared XA group until it ends', async () => {
    const xid = "X'0a27',X'',1";
    const large = Buffer.alloc(2_500_000, 7);
    const payload = [Buffer.from('head'), large, Buffer.alloc(0)];
    await harness.open();
    await harness.write(transaction(1, [{ kind: 'xa-prepare', xid, payload }]));
    const loaded = await harness.sink.loadPrepared(xid);
    expect(loaded?.map((piece) => piece.length)).toEqual([4, 2_500_000, 0]);
    expect(Buffer.compare(loaded?.[1] ?? Buffer.alloc(0), large)).toBe(0);
    expect(await harness.sink.loadPrepared('other')).toBeUndefined();
    await harness.apply(
      transaction(2, [rows.insert([1, 'a']), { kind: 'xa-end', xid, outcome: 'commit' }]),
    );
    expect(await harness.sink.loadPrepared(xid)).toBeUndefined();
    expect(await content()).toBe('1:a');
  });

  it('applies a backlog in full groups, planned while the one before is written', async () => {
    await harness.open();
    const backlog = Array.from({ length: 1500 }, (_, index) => {
      const id = index % 97;
      const round = Math.floor(index / 97);
      const change =
        round === 0
          ? rows.insert([id, `v${id}.0`])
          : rows.update([id, `v${id}.${round - 1}`], [id, `v${id}.${round}`]);
      return transaction(index + 1, [change]);
    });
    for (let start = 0; start < backlog.length; start += 50) {
      await harness.write(...backlog.slice(start, start + 50));
    }
    await harness.sink.drain();
    expect(harness.acked).toEqual(backlog.map(({ seq }) => seq));
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.t`)).toBe('97');
    expect(await sql.value(`SELECT v FROM ${DATABASE}.t WHERE id = 3`)).toBe('v3.15');
    expect(harness.sink.counters).toMatchObject({ replays: 0, rows: 1500 });
    expect(harness.sink.counters.commits).toBeLessThanOrEqual(20);
  });

  it('applies in order when told so, with the same end', async () => {
    harness = new SinkHarness(sinkOptions(server, TASK, { apply: 'in_order' }));
    await harness.open();
    const many = Array.from({ length: 700 }, (_, index) => [index, `v${index}`] as const);
    await harness.apply(
      transaction(1, [rows.insert(...many)]),
      transaction(2, [rows.update([1, 'v1'], [1, 'x']), rows.update([2, 'v2'], [2, 'v1'])]),
    );
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.t`)).toBe('700');
    expect(await sql.value(`SELECT v FROM ${DATABASE}.t WHERE id = 2`)).toBe('v1');
    expect(harness.sink.counters.replays).toBe(0);
  });
});
