import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TaskStatus } from '../../src/status/task-status.ts';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { output, statusOf, untilStreaming } from './state-support.ts';

const MIB = 1 << 20;
const ALLOWED_RSS_MIB = 400;
const ROWS = 300_000;
/** What takes seconds when nothing else runs. */
const SLOW_MS = 400_000;
vi.setConfig({ testTimeout: 2 * SLOW_MS });

const running = new Set<Running>();

function start(workspace: Workspace): Running {
  const run = startTailrace(['run', '-c', workspace.config]);
  running.add(run);
  return run;
}

async function stop(run: Running): Promise<void> {
  run.child.kill('SIGTERM');
  const { code } = await run.finished;
  expect(code, output(run)).toBe(0);
  running.delete(run);
}

async function catchUp(workspace: Workspace): Promise<void> {
  const args = ['run', '-c', workspace.config, '--until', 'head'];
  const { code, stdout, stderr } = await runTailrace(args);
  expect(code, stdout + stderr).toBe(0);
}

/** What the process held at most, and holds now. */
function memory(run: Running): { readonly peakMib: number; readonly nowMib: number } {
  const text = readFileSync(`/proc/${run.child.pid ?? 0}/status`, 'utf8');
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;
  return { peakMib: Math.round(read('VmHWM')), nowMib: Math.round(read('VmRSS')) };
}

function report(what: string, run: Running): number {
  const { peakMib, nowMib } = memory(run);
  process.stdout.write(`${what}: peak RSS ${peakMib} MiB, now ${nowMib} MiB\n`);
  return peakMib;
}

afterEach(async () => {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
});

/** Begins before the other tests of this file and gets nothing to do until they are over. */
const idle = { workspace: new Workspace(), sinceMs: 0, run: undefined as Running | undefined };
const IDLE_DATABASE = 'limits_idle';

