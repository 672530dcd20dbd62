import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases } from '../support/table-content.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { headOf } from './pair.ts';
import { output, untilStreaming } from './state-support.ts';

const running = new Set<Running>();
const workspaces: Workspace[] = [];
afterEach(async () => {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
});

interface Moved {
  readonly coordinates: string | null;
  readonly position: string;
  readonly note: string;
  readonly again: number;
  readonly passed: number;
}

/** One database that is replicated from a source of either family. */
class Scene {
  readonly workspace = new Workspace();
  readonly database: string;
  readonly source: Sql;
  readonly target: Sql;

  static async open(
    database: string,
    ends: readonly ['src10' | 'src57', 'dst10' | 'dst57'],
    more: { readonly tail?: string; readonly include?: readonly string[] } = {},
  ): Promise<Scene> {
    const [source, target] = [
      await openSql(testServer(ends[0])),
      await openSql(testServer(ends[1])),
    ];
    for (const sql of [source, target]) {
      await sql.run(
        `DROP DATABASE IF EXISTS ${database}`,
        `CREATE DATABASE ${database}`,
        `CREATE TABLE ${database}.t (id INT PRIMARY KEY, v VARCHAR(50), UNIQUE KEY v (v))`,
      );
    }
    await target.run(`DROP DATABASE IF EXISTS tailrace_${database}`);
    const scene = new Scene(database, source, target);
    scene.workspace.write({
      source: testServer(ends[0]),
      target: testServer(ends[1]),
      name: database,
      start: 'now',
      include: more.include ?? [`${database}.*`],
      tail: more.tail ?? '',
    });
    await scene.catchUp();
    return scene;
  }

  private constructor(database: string, source: Sql, target: Sql) {
    this.database = database;
    this.source = source;
    this.target = target;
    workspaces.push(this.workspace);
  }

  async catchUp(...more: string[]): Promise<string> {
    const run = startTailrace(['run', '-c', this.workspace.config, '--until', 'head', ...more]);
    const { code } = await run.finished;
    expect(code, output(run)).toBe(0);
    return output(run);
  }

  position(...args: string[]) {
    return runTailrace(['position', ...args, '-c', this.workspace.config, '--json']);
  }

  async moved(...args: string[]): Promise<Moved> {
    const { code, stdout, stderr } = await this.position(...args);
    expect(code, stderr).toBe(0);
    const { tasks } = JSON.parse(stdout) as { tasks: Moved[] };
    const [first] = tasks;
    if (first === undefined) throw new Error(stdout);
    return first;
  }

  start(...more: string[]): Running {
    const run = startTailrace(['run', '-c', this.workspace.config, ...more]);
    running.add(run);
    return run;
  }

  async expectEqual(): Promise<void> {
    expect(await compareDatabases(this.source, this.target, this.database)).toBe('');
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.target.close();
  }
}

afterAll(() => {
  for (const workspace of workspaces) workspace.remove();
});

