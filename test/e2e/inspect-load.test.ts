import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { allDifferences, runInspect, type InspectionReport } from './inspect-support.ts';

const DATABASE = 'e2e_inspect_load';
const ROWS = 120_000;
const PACE_MS = 3;

/** Writes until it is stopped, no faster than a target on a busy machine can follow: hot rows, new rows, rows that go, keys that move. */
class Load {
  readonly #sql: Sql;
  #isStopped = false;
  #done: Promise<void> = Promise.resolve();
  statements = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  start(seed: number): void {
    this.#done = this.#run(seed);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#sql.close();
  }

  async #run(seed: number): Promise<void> {
    for (let turn = seed; !this.#isStopped; turn += 7) {
      const id = (turn * 7919) % ROWS;
      for (const statement of [
        `UPDATE big SET v = v + 1, w = CONCAT('w', ${turn}) WHERE id BETWEEN ${id} AND ${id + 20}`,
        'UPDATE big SET v = v + 1 WHERE id <= 3',
        `UPDATE big SET id = id + 1000000 WHERE id = ${id + 30}`,
        `INSERT INTO big (v, w) VALUES (${turn}, 'new'), (${turn}, 'new too')`,
        `DELETE FROM big WHERE id = ${id + 40}`,
        `INSERT INTO loose VALUES (${turn}, 'x'), (${turn}, 'x'), (${turn % 50}, 'y')`,
        `DELETE FROM loose WHERE a = ${turn - 700}`,
        `UPDATE big SET w = 'a' WHERE id = ${id + 50}`,
        `UPDATE big SET w = 'b' WHERE id = ${id + 50}`,
        `UPDATE big SET w = 'a' WHERE id = ${id + 50}`,
      ]) {
        await this.#sql.connection.query(statement);
        this.statements += 1;
        await delay(PACE_MS);
      }
    }
  }
}

describe('inspect beside a running task, the source written to all the time', () => {
  const workspace = new Workspace();
  let source: Sql;
  let target: Sql;
  let running: Running;
  const loads: Load[] = [];
  const ends = { source: testServer('src57'), target: testServer('dst57') };
  const command = (...words: string[]) =>
    startTailrace([...words, '-c', workspace.config]).finished;
  const inspect = (...options: string[]) => runInspect({ command }, ...options);

  beforeAll(async () => {
    source = await openSql(ends.source);
    target = await openSql(ends.target);
    for (const end of [source, target]) await end.run(`DROP DATABASE IF EXISTS ${DATABASE}`);
    workspace.write({ ...ends, name: DATABASE, start: 'now', include: [`${DATABASE}.*`] });
    await target.run(`DROP DATABASE IF EXISTS tailrace_${DATABASE}`);
    running = startTailrace(['run', '-c', workspace.config]);
    await waitFor('the stream', () => /beginning here/.test(running.stderr()), 30_000);
    await source.run(
      `CREATE DATABASE ${DATABASE}`,
      `USE ${DATABASE}`,
      'CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL, w VARCHAR(40))',
      'CREATE TABLE loose (a INT, b CHAR(5))',
      "INSERT INTO big (v, w) VALUES (1, 'x')",
    );
    for (let rows = 1; rows < ROWS; rows *= 2) {
      await source.run(`INSERT INTO big (v, w) SELECT v + id, CONCAT('w', id) FROM big`);
    }
    // Left alone by the load.
    await source.run("INSERT INTO big VALUES (3000001, 1, 'still'), (3000002, 2, 'still')");
    await waitFor('the copy', async () => (await count(target)) === (await count(source)), 60_000);
    for (const seed of [1, 2]) {
      const load = new Load(await openSql(ends.source, { database: DATABASE }));
      load.start(seed);
      loads.push(load);
    }
  }, 120_000);

  afterAll(async () => {
    for (const load of loads) await load.stop();
    running.child.kill('SIGKILL');
    for (const end of [source, target]) {
      await end.run(`DROP DATABASE IF EXISTS ${DATABASE}`);
      await end.close();
    }
    workspace.remove();
  });

  it('finds nothing where nothing is', { timeout: 60_000 }, async () => {
    const before = loads.map(({ statements }) => statements);
    const { code, report } = await inspect();
    expect(allDifferences(report)).toEqual([]);
    expect(rowsOf(report)).toBeGreaterThan(ROWS);
    expect(report.tables.map(({ unsettled }) => unsettled)).toEqual([0, 0]);
    expect(code).toBe(0);
    expect(loads.every(({ statements }, index) => statements > (before[index] ?? 0))).toBe(true);
  });

  it('finds what is, and mends it under the hands of the task', { timeout: 60_000 }, async () => {
    await target.run(
      `USE ${DATABASE}`,
      // Rows that the load leaves alone on the source, behind those that it moved away.
      'REPLACE INTO big (id, v) VALUES (5000001, 1), (5000002, 2)',
      'DELETE FROM loose WHERE a = -1',
      "INSERT INTO loose VALUES (-1, 'z')",
    );
    const { code, report } = await inspect('--repair');
    const found = allDifferences(report).map(({ key, kind, isRepaired }) => [
      key,
      kind,
      isRepaired,
    ]);
    expect(found).toEqual([
      ['id=5000001', 'extra', true],
      ['id=5000002', 'extra', true],
      ['a=-1, b=z', 'extra', true],
    ]);
    expect(code).toBe(0);
    expect(running.child.exitCode).toBeNull();
  });

  it('goes on where it was when it is killed', { timeout: 60_000 }, async () => {
    await target.run(
      'REPLACE INTO big (id, v) VALUES (5000003, 1)',
      'DELETE FROM big WHERE id = 3000001',
    );
    const first = startTailrace(['inspect', '-c', workspace.config]);
    await waitFor('its progress', () => hasProgress(workspace), 30_000);
    first.child.kill('SIGKILL');
    await first.finished;
    const { code, report } = await inspect();
    expect(report.resumedFrom).not.toBeNull();
    const found = allDifferences(report).map(({ key, kind }) => [key, kind]);
    expect(found).toContainEqual(['id=5000003', 'extra']);
    expect(found).toContainEqual(['id=3000001', 'missing']);
    expect(found).toHaveLength(2);
    expect(code).toBe(3);
  });
});

/** A range of a table was compared, and that was kept. */
function hasProgress({ dir }: Workspace): boolean {
  const path = `${dir}/state/${DATABASE}.inspect.sqlite`;
  if (!existsSync(path)) return false;
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare('SELECT name FROM inspected_table').all().length > 0;
  } finally {
    database.close();
  }
}

async function count(sql: Sql): Promise<number> {
  return Number(await sql.value(`SELECT COUNT(*) FROM ${DATABASE}.big`).catch(() => -1));
}

function rowsOf({ tables }: InspectionReport): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
