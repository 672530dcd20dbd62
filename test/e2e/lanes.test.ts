import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases } from '../support/table-content.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const PAIRS = [
  ['src57', 'dst57', 'auto', 4],
  ['src11', 'dst11', 'auto', 2],
  ['src97', 'dst97', 'sql', 3],
] as const;
const TRANSACTIONS = 420;
const ROWS = 200;
/** Stretches that have nothing in common with what is before them, then one that does. */
const STRETCH = 60;
const KILLS = 5;
const CUTS = 5;

const TABLES = [
  'CREATE TABLE numbered (n INT PRIMARY KEY)',
  'CREATE TABLE bulk (id INT PRIMARY KEY, v INT, pad VARCHAR(40))',
  'CREATE TABLE hot (id INT PRIMARY KEY, v INT)',
  'CREATE TABLE uniques (id INT PRIMARY KEY, u INT UNIQUE)',
  'CREATE TABLE parent (id INT PRIMARY KEY)',
  'CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)',
  'CREATE TABLE keyless (n INT, v INT)',
];

/** What the transaction of this number does: mostly rows of its own, in some stretches rows of others too. */
function statements(n: number): string[] {
  const first = n * 1000;
  const rows = Array.from(
    { length: ROWS },
    (_, at) => `(${first + at},${at},REPEAT('x',${at % 40}))`,
  );
  const own = [
    `INSERT INTO bulk VALUES ${rows.join(',')}`,
    `UPDATE bulk SET v=v+1 WHERE id BETWEEN ${first} AND ${first + 20}`,
    `INSERT INTO numbered VALUES (${n})`,
  ];
  if (Math.floor(n / STRETCH) % 3 !== 2) return own;
  const before = Math.max(first - 1000 * (1 + (n % 90)), 0);
  return [
    ...own,
    `UPDATE bulk SET id=-id-1 WHERE id BETWEEN ${before + 30} AND ${before + 33}`,
    `DELETE FROM bulk WHERE id BETWEEN ${before + 40} AND ${before + 45}`,
    `INSERT INTO bulk VALUES (${before + 41},${n},'again') ON DUPLICATE KEY UPDATE v=v+1`,
    `INSERT INTO hot VALUES (${n % 7},${n}) ON DUPLICATE KEY UPDATE v=v+${n}`,
    `REPLACE INTO uniques VALUES (${n % 11},${n % 13})`,
    `INSERT INTO parent VALUES (${n})`,
    `INSERT INTO child VALUES (${n},${n}),(${n + 100000},${n})`,
    `DELETE FROM parent WHERE id=${n - 3}`,
    `INSERT INTO keyless VALUES (${n},1),(${n},1)`,
    `DELETE FROM keyless WHERE n=${n - 5} LIMIT 1`,
  ];
}

describe.each(PAIRS)('lanes, %s → %s, %s, %i', (sourceName, targetName, apply, lanes) => {
  const database = 'lanes_e2e';
  const workspace = new Workspace();
  let proxy: HoldingProxy;
  let source: Sql;
  let target: Sql;
  let running: Running | undefined;

  beforeAll(async () => {
    source = await openSql(testServer(sourceName));
    target = await openSql(testServer(targetName));
    proxy = await HoldingProxy.start(testServer(targetName).port);
    await target.run(
      `DROP DATABASE IF EXISTS ${database}`,
      'DROP DATABASE IF EXISTS tailrace_lanes_e2e',
    );
    await source.run(`DROP DATABASE IF EXISTS ${database}`);
    workspace.write({
      source: testServer(sourceName),
      target: proxy,
      name: 'lanes-e2e',
      targetLines: `apply = "${apply}"\nlanes = ${lanes}`,
      start: 'now',
      include: [`${database}.*`],
    });
    await untilHead();
    await source.run(`CREATE DATABASE ${database}`, `USE ${database}`, ...TABLES);
    await untilHead();
    for (let n = 1; n <= TRANSACTIONS; n += 1) {
      await source.run('BEGIN', ...statements(n), 'COMMIT');
    }
  });

  afterAll(async () => {
    running?.child.kill('SIGKILL');
    await source.close();
    await target.close();
    await proxy.close();
    workspace.remove();
  });

  async function untilHead(): Promise<void> {
    const { code, stderr } = await runTailrace(['run', '-c', workspace.config, '--until', 'head']);
    expect(code, stderr).toBe(0);
  }

  function start(): Running {
    running = startTailrace(['run', '-c', workspace.config]);
    return running;
  }

  const state = 'tailrace_lanes_e2e.tailrace_checkpoint';
  const seq = async () => Number(await target.value(`SELECT seq FROM ${state} WHERE lane=0`));

  it('is killed and cut at any time: nothing lost, nothing doubled, a prefix at every look', async () => {
    proxy.slowText = '\u0003COMMIT';
    proxy.answerDelayMs = 60;
    for (let n = 0; n < KILLS; n += 1) {
      const before = await seq();
      const run = start();
      await waitFor('work', async () => (await seq()) > before || (await isDone()));
      run.child.kill('SIGKILL');
      await run.finished;
      await expectPrefix();
    }
    const run = start();
    for (let n = 0; n < CUTS; n += 1) {
      const before = await seq();
      await waitFor('work', async () => (await seq()) > before || (await isDone()));
      // Whichever connection of ours the server names: the owner's or a lane's.
      const ours = await target.rows(
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO NOT LIKE 'SELECT%' AND (INFO LIKE 'BINLOG%' OR INFO LIKE 'UPDATE `tailrace%' OR INFO LIKE 'INSERT%' OR INFO LIKE 'COMMIT%')",
      );
      const chosen = ours[n % Math.max(ours.length, 1)]?.['id'] as number | undefined;
      if (chosen !== undefined) await target.run(`KILL ${chosen}`).catch(() => undefined);
      await expectPrefix();
    }
    run.child.kill('SIGTERM');
    await run.finished;
    proxy.answerDelayMs = 0;
    await untilHead();
    expect(await compareDatabases(source, target, database)).toBe('');
    const ahead = await target.value(`SELECT SUM(touches) FROM ${state} WHERE lane>0`);
    expect(Number(ahead)).toBeGreaterThan(0);
  }, 240_000);

  const isDone = async (): Promise<boolean> =>
    (await target.value(`SELECT COUNT(*) FROM ${database}.numbered`)) === String(TRANSACTIONS);

  async function expectPrefix(): Promise<void> {
    const [row] = await target.rows(
      `SELECT COUNT(*) AS found, COALESCE(MAX(n),0) AS last FROM ${database}.numbered`,
    );
    expect(String(row?.['found'])).toBe(String(row?.['last']));
  }
});
