import { describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';

const ENGINES = ['mysqldump', 'native'] as const;
const TABLES = ['orders', 'items', 'notes', 'audit'];

/** Rows enough that a copy takes a while, tables with and without keys, foreign keys and late indexes. */
async function fill({ source }: Pair, rows: number): Promise<void> {
  await source.run(
    'CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT, t VARCHAR(80), f FLOAT, KEY (v), KEY (t))',
    'CREATE TABLE items (a INT, b VARCHAR(20), v INT, pad VARCHAR(100), PRIMARY KEY (a, b))',
    'CREATE TABLE notes (v INT, t TEXT)',
    'CREATE TABLE audit (id BIGINT PRIMARY KEY AUTO_INCREMENT, v INT, t BLOB, KEY (v))',
    'CREATE TABLE empty_one (id INT PRIMARY KEY)',
    "INSERT INTO orders (v, t, f) VALUES (1, 'a\\\\\\'b', 0.1), (2, 'é', 16777216)",
  );
  for (let have = 2; have < rows; have *= 2) {
    await source.run(
      'INSERT INTO orders (v, t, f) SELECT v + 1, CONCAT(LEFT(t, 40), id), f + id FROM orders',
    );
  }
  await source.run(
    "INSERT INTO items SELECT id, CONCAT('k', id MOD 7), v, REPEAT(t, 2) FROM orders",
    'INSERT INTO notes SELECT v, t FROM orders LIMIT 3000',
    'INSERT INTO audit (v, t) SELECT v, UNHEX(SHA2(t, 256)) FROM orders',
    'ANALYZE TABLE orders, items, audit',
  );
}

/** Writes all the time, in transactions over several tables, until it is stopped. */
class Writer {
  readonly #sql: Sql;
  readonly #done: Promise<void>;
  #isStopped = false;
  transactions = 0;

  private constructor(sql: Sql) {
    this.#sql = sql;
    this.#done = this.#write();
  }

  static async start(database: string): Promise<Writer> {
    const sql = await openSql(testServer('src57'));
    await sql.run(`USE ${database}`);
    return new Writer(sql);
  }

  /** May be called twice: a test that failed must not leave it behind. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#sql.close();
  }

  async #write(): Promise<void> {
    for (let n = 1; !this.#isStopped; n++) {
      const id = 1 + ((n * 7919) % 3000);
      await this.#sql.run(
        'BEGIN',
        `INSERT INTO orders (v, t, f) VALUES (${n}, 'new ${n}', ${n} / 3)`,
        `UPDATE orders SET v = v + 1, t = 'changed ${n}' WHERE id = ${id}`,
        `DELETE FROM items WHERE a = ${id}`,
        `INSERT INTO items VALUES (${id}, 'w${n}', ${n}, 'x')`,
        `INSERT INTO notes VALUES (${n}, 'note ${n}')`,
        `UPDATE audit SET v = ${n} WHERE id = ${id}`,
        'COMMIT',
      );
      this.transactions++;
    }
  }
}

describe.each(ENGINES)('snapshot by %s', (engine) => {
  it('copies under write load and hands over to run with nothing lost and nothing twice', async () => {
    const pair = await Pair.open('src57', 'dst57', `e2e_snap_${engine}`);
    try {
      await pair.configure({ start: '' });
      await fill(pair, 30_000);
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
      await fill(pair, 30_000);
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

/** Rows at the target, of tables that may not be there yet. */
async function copied(pair: Pair): Promise<number> {
  let rows = 0;
  for (const table of TABLES) {
    const count = await pair.target
      .value(`SELECT COUNT(*) FROM ${pair.database}.${table}`)
      .catch(() => '0');
    rows += Number(count);
  }
  return rows;
}

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

  it('without a dump program, and names the package', async () => {
    const pair = await Pair.open('src57', 'dst57', 'e2e_snapnone');
    try {
      await pair.configure({ start: '', tail: '[task.snapshot]\nprogram = "no-such-dump"\n' });
      const refused = await pair.command('snapshot');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/SNAPSHOT_PROGRAM_MISSING.*mysql-client/);
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
