import { describe, expect, it } from 'vitest';
import { testServer, type ServerName } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import type { Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';

const ROWS = 40_000;

/** Tables that the task has from the start, and others with and without keys that are added later. */
async function fill({ source }: Pair): Promise<void> {
  await source.run(
    'CREATE TABLE old (id INT PRIMARY KEY AUTO_INCREMENT, v INT)',
    'CREATE TABLE wide (id INT PRIMARY KEY, u INT, t VARCHAR(80), UNIQUE KEY (u))',
    "CREATE TABLE pairs (a VARCHAR(20), b INT, v INT, f FLOAT, e ENUM('', 'x'), PRIMARY KEY (a, b))",
    'CREATE TABLE loose (v INT, t VARCHAR(40))',
    'INSERT INTO old (v) VALUES (1)',
  );
  for (let have = 1; have < 256; have *= 2)
    await source.run('INSERT INTO old (v) SELECT v FROM old');
  await source.run(
    `INSERT INTO wide SELECT i, i * 2, REPEAT(i, 5) FROM
     (SELECT ROW_NUMBER() OVER () AS i FROM old a JOIN old b) n WHERE i <= ${ROWS}`,
    "INSERT INTO pairs SELECT CONCAT('é', id MOD 97), id, id, id / 3, 1 + id MOD 2 FROM wide",
    'INSERT INTO loose SELECT id MOD 50, t FROM wide LIMIT 5000',
  );
}

/** Rows move between keys and unique keys, come and go, in every table at once. */
class Writer {
  readonly #sql: Sql;
  readonly #done: Promise<void>;
  #isStopped = false;

  private constructor(sql: Sql) {
    this.#sql = sql;
    this.#done = this.#write();
  }

  static async start(server: ServerName, database: string): Promise<Writer> {
    const sql = await openSql(testServer(server));
    await sql.run(`USE ${database}`);
    return new Writer(sql);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#sql.close();
  }

  async #write(): Promise<void> {
    for (let n = 1; !this.#isStopped; n++) {
      const id = 1 + ((n * 7919) % ROWS);
      const other = 1 + ((n * 104_729) % ROWS);
      await this.#sql.run(
        'BEGIN',
        `INSERT INTO old (v) VALUES (${n})`,
        `DELETE FROM wide WHERE id = ${id}`,
        `UPDATE wide SET u = -u WHERE id = ${other}`,
        `UPDATE wide SET id = id + ${ROWS} WHERE id = ${other + 1}`,
        `INSERT IGNORE INTO wide VALUES (${id}, ${id * 2}, 'w${n}')`,
        `UPDATE pairs SET a = 'z', v = ${n} WHERE a = 'é${id % 97}' AND b = ${id}`,
        `INSERT IGNORE INTO pairs VALUES ('n${n % 40}', ${n}, ${n}, 0.1, '')`,
        `DELETE FROM loose WHERE v = ${n % 50} LIMIT 1`,
        `INSERT INTO loose VALUES (${n % 50}, 'new ${n}')`,
        'COMMIT',
      );
    }
  }
}

const PAIRS: readonly (readonly [ServerName, ServerName])[] = [
  ['src10', 'dst11'],
  ['src97', 'dst97'],
];

describe.each(PAIRS)('snapshot --table, %s → %s', (from, to) => {
  it('adds tables to a task that streams, killed at random, and every row is there once', async () => {
    const pair = await Pair.open(from, to, 'e2e_addtable');
    let run: Running | undefined;
    let stop = (): Promise<void> => Promise.resolve();
    try {
      await pair.configure({ include: [`${pair.database}.old`], start: '' });
      await fill(pair);
      expect((await pair.command('snapshot', '--engine', 'native')).code).toBe(0);
      const writer = await Writer.start(from, pair.database);
      stop = () => writer.stop();
      await pair.configure({});
      run = pair.start('run');
      const tables = ['wide', 'pairs', 'loose'].flatMap((t) => [
        '--table',
        `${pair.database}.${t}`,
      ]);
      const adding = pair.start('snapshot', ...tables);
      for (const rows of [2_000, 60_000]) {
        await waitFor('some of the rows', async () => (await copied(pair)) > rows);
        run.child.kill('SIGKILL');
        await run.finished;
        run = pair.start('run');
      }
      const finished = await adding.finished;
      expect(finished.code, finished.stderr.slice(-3000) + run.stderr().slice(-3000)).toBe(0);
      await writer.stop();
      run.child.kill('SIGKILL');
      await run.finished;
      const last = await pair.run();
      expect(last.code, last.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference()).toBe('');
      const again = await pair.command('snapshot', ...tables);
      expect(again.stderr).toContain('SNAPSHOT_TARGET_FILLED');
    } finally {
      run?.child.kill('SIGKILL');
      await stop();
      await pair.drop();
      await pair.close();
    }
  });
});

/** Rows at the target, of tables that may not be there yet. */
async function copied({ target, database }: Pair): Promise<number> {
  let rows = 0;
  for (const table of ['wide', 'pairs', 'loose']) {
    const count = await target.value(`SELECT COUNT(*) FROM ${database}.${table}`).catch(() => 0);
    rows += Number(count);
  }
  return rows;
}
