import { afterEach, describe, expect, it } from 'vitest';
import { testServer, type ServerName } from '../support/servers.ts';
import type { Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { runInspect } from './inspect-support.ts';
import { Pair } from './pair.ts';
import { APPEND_TABLES, AppendLoad } from './poll-load.ts';
import { valueTables, type ServerTraits } from './value-tables.ts';
import { ValueWorkload } from './value-workload.ts';

const SOURCE: ServerName = 'src57';
const TARGET: ServerName = 'dst11';
const READER = 'e2e_reader';

interface PolledStatus {
  readonly state: string;
  readonly poll: {
    readonly state: string;
    readonly rounds: number;
    readonly rows: number;
    readonly lateRows: number;
    readonly unusable: readonly { readonly table: string; readonly reason: string }[];
  };
}

interface PolledPosition {
  readonly from: string;
  readonly polled: readonly { readonly table: string; readonly lastKey: string }[];
}

let cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

interface Setup {
  readonly strategies: string;
  readonly poll?: string;
  readonly more?: string;
  readonly start?: string;
}

/** Both ends empty; the source is read by an account that may SELECT and nothing else. */
async function openPair(database: string, setup: Setup): Promise<Pair> {
  const pair = await Pair.open(SOURCE, TARGET, database);
  cleanups.push(async () => {
    await pair.drop();
    await pair.close();
  });
  const user = `${READER}_${database.slice(-8)}`;
  await pair.source.run(
    `DROP USER IF EXISTS '${user}'@'%'`,
    `CREATE USER '${user}'@'%' IDENTIFIED BY ''`,
    `GRANT SELECT ON *.* TO '${user}'@'%'`,
  );
  cleanups.push(() => pair.source.run(`DROP USER IF EXISTS '${user}'@'%'`));
  await pair.configure({
    start: setup.start ?? '',
    tail: `[task.poll]\nevery_seconds = 0.3\nbatch = 500\n${setup.poll ?? ''}\n${setup.more ?? ''}\n`,
  });
  pair.edit((text) =>
    text
      .replace('[[task]]\n', `[[task]]\nstrategies = ${setup.strategies}\n`)
      .replace('user = "root"', `user = "${user}"`),
  );
  return pair;
}

function start(pair: Pair): Running {
  const running = pair.start('run');
  cleanups.push(async () => {
    running.child.kill('SIGKILL');
    await running.finished;
  });
  return running;
}

async function statusOf(pair: Pair): Promise<PolledStatus> {
  const { stdout } = await pair.command('status', '--json');
  const [task] = (JSON.parse(stdout) as { tasks: PolledStatus[] }).tasks;
  if (task === undefined) throw new Error('no status');
  return task;
}

/** Both ends are equal, however long it takes. */
async function untilEqual(pair: Pair): Promise<void> {
  let last = '';
  await waitFor('equal ends', async () => (last = await pair.difference()) === '', 40_000).catch(
    (thrown: unknown) => {
      throw new Error(`${String(thrown)}: ${last}`);
    },
  );
}

describe('strategies = ["poll"]', () => {
  it('brings appended rows under load, killed at random, by an account that may only SELECT', async () => {
    const pair = await openPair('e2e_poll_load', { strategies: '["poll"]' });
    await pair.source.run(...APPEND_TABLES, "INSERT INTO orders (note) VALUES ('before')");
    const load = await AppendLoad.start(testServer(SOURCE), pair.database);
    for (let kill = 1; kill <= 4; kill += 1) {
      const running = start(pair);
      await load.reached(load.transactions + 150);
      running.child.kill('SIGKILL');
      await running.finished;
    }
    const running = start(pair);
    await load.reached(load.transactions + 300);
    await load.stop();
    await untilEqual(pair);
    const status = await statusOf(pair);
    expect(status.state).toBe('polling');
    expect(status.poll.rounds).toBeGreaterThan(0);
    expect(status.poll.lateRows).toBeGreaterThan(0);
    // A round that changes nothing is no difference, whatever came late.
    const { report, code } = await runInspect(pair);
    expect(code, JSON.stringify(report.tables)).toBe(0);
    running.child.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
    expect(await pair.rows('SELECT COUNT(*) > 0 FROM orders')).toEqual(['1']);
    const [last] = await pair.rows('SELECT MAX(id) FROM orders');
    const shown = await pair.command('position', 'show', '--json');
    const [{ from, polled }] = (JSON.parse(shown.stdout) as { tasks: [PolledPosition] }).tasks;
    expect(from).toBe('target');
    expect(polled).toContainEqual({ table: `${pair.database}.orders`, lastKey: last });
  });

  it('upserts or inserts, by table; names what it cannot follow', async () => {
    const pair = await openPair('e2e_poll_write', {
      strategies: '["poll"]',
      more: `[[task.table]]
match = "e2e_poll_write.kept"
poll = "insert"
[[task.table]]
match = "e2e_poll_write.aside"
poll = "off"
[[task.table]]
match = "e2e_poll_write.moved"
to = "e2e_poll_write.there"
drop_columns = ["secret"]
rename_columns = { v = "w" }`,
    });
    await pair.source.run(
      'CREATE TABLE kept (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE written (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE aside (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE moved (id INT AUTO_INCREMENT PRIMARY KEY, v INT, secret INT)',
      'CREATE TABLE keyless (v INT)',
      'CREATE TABLE named (name VARCHAR(20) PRIMARY KEY)',
      ...['kept', 'written', 'aside'].map((table) => `INSERT INTO ${table} VALUES (1, 1), (2, 2)`),
      'INSERT INTO moved VALUES (1, 1, 9)',
    );
    await pair.target.run(
      'CREATE TABLE kept (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE written (id INT AUTO_INCREMENT PRIMARY KEY, v INT, own INT DEFAULT 5)',
      'INSERT INTO kept VALUES (1, 77)',
      'INSERT INTO written VALUES (1, 77, 6)',
    );
    const run = await pair.run();
    expect(run.code, run.stderr).toBe(0);
    expect(await pair.rows('SELECT * FROM kept ORDER BY id')).toEqual(['1 77', '2 2']);
    expect(await pair.rows('SELECT * FROM written ORDER BY id')).toEqual(['1 1 6', '2 2 5']);
    expect(await pair.rows('SELECT * FROM there')).toEqual(['1 1']);
    expect(await pair.rows("SHOW TABLES LIKE 'aside'")).toEqual([]);
    const { poll } = await statusOf(pair);
    expect(poll.unusable).toEqual([
      { table: `${pair.database}.keyless`, reason: 'it has no primary key' },
    ]);
    expect(run.stderr).toMatch(/named.*does not grow by itself/);
    const check = await pair.command('check');
    expect(check.stdout).toMatch(/POLL_UNUSABLE\s+.*keyless/);
    expect(check.stdout).toMatch(/POLL_IN_PART\s+.*named/);
    expect(check.stdout).not.toMatch(/REPLICATION SLAVE|START_REQUIRED/);
  });

  it('follows tables that are emptied, dropped, made anew and altered', async () => {
    const pair = await openPair('e2e_poll_ddl', { strategies: '["poll"]' });
    await pair.source.run(
      'CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE gone (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'INSERT INTO a (v) VALUES (1), (2), (3)',
      'INSERT INTO gone (v) VALUES (1)',
    );
    expect((await pair.run()).code).toBe(0);
    await pair.source.run('TRUNCATE TABLE a', 'INSERT INTO a (v) VALUES (4)', 'DROP TABLE gone');
    expect((await pair.run()).code).toBe(0);
    // Nothing is taken away: only new rows are seen.
    expect(await pair.rows('SELECT * FROM a ORDER BY id')).toEqual(['1 4', '2 2', '3 3']);
    await pair.source.run('ALTER TABLE a ADD COLUMN w INT', 'INSERT INTO a (v, w) VALUES (5, 6)');
    const stopped = await pair.run();
    expect(stopped.code).toBe(5);
    expect(stopped.stderr).toContain('TARGET_COLUMNS_DIFFER');
    await pair.target.run('ALTER TABLE a ADD COLUMN w INT');
    expect((await pair.run()).code).toBe(0);
    expect(await pair.rows('SELECT v, w FROM a WHERE id = 2')).toEqual(['5 6']);
  });

  it('leaves changed and deleted rows to the inspection beside it, which needs no binlog', async () => {
    const pair = await openPair('e2e_poll_mend', {
      strategies: '["poll", "inspect"]',
      more: '[task.inspect]\nevery_seconds = 1\nquick_every_seconds = 0\nrepair = true',
    });
    await pair.source.run(
      'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'INSERT INTO t (v) VALUES (1), (2), (3), (4)',
    );
    const running = start(pair);
    await untilEqual(pair);
    await pair.source.run(
      'UPDATE t SET v = 22 WHERE id = 2',
      'DELETE FROM t WHERE id = 3',
      'INSERT INTO t (v) VALUES (5)',
    );
    await untilEqual(pair);
    running.child.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
  });

  it('refuses what needs the stream', async () => {
    const pair = await openPair('e2e_poll_usage', { strategies: '["poll"]' });
    for (const words of [
      ['--from', 'now'],
      ['--until', 'x.000001:4'],
    ]) {
      const { code, stderr } = await pair.command('run', ...words);
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(/needs the stream/);
    }
    pair.edit((text) => `${text}\n[task.kafka]\nbrokers = ["127.0.0.1:1"]\n`);
    const { code, stderr } = await pair.run();
    expect(code).toBe(2);
    expect(stderr).toMatch(/publishes nothing/);
  });
});

describe('polling beside the stream and the inspection', () => {
  it('steps back while the stream is healthy, and gives way when it is back', async () => {
    const pair = await openPair('e2e_poll_all', {
      strategies: '["stream", "poll", "inspect"]',
      start: 'now',
      more: '[task.inspect]\nevery_seconds = 2\nquick_every_seconds = 1\nalarm_after = 2',
    });
    const user = `'${READER}_poll_all'@'%'`;
    await pair.source.run(`GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${user}`);
    const running = start(pair);
    await waitFor('the stream', () => /beginning here/.test(running.stderr()));
    await pair.source.run(...APPEND_TABLES);
    const load = await AppendLoad.start(testServer(SOURCE), pair.database);
    await load.reached(100);
    expect((await statusOf(pair)).poll).toMatchObject({ state: 'standing-back', rows: 0 });

    // No binlog any more: the dump is refused for good.
    await pair.source.run(`REVOKE REPLICATION SLAVE ON *.* FROM ${user}`);
    await killDump(pair, user);
    await waitFor('polling', async () => (await statusOf(pair)).poll.rows > 200);
    const before = load.transactions;
    await load.reached(before + 100);
    await waitFor('its rows', async () => {
      const [turns] = await pair.rows('SELECT COUNT(*) FROM orders');
      return Number(turns) >= 2 * before;
    });
    expect(running.child.exitCode).toBeNull();

    await pair.source.run(`GRANT REPLICATION SLAVE ON *.* TO ${user}`);
    await waitFor('the stream', async () => (await statusOf(pair)).state === 'streaming', 90_000);
    await load.reached(load.transactions + 100);
    await load.stop();
    await pair.source.run(
      "UPDATE orders SET note = 'changed' WHERE id % 7 = 0",
      'DELETE FROM orders WHERE id % 11 = 0',
    );
    await untilEqual(pair);
    const status = await statusOf(pair);
    expect(status.poll.state).toBe('standing-back');
    expect(running.stderr()).not.toContain('TARGET_CONFLICT');
    running.child.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
  });
});

async function killDump(pair: Pair, user: string): Promise<void> {
  const [name] = user.replaceAll("'", '').split('@');
  const rows = await pair.source.rows(
    `SELECT id FROM information_schema.PROCESSLIST WHERE USER = '${name}' AND COMMAND LIKE 'Binlog Dump%'`,
  );
  for (const row of rows) await pair.source.run(`KILL ${String(Object.values(row)[0])}`);
}

const VALUES: readonly { source: ServerName; target: ServerName; traits: ServerTraits }[] = [
  { source: 'src97', target: 'dst97', traits: { isMariadb: false, version: 9.7 } },
  { source: 'src11', target: 'dst11', traits: { isMariadb: true, version: 11.8 } },
];

describe.each(VALUES)('every type by polling, $source → $target', (scenario) => {
  it('arrives as the source has it', async () => {
    const pair = await Pair.open(scenario.source, scenario.target, 'e2e_poll_values', {
      start: '',
    });
    try {
      pair.edit((text) => text.replace('[[task]]\n', '[[task]]\nstrategies = ["poll"]\n'));
      const workload = new ValueWorkload(valueTables(scenario.traits));
      const isKeyed = (statement: string): boolean => /(TABLE|INTO) k_/.test(statement);
      await pair.source.run(
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
        ...workload.create().filter(isKeyed),
        ...workload.inserts().filter(isKeyed),
      );
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
