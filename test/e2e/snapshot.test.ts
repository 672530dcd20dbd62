import { describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';
import { copied, fillForCopy, TABLES, Writer } from './snapshot-load.ts';

const ENGINES = ['mysqldump', 'native'] as const;

describe.each(ENGINES)('snapshot by %s', (engine) => {
  it('copies under write load and hands over to run with nothing lost and nothing twice', async () => {
    const pair = await Pair.open('src57', 'dst57', `e2e_snap_${engine}`);
    try {
      await pair.configure({ start: '' });
      await fillForCopy(pair, 30_000);
      const writer = await Writer.start(pair.database);
      const finished = await pair.command('snapshot', '--engine', engine);
      await writer.stop();
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(writer.transactions).toBeGreaterThan(0);
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference()).toBe('');
      expect(await keysOf(pair.target)).toEqual(await keysOf(pair.source));
      const again = await pair.command('snapshot', '--engine', engine);
      expect(again.stderr).toContain('SNAPSHOT_NOT_NEEDED');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });

  it('killed at random again and again, goes on, and run refuses in between', async () => {
    const pair = await Pair.open('src57', 'dst57', `e2e_snapkill_${engine}`);
    let stopWriter = (): Promise<void> => Promise.resolve();
    try {
      await pair.configure({ start: '' });
      await fillForCopy(pair, 30_000);
      const writer = await Writer.start(pair.database);
      stopWriter = () => writer.stop();
      let kills = 0;
      let hasRefused = false;
      for (let attempt = 0; attempt < 4; attempt++) {
        const running = pair.start('snapshot', '--engine', engine);
        const rows = [0, 8000, 35_000, 60_000][attempt] ?? 0;
        const isOver = (): boolean => running.child.exitCode !== null;
        await waitFor('some of the copy', async () => isOver() || (await copied(pair)) > rows);
        if (isOver()) break;
        running.child.kill('SIGKILL');
        await running.finished;
        kills++;
        const run = await pair.run();
        hasRefused ||= run.stderr.includes('SNAPSHOT_UNFINISHED');
      }
      const finished = await pair.command('snapshot', '--engine', engine);
      await writer.stop();
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(kills).toBeGreaterThan(1);
      expect(hasRefused).toBe(true);
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await stopWriter();
      await pair.drop();
      await pair.close();
    }
  });
});

async function keysOf(sql: Sql): Promise<string[]> {
  const keys: string[] = [];
  for (const table of TABLES) {
    const rows = await sql.rows(`SHOW INDEX FROM ${table}`);
    keys.push(
      ...rows.map((row) => `${table} ${String(row['Key_name'])} ${String(row['Column_name'])}`),
    );
  }
  return keys.sort();
}

describe.each(ENGINES)('throttled snapshot by %s', (engine) => {
  it('waits while the source has too much to do', async () => {
    const pair = await Pair.open('src57', 'dst57', `e2e_snapslow_${engine}`);
    const busy = await Promise.all([1, 2, 3, 4].map(() => openSql(testServer('src57'))));
    try {
      await pair.configure({ start: '', tail: '[task.snapshot]\nmax_threads_running = 2\n' });
      await pair.source.run('CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1), (2)');
      const ids = await Promise.all(busy.map((sql) => sql.value('SELECT CONNECTION_ID()')));
      const sleeping = busy.map((sql) => sql.run('DO SLEEP(100)').catch(() => undefined));
      const running = pair.start('snapshot', '--engine', engine);
      await waitFor('it to wait', () => running.stderr().includes('max_threads_running = 2'));
      expect(running.child.exitCode).toBe(null);
      await waitFor('status to say so', async () => {
        const { stdout } = await pair.command('status', '--json');
        return /"waitsFor": ?"the source runs \d+ statements/.test(stdout);
      });
      for (const id of ids) await pair.source.run(`KILL ${String(id)}`);
      await Promise.all(sleeping);
      const finished = await running.finished;
      expect(finished.code, finished.stderr).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await Promise.all(busy.map((sql) => sql.close().catch(() => undefined)));
      await pair.drop();
      await pair.close();
    }
  });
});

describe('snapshot refuses', () => {
  it('a target with rows, unless told so', async () => {
    const pair = await Pair.open('src57', 'dst57', 'e2e_snapfilled');
    try {
      await pair.configure({ start: '' });
      await pair.both('CREATE TABLE t (id INT PRIMARY KEY)');
      await pair.source.run('INSERT INTO t VALUES (1), (2)');
      await pair.target.run('INSERT INTO t VALUES (2), (3)');
      const refused = await pair.command('snapshot');
      expect(refused.code).toBe(5);
      expect(refused.stderr).toContain('SNAPSHOT_TARGET_FILLED');
      expect(await pair.rows('SELECT id FROM t ORDER BY id')).toEqual(['2', '3']);
      const told = await pair.command('snapshot', '--overwrite');
      expect(told.code, told.stderr).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });

  it('without a dump program, and names the package; a table that is none', async () => {
    const pair = await Pair.open('src57', 'dst57', 'e2e_snapnone');
    try {
      await pair.configure({ start: '', tail: '[task.snapshot]\nprogram = "no-such-dump"\n' });
      const refused = await pair.command('snapshot');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/SNAPSHOT_PROGRAM_MISSING.*mysql-client/);
      const mistyped = await pair.command('snapshot', '--table', `${pair.database}.no_such`);
      expect(mistyped.code).toBe(2);
      expect(mistyped.stderr).toContain('has no table');
      // No checkpoint came of it.
      expect((await pair.run()).stderr).toContain('START_REQUIRED');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
