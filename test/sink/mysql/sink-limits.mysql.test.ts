import { createHash, randomFillSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { testServer } from '../../support/servers.ts';
import type { Sql } from '../../support/sql.ts';
import { openTargetSession } from '../../../src/sink/mysql/target-session.ts';
import {
  changesOf,
  checkpointSeq,
  forgetTask,
  openTarget,
  serverOptions,
  SinkHarness,
  sinkOptions,
  transaction,
} from './sink-harness.ts';
import { TARGETS } from './targets.ts';

const DATABASE = 'e2_limits';
const TASK = 'e2-limits';
const blobs = fakeTable(
  DATABASE,
  'b',
  [fakeColumn('id', 'int', { isNullable: false }), fakeColumn('v', 'longblob')],
  [0],
);
const rows = changesOf(blobs);
const signal = new AbortController().signal;

describe.each(TARGETS)('large values on %s', (name) => {
  const server = testServer(name);
  let sql: Sql;
  let harness: SinkHarness;
  let maxPacket: number;

  beforeAll(async () => {
    sql = await openTarget(name, DATABASE);
    maxPacket = Number(await sql.value('SELECT @@GLOBAL.max_allowed_packet'));
  });

  afterAll(() => sql.close());

  beforeEach(async () => {
    await sql.run(
      `DROP TABLE IF EXISTS ${DATABASE}.b`,
      `CREATE TABLE ${DATABASE}.b (id INT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB`,
    );
    await forgetTask(sql, TASK);
    harness = new SinkHarness(sinkOptions(server, TASK));
    await harness.open();
  });

  afterEach(() => harness.close());

  it('writes a value as large as the server takes, up to 64 MB, and rows around it', async () => {
    // 5.6 takes a tenth of its log files' size at most.
    const most = (name === 'dst56' ? 4 : 64) * 1024 * 1024;
    const bytes = Math.min(most, Math.floor(maxPacket * 0.9));
    const value = randomFillSync(Buffer.alloc(bytes));
    await harness.apply(
      transaction(1, [rows.insert([1, Buffer.from('a')])]),
      transaction(2, [rows.insert([2, value])]),
      transaction(3, [rows.insert([3, Buffer.from('c')])]),
    );
    const digest = createHash('sha256').update(value).digest('hex');
    expect(await sql.value(`SELECT SHA2(v, 256) FROM ${DATABASE}.b WHERE id = 2`)).toBe(digest);
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.b`)).toBe('3');
  });

  it.runIf(name === 'dst11')('names the row and the setting where a row does not fit', async () => {
    await harness.write(
      transaction(1, [rows.insert([1, Buffer.from('a')])]),
      transaction(2, [rows.insert([2, Buffer.alloc(maxPacket, 'x')])]),
    );
    await expect(harness.sink.drain()).rejects.toMatchObject({
      code: 'TARGET_VALUE_REFUSED',
      place: { key: 'id=2', table: `${DATABASE}.b` },
      next: expect.stringContaining('max_allowed_packet') as string,
    });
    expect(await checkpointSeq(sql, TASK)).toBe('1');
  });

  it('splits texts at the size of a packet', async () => {
    const session = await openTargetSession(
      { server: serverOptions(server), sqlLogBin: true },
      signal,
    );
    const limit = 0xff_ff_ff;
    // The command byte counts too: exactly full packets need an empty one behind them.
    const lengths = [1, 1000, limit - 2, limit - 1, limit, 2 * limit - 1, 2 * limit, 40_000_000];
    for (const length of lengths.filter((one) => one < session.maxTextBytes)) {
      const text = Buffer.from("SELECT 'ok' /*");
      const filler = Buffer.alloc(Math.max(0, length - text.length - 2), '-');
      const { replies, failure } = await session.execute([text, filler, Buffer.from('*/')]);
      expect(failure).toBeUndefined();
      expect(replies[0]?.rows).toEqual([['ok']]);
    }
    await session.close();
  });

  it('tells which statement of a text failed, and what the others did', async () => {
    const session = await openTargetSession(
      { server: serverOptions(server), sqlLogBin: true },
      signal,
    );
    const text = [
      `INSERT INTO ${DATABASE}.b VALUES (1,'a'),(2,'b')`,
      `UPDATE ${DATABASE}.b SET v = v`,
      'SELECT 1, NULL',
      `INSERT INTO ${DATABASE}.b VALUES (2,'b')`,
      `INSERT INTO ${DATABASE}.b VALUES (3,'c')`,
    ].join(';');
    const { replies, failure } = await session.execute([Buffer.from(text)]);
    expect(replies.map(({ affectedRows }) => affectedRows)).toEqual([2, 2, 0]);
    expect(replies[0]?.info).toMatch(/2/);
    expect(replies[2]?.rows).toEqual([['1', null]]);
    expect(failure).toMatchObject({ code: 'TARGET_CONFLICT', place: { errno: 1062 } });
    expect(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.b`)).toBe('2');
    await session.close();
  });
});