describe('going back and forward', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open('move_t', ['src10', 'dst10']);
  });
  afterAll(() => scene.close());

  it('what the target has is replayed by key, DDL too, and behind the old place conflicts are conflicts', async () => {
    const { source, target, database } = scene;
    const begin = await headOf(source);
    await source.run(
      `INSERT INTO ${database}.t VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
      `UPDATE ${database}.t SET v = 'b2' WHERE id = 2`,
      `CREATE TABLE ${database}.made (id INT PRIMARY KEY, v INT)`,
      `INSERT INTO ${database}.made VALUES (1, 1), (2, 2)`,
      `ALTER TABLE ${database}.made ADD COLUMN more INT`,
      `DELETE FROM ${database}.t WHERE id = 1`,
      // The unique values change places.
      `UPDATE ${database}.t SET v = 'x' WHERE id = 2`,
      `UPDATE ${database}.t SET v = 'b2' WHERE id = 3`,
      `UPDATE ${database}.t SET v = 'c' WHERE id = 2`,
      `CREATE TABLE ${database}.gone (id INT PRIMARY KEY)`,
      `INSERT INTO ${database}.gone VALUES (1)`,
      `DROP TABLE ${database}.gone`,
      `INSERT INTO ${database}.made VALUES (3, 3, 3)`,
      `DELETE FROM ${database}.made WHERE id = 2`,
    );
    await scene.catchUp();
    await scene.expectEqual();

    const dry = await scene.moved('set', begin, '--dry-run');
    expect(dry).toMatchObject({ again: 14, passed: 0 });
    expect(dry.note).toMatch(/^dry run: .*14 transactions come again; .*replayed by key/);
    const [gtid] = await source.rows('SELECT @@gtid_binlog_pos AS at');
    const behind = String(gtid?.['at']);
    const placed = await scene.moved('set', behind, '--dry-run');
    expect(placed).toMatchObject({ position: behind, coordinates: null });
    expect(await scene.catchUp()).not.toContain('replayed by key');
    await scene.moved('set', begin);
    const said = await scene.catchUp();
    expect(said).toContain('is replayed by key');
    expect(said).toContain('The replay is over');
    await scene.expectEqual();

    // From here on a conflict stops it again.
    await target.run(`INSERT INTO ${database}.t (id, v) VALUES (50, 'mine')`);
    await source.run(`INSERT INTO ${database}.t (id, v) VALUES (50, 'theirs')`);
    const { code, stderr } = await runTailrace(['run', '-c', scene.workspace.config]);
    expect([code, stderr.includes('TARGET_CONFLICT')]).toEqual([5, true]);
    await target.run(`DELETE FROM ${database}.t WHERE id = 50`);
    await scene.catchUp();
    await scene.expectEqual();
  });

  it('killed in the middle of a replay it goes on replaying; forward it says what it passes over', async () => {
    const { source, target, database } = scene;
    const begin = await headOf(source);
    for (let id = 100; id < 130; id++) {
      await source.run(`INSERT INTO ${database}.t (id, v) VALUES (${id}, 'v${id}')`);
    }
    await scene.catchUp();
    await scene.moved('set', begin);
    await target.run('BEGIN', `SELECT * FROM ${database}.t WHERE id = 115 FOR UPDATE`);
    const run = scene.start();
    await untilStreaming(run);
    const state = `tailrace_${database}`;
    await waitFor('some of it', async () => {
      const seq = await target.value(`SELECT touches FROM ${state}.tailrace_checkpoint`);
      return Number(seq) > 10;
    });
    run.child.kill('SIGKILL');
    await run.finished;
    await target.run('ROLLBACK');
    await scene.catchUp();
    await scene.expectEqual();

    await source.run(`INSERT INTO ${database}.t (id, v) VALUES (200, 'never')`);
    const passed = await scene.moved('set', 'now');
    expect(passed).toMatchObject({ again: 0, passed: 1 });
    await source.run(`INSERT INTO ${database}.t (id, v) VALUES (201, 'after')`);
    await scene.catchUp();
    expect(await target.value(`SELECT COUNT(*) FROM ${database}.t WHERE id >= 200`)).toBe('1');
    await source.run(`DELETE FROM ${database}.t WHERE id = 200`);
    await scene.moved('set', 'now');
  });

  it('with a table without a key it is refused, unless forced; rewind goes by the history', async () => {
    const { source, database } = scene;
    const beforeMs = Date.now() + 2000;
    await waitFor('a second of its own', () => Date.now() > beforeMs);
    const at = new Date().toISOString();
    await source.run(`INSERT INTO ${database}.t (id, v) VALUES (300, 'rewound')`);
    await scene.catchUp();
    const rewound = await scene.moved('rewind', '--to', at, '--dry-run');
    expect(rewound.again).toBeGreaterThanOrEqual(1);
    const never = await scene.position('rewind', '--to', '2001-01-01T00:00:00Z');
    expect([never.code, never.stderr.includes('position history does not reach')]).toEqual([
      2,
      true,
    ]);

    await source.run(`CREATE TABLE ${database}.keyless (n INT)`);
    await scene.catchUp();
    const refused = await scene.position('rewind', '--to', at);
    expect([refused.code, refused.stderr.includes(`${database}.keyless`)]).toEqual([2, true]);
    await source.run(`DROP TABLE ${database}.keyless`);
    await scene.catchUp();
    await scene.moved('rewind', '--to', at);
    await scene.catchUp();
    await scene.expectEqual();
  });
});

describe('going on where another tool stands', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open('move_import', ['src57', 'dst57']);
  });
  afterAll(() => scene.close());

  const head = async (): Promise<{ file: string; offset: number }> => {
    const [row] = await scene.source.rows('SHOW MASTER STATUS');
    return { file: String(row?.['File']), offset: Number(row?.['Position']) };
  };

  it('Maxwell by its table, canal and Debezium by their files; in the middle of a transaction too', async () => {
    const { source, database } = scene;
    await source.run(
      'DROP DATABASE IF EXISTS move_maxwell',
      'CREATE DATABASE move_maxwell',
      'CREATE TABLE move_maxwell.positions (server_id INT UNSIGNED, binlog_file VARCHAR(255), binlog_position BIGINT, gtid_set VARCHAR(4096), client_id VARCHAR(255))',
    );
    const { file, offset } = await head();
    await source.run(
      `INSERT INTO ${database}.t VALUES (1, 'one'), (2, 'two')`,
      `INSERT INTO ${database}.t VALUES (3, 'three')`,
    );
    await source.run(
      `INSERT INTO move_maxwell.positions VALUES (@@server_id, '${file}', ${offset}, NULL, 'maxwell')`,
    );
    await scene.catchUp();
    const maxwell = await scene.moved(
      ...['import', '--from', 'maxwell', '--database', 'move_maxwell', '--dry-run'],
    );
    expect(maxwell.again).toBe(3);

    // Inside the first of both: that one comes again as a whole.
    const canal = join(scene.workspace.dir, 'meta.dat');
    const inside = { included: false, journalName: file, position: offset + 100, serverId: 1 };
    const cursor = { identity: { slaveId: -1 }, postion: inside };
    writeFileSync(canal, JSON.stringify({ clientDatas: [{ cursor }], destination: 'example' }));
    const moved = await scene.moved('import', '--from', 'canal', '--file', canal, '--dry-run');
    expect(moved.again).toBe(3);
    await scene.moved('import', '--from', 'canal', '--file', canal);
    await scene.catchUp();
    await scene.expectEqual();

    const debezium = join(scene.workspace.dir, 'offsets.dat');
    const gtids = String(await source.value('SELECT @@GLOBAL.gtid_executed'));
    const value = JSON.stringify({ ts_sec: 1, file, pos: offset, gtids, row: 0, server_id: 1 });
    writeFileSync(
      debezium,
      `\u00ac\u00ed\u0000\u0005sr ["shop",{"server":"shop"}]uq\u0000${value}x`,
      'latin1',
    );
    const by = await scene.moved('import', '--from', 'debezium', '--file', debezium, '--dry-run');
    expect(by).toMatchObject({ again: 0, passed: 0 });
    const none = await scene.position('import', '--from', 'debezium', '--file', canal);
    expect(none.code).toBe(2);
    await source.run('DROP DATABASE move_maxwell');
  });
});

describe('what a replica can do besides', () => {
  it('ends at a position; stays behind on purpose and is healthy meanwhile', async () => {
    const scene = await Scene.open('move_late', ['src10', 'dst10']);
    const { source, target, database } = scene;
    await source.run(`INSERT INTO ${database}.t VALUES (1, 'a')`);
    const place = await headOf(source);
    await source.run(`INSERT INTO ${database}.t VALUES (2, 'b')`);
    const run = startTailrace(['run', '-c', scene.workspace.config, '--until', place]);
    expect((await run.finished).code).toBe(0);
    expect(await target.value(`SELECT GROUP_CONCAT(id) FROM ${database}.t`)).toBe('1');

    scene.workspace.edit((text) => text.replace('[[task]]', '[[task]]\ndelay_seconds = 4'));
    const writtenMs = Date.now();
    await source.run(`INSERT INTO ${database}.t VALUES (3, 'c')`);
    await scene.catchUp();
    expect(Date.now() - writtenMs).toBeGreaterThan(3000);
    await scene.expectEqual();
    await scene.close();
  });

  it('stands by for the lock and takes over from a process that is killed', async () => {
    const scene = await Scene.open('move_standby', ['src57', 'dst57']);
    const { source, database } = scene;
    const first = scene.start();
    await untilStreaming(first);
    const other = new Workspace();
    workspaces.push(other);
    other.write({
      source: testServer('src57'),
      target: testServer('dst57'),
      name: database,
      start: 'now',
      include: [`${database}.*`],
    });
    const second = startTailrace(['run', '-c', other.config, '--wait-for-lock']);
    running.add(second);
    await waitFor('it to stand by', () => output(second).includes('standing by'));
    first.child.kill('SIGKILL');
    await untilStreaming(second);
    await source.run(`INSERT INTO ${database}.t VALUES (1, 'by the second')`);
    await waitFor('the row', async () => {
      const found = await scene.target.value(`SELECT COUNT(*) FROM ${database}.t`);
      return found === '1';
    });
    second.child.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
    await scene.close();
  });

  it('leaves out kinds of changes by table; several tables of several sources go into one', async () => {
    const keep = `[[task.table]]
match = "move_kinds.t"
skip = ["delete", "truncate"]
[[task.table]]
match = "move_kinds.shard_*"
to = "move_kinds.all_shards"
merge = true
`;
    const scene = await Scene.open('move_kinds', ['src10', 'dst10'], { tail: keep });
    const other = await Scene.open('move_kinds', ['src57', 'dst57']);
    // The second task writes to the target of the first.
    other.workspace.write({
      source: testServer('src57'),
      target: testServer('dst10'),
      name: 'move_kinds_other',
      start: 'now',
      include: ['move_kinds.shard_*'],
      tail: keep,
    });
    await scene.target.run('DROP DATABASE IF EXISTS tailrace_move_kinds_other');
    await other.catchUp();
    const { source, target } = scene;
    await source.run(
      "INSERT INTO move_kinds.t VALUES (1, 'stays'), (2, 'changes')",
      "UPDATE move_kinds.t SET v = 'changed' WHERE id = 2",
      'DELETE FROM move_kinds.t WHERE id = 1',
      'TRUNCATE move_kinds.t',
    );
    const shard = (name: string, id: number) => [
      `CREATE TABLE move_kinds.shard_${name} (id INT PRIMARY KEY, v INT)`,
      `INSERT INTO move_kinds.shard_${name} VALUES (${id}, 1)`,
      `ALTER TABLE move_kinds.shard_${name} ADD COLUMN more INT`,
      `INSERT INTO move_kinds.shard_${name} VALUES (${id + 1}, 2, 3)`,
    ];
    await source.run(...shard('a', 10), ...shard('b', 20));
    await other.source.run(...shard('c', 30));
    await scene.catchUp();
    await other.catchUp();
    expect(await target.rows('SELECT id, v FROM move_kinds.t ORDER BY id')).toEqual([
      { id: 1, v: 'stays' },
      { id: 2, v: 'changed' },
    ]);
    const ids = 'SELECT GROUP_CONCAT(id ORDER BY id) FROM move_kinds.all_shards';
    expect(await target.value(ids)).toBe('10,11,20,21,30,31');
    // One shard goes, the rows of the others stay.
    await source.run('DROP TABLE move_kinds.shard_b');
    const { code, stderr } = await runTailrace(['run', '-c', scene.workspace.config]);
    expect([code, stderr.includes('rows of other tables')]).toEqual([5, true]);
    expect(await target.value(ids)).toBe('10,11,20,21,30,31');
    await scene.close();
    await other.close();
  });
});