beforeAll(async () => {
  const source = await openSql(testServer('src11'));
  const target = await openSql(testServer('dst11'));
  for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${IDLE_DATABASE}`);
  await target.run('DROP DATABASE IF EXISTS tailrace_limits_idle');
  const ends = { source: testServer('src11'), target: testServer('dst11') };
  const include = [`${IDLE_DATABASE}.*`];
  idle.workspace.write({ ...ends, name: 'limits-idle', start: 'now', include });
  await catchUp(idle.workspace);
  await source.run(
    `CREATE DATABASE ${IDLE_DATABASE}`,
    `CREATE TABLE ${IDLE_DATABASE}.log (n INT)`,
    `INSERT INTO ${IDLE_DATABASE}.log VALUES (0)`,
  );
  idle.run = startTailrace(['run', '-c', idle.workspace.config]);
  await untilStreaming(idle.run);
  idle.sinceMs = performance.now();
  await source.close();
  await target.close();
});

afterAll(async () => {
  idle.run?.child.kill('SIGKILL');
  await idle.run?.finished;
  idle.workspace.remove();
});

describe.each([
  ['10', 'src10', 'dst10'],
  ['97', 'src97', 'dst97'],
] as const)('large transactions, MySQL family %s', (kind, sourceName, targetName) => {
  const database = 'limits_large';
  const workspace = new Workspace();
  let source: Sql;
  let target: Sql;

  beforeAll(async () => {
    source = await openSql(testServer(sourceName));
    target = await openSql(testServer(targetName));
    for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
    await target.run('DROP DATABASE IF EXISTS tailrace_limits_large');
    const ends = { source: testServer(sourceName), target: testServer(targetName) };
    workspace.write({ ...ends, name: 'limits-large', start: 'now', include: [`${database}.*`] });
    await catchUp(workspace);
    await source.run(
      `CREATE DATABASE ${database}`,
      `USE ${database}`,
      'CREATE TABLE seed (n INT PRIMARY KEY)',
      'CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, a VARCHAR(60), b DATETIME(3), c DECIMAL(12,2))',
      'CREATE TABLE keyless (n INT NOT NULL, a VARCHAR(60))',
      'CREATE TABLE blobs (id INT PRIMARY KEY, b LONGBLOB)',
    );
    const seed = Array.from({ length: 1000 }, (_, n) => `(${n})`);
    await source.run(`INSERT INTO seed VALUES ${seed.join()}`);
    await catchUp(workspace);
  });
  afterAll(async () => {
    await source.run(`DROP DATABASE ${database}`);
    await catchUp(workspace);
    await source.close();
    await target.close();
    workspace.remove();
  });

  it(`${ROWS} rows in one transaction: a reader of the target sees none or all, peak RSS at most 400 MB`, async () => {
    const run = start(workspace);
    await untilStreaming(run);
    await source.run(
      'BEGIN',
      `INSERT INTO many (n, a, b, c) SELECT x.n * 300 + y.n, CONCAT('some text of row ', x.n * 300 + y.n), NOW(3), x.n / 7 FROM seed x JOIN seed y ON y.n < ${ROWS / 1000}`,
      `INSERT INTO keyless SELECT n, a FROM many WHERE n % 30 = 0`,
      'COMMIT',
    );
    const counts = new Set<string>();
    await waitFor(
      'all rows',
      async () => {
        const count = await target.value(
          `SELECT CONCAT((SELECT COUNT(*) FROM ${database}.many), ' ', (SELECT COUNT(*) FROM ${database}.keyless))`,
        );
        counts.add(count ?? '');
        return count === `${ROWS} ${ROWS / 30}`;
      },
      SLOW_MS,
    );
    expect([...counts].sort()).toEqual(['0 0', `${ROWS} ${ROWS / 30}`]);
    // The same rows once more, in the ways that are not inserts.
    await source.run(`UPDATE many SET a = CONCAT(a, '!'), c = c + 1`);
    await waitFor(
      'all updates',
      async () => {
        const sql = `SELECT COUNT(*) FROM ${database}.many WHERE a LIKE '%!'`;
        return (await target.value(sql)) === `${ROWS}`;
      },
      SLOW_MS,
    );
    await source.run('DELETE FROM many');
    await waitFor(
      'all deletes',
      async () => (await target.value(`SELECT COUNT(*) FROM ${database}.many`)) === '0',
      SLOW_MS,
    );
    const peakMib = report(`${kind}: insert, update and delete of ${ROWS} rows`, run);
    await stop(run);
    expect(peakMib).toBeLessThanOrEqual(ALLOWED_RSS_MIB);
  });

  it('inserts of 64 MB blobs, alone and three in one transaction: exact, peak RSS at most 400 MB', async () => {
    const run = start(workspace);
    await untilStreaming(run);
    const blob = (n: number) =>
      `RPAD('${n}', ${64 * MIB}, CONCAT('${n}', UUID(), CHAR(0, 39, 92)))`;
    await source.run(
      `INSERT INTO blobs VALUES (1, ${blob(1)})`,
      'BEGIN',
      ...[2, 3, 4].map((n) => `INSERT INTO blobs VALUES (${n}, ${blob(n)})`),
      'COMMIT',
      // With all of it in the text, which MariaDB writes to the binlog as well.
      `INSERT INTO blobs VALUES (5, '${'text of it '.repeat((64 * MIB) / 11)}')`,
    );
    const digests = (sql: Sql) =>
      sql
        .rows(
          `SELECT id, LENGTH(b) AS bytes, SHA2(b, 256) AS digest FROM ${database}.blobs ORDER BY id`,
        )
        .then((rows) => JSON.stringify(rows));
    await waitFor(
      'the blobs',
      async () => (await target.value(`SELECT COUNT(*) FROM ${database}.blobs`)) === '5',
      SLOW_MS,
    );
    expect(await digests(target)).toBe(await digests(source));
    const peakMib = report(`${kind}: five blobs of 64 MB`, run);
    await source.run('DELETE FROM blobs WHERE id < 5');
    await waitFor('the deletes', async () => {
      return (await target.value(`SELECT COUNT(*) FROM ${database}.blobs`)) === '1';
    });
    report(`${kind}: and four of them deleted`, run);
    await stop(run);
    expect(peakMib).toBeLessThanOrEqual(ALLOWED_RSS_MIB);
  });
});

/** How far into the file that `end` is in. */
function readOf(end: Readonly<Record<string, unknown>> | undefined, status?: TaskStatus): number {
  const [file, position] = status?.source.coordinates?.split(':') ?? [];
  return file === end?.['File'] ? Number(position) : 0;
}

describe('a target that is too slow, many tables, a long silence: MariaDB 10.11', () => {
  const database = 'limits_slow';
  const workspace = new Workspace();
  let proxy: HoldingProxy;
  let source: Sql;
  let target: Sql;

  beforeAll(async () => {
    proxy = await HoldingProxy.start(testServer('dst10').port);
    source = await openSql(testServer('src10'));
    target = await openSql(testServer('dst10'));
    for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
    await target.run('DROP DATABASE IF EXISTS tailrace_limits_slow');
    const ends = { source: testServer('src10'), target: proxy };
    workspace.write({ ...ends, name: 'limits-slow', start: 'now', include: [`${database}.*`] });
    await catchUp(workspace);
    await source.run(
      `CREATE DATABASE ${database}`,
      `USE ${database}`,
      'CREATE TABLE wide (id INT AUTO_INCREMENT PRIMARY KEY, filler VARCHAR(8000))',
      'CREATE TABLE log (n INT)',
    );
    await catchUp(workspace);
  });
  afterAll(async () => {
    await proxy.close();
    await source.close();
    await target.close();
    workspace.remove();
  });

  it("its answers ten times too slow: the source's socket pauses, memory stays flat, all of it arrives", async () => {
    const rows = Array.from({ length: 100 }, (_, n) => `(REPEAT('${n % 10}', 8000))`).join();
    // All of it in one file, so that places in it tell how much is between them.
    await source.run('FLUSH BINARY LOGS');
    for (let n = 0; n < 250; n += 1) await source.run(`INSERT INTO wide (filler) VALUES ${rows}`);
    const [end] = await source.rows('SHOW MASTER STATUS');
    proxy.answerDelayMs = 250;
    const run = start(workspace);
    await untilStreaming(run);
    // Full: the place that was read no longer moves away from the checkpoint.
    const inFlight = async () => (await statusOf(workspace))[0]?.lag.bytesInFlight ?? 0;
    await waitFor('what may be in flight', async () => (await inFlight()) > 3 * MIB);
    const seen: number[] = [];
    const from = (await statusOf(workspace))[0]?.sinks['mysql']?.['commits'] ?? 0;
    const commits = async () => (await statusOf(workspace))[0]?.sinks['mysql']?.['commits'] ?? 0;
    while ((await commits()) < from + 8) {
      seen.push(memory(run).nowMib);
      const [status] = await statusOf(workspace);
      expect(status?.lag.bytesInFlight).toBeLessThan(48 * MIB);
      expect(readOf(end, status)).toBeLessThan(Number(end?.['Position']) - 50 * MIB);
    }
    const threads = await source.rows('SHOW PROCESSLIST');
    const dump = threads.filter((row) => String(row['Command']).startsWith('Binlog Dump'));
    expect(dump.map((row) => String(row['State'])).join()).toMatch(/[Ss]ending|[Ww]riting/);
    const peakMib = report(`slow target, RSS while it waits ${seen.join(' ')} MiB`, run);
    proxy.answerDelayMs = 0;
    const all = async () =>
      (await target.value(`SELECT COUNT(*) FROM ${database}.wide`)) === '25000';
    await waitFor('all rows', all, SLOW_MS);
    expect(output(run)).not.toContain('SOURCE_SILENT');
    await stop(run);
    expect(peakMib).toBeLessThanOrEqual(ALLOWED_RSS_MIB);
    await source.run('DROP TABLE wide');
  });

  it('2,000 tables, each with rows of its own, then half of them altered', async () => {
    const names = Array.from({ length: 2_000 }, (_, n) => `t${n}`);
    for (const sql of [source, target]) {
      await sql.run(`USE ${database}`);
      for (const name of names) await sql.run(`CREATE TABLE ${name} (id INT PRIMARY KEY, v INT)`);
    }
    // Both ends have them: the statements of the source are not for the target.
    await runTailrace(['position', 'set', 'now', '-c', workspace.config]);
    const run = start(workspace);
    await untilStreaming(run);
    await source.run('BEGIN');
    for (const name of names) await source.run(`INSERT INTO ${name} VALUES (1, 1), (2, 2)`);
    await source.run('COMMIT');
    for (const name of names) await source.run(`UPDATE ${name} SET v = 7 WHERE id = 2`);
    for (const name of names.slice(0, 20)) await source.run(`ALTER TABLE ${name} ADD w INT FIRST`);
    await source.run('UPDATE t19 SET w = 9');
    const last = () => target.value('SELECT SUM(w) FROM t19').catch(() => null);
    await waitFor('the last of it', async () => (await last()) === '18', SLOW_MS);
    const sum = await target.value(
      names
        .map((name) => `SELECT SUM(v) AS s FROM ${name}`)
        .slice(0, 500)
        .join(' UNION ALL '),
    );
    expect(sum).toBe('8');
    for (const name of ['t0', 't700', 't1999']) {
      expect(await target.rows(`SELECT id, v FROM ${name} ORDER BY id`)).toEqual([
        { id: 1, v: 1 },
        { id: 2, v: 7 },
      ]);
    }
    const peakMib = report('2,000 tables', run);
    await stop(run);
    expect(peakMib).toBeLessThanOrEqual(ALLOWED_RSS_MIB);
    // A restart with 2,000 definitions.
    await source.run('UPDATE t1999 SET v = 8');
    await catchUp(workspace);
    expect(await target.value('SELECT SUM(v) FROM t1999')).toBe('16');
  });
});

describe('a source that was idle while the other tests ran', () => {
  it('then busy: goes on at once on the same connections, nothing lost', async () => {
    const { run, workspace, sinceMs } = idle;
    if (run === undefined) throw new Error('it does not run');
    const source = await openSql(testServer('src11'), { database: IDLE_DATABASE });
    const target = await openSql(testServer('dst11'));
    process.stdout.write(`idle for ${Math.round((performance.now() - sinceMs) / 1000)} s\n`);
    for (let n = 1; n <= 500; n += 1) await source.run(`INSERT INTO log VALUES (${n})`);
    await waitFor('the rows', async () => {
      const text = await target.value(
        `SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT n)) FROM ${IDLE_DATABASE}.log`,
      );
      return text === '501 501';
    });
    const [status] = await statusOf(workspace);
    expect(status).toMatchObject({ state: 'streaming', retries: 0, error: null });
    await stop(run);
    await source.close();
    await target.close();
  });
});
