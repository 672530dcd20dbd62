import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases } from '../support/table-content.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { Load } from './crash-load.ts';
import { output, positionOf, stateFile, statusOf, untilStreaming } from './state-support.ts';

const running = new Set<Running>();

function start(workspace: Workspace, ...more: string[]): Running {
  const run = startTailrace(['run', '-c', workspace.config, ...more]);
  running.add(run);
  return run;
}

async function startStreaming(workspace: Workspace): Promise<Running> {
  const run = start(workspace);
  await untilStreaming(run);
  return run;
}

async function catchUp(workspace: Workspace, ...more: string[]): Promise<string> {
  const run = startTailrace(['run', '-c', workspace.config, '--until', 'head', ...more]);
  const { code } = await run.finished;
  expect(code, output(run)).toBe(0);
  return output(run);
}

async function terminate(run: Running): Promise<number> {
  const sinceMs = performance.now();
  run.child.kill('SIGTERM');
  const { code } = await run.finished;
  expect(code, output(run)).toBe(0);
  return performance.now() - sinceMs;
}

afterEach(async () => {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
});

/** One task with a keyless table, in which nothing can be lost or doubled unseen. */
class Fixture {
  readonly workspace = new Workspace();
  readonly name: string;
  readonly database: string;
  readonly state: string;
  readonly source: Sql;
  readonly target: Sql;
  #n = 0;

  static async open(name: string, ends: readonly ['src10' | 'src97', 'dst10' | 'dst97']) {
    const source = await openSql(testServer(ends[0]));
    const target = await openSql(testServer(ends[1]));
    const fixture = new Fixture(name, source, target);
    const { database, state } = fixture;
    for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
    await target.run(`DROP DATABASE IF EXISTS ${state}`);
    fixture.configure(testServer(ends[0]), testServer(ends[1]));
    await catchUp(fixture.workspace);
    await source.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.log (n INT)`);
    await fixture.insert();
    await catchUp(fixture.workspace);
    return fixture;
  }

  private constructor(name: string, source: Sql, target: Sql) {
    this.name = name;
    this.database = name.replaceAll('-', '_');
    this.state = `tailrace_${this.database}`;
    this.source = source;
    this.target = target;
  }

  configure(source: { port: number }, target: { port: number }, workspace = this.workspace): void {
    const include = [`${this.database}.*`];
    workspace.write({ source, target, name: this.name, start: 'now', include });
  }

  async insert(): Promise<number> {
    this.#n += 1;
    await this.source.run(`INSERT INTO ${this.database}.log (n) VALUES (${this.#n})`);
    return this.#n;
  }

  /** What the target's table holds. */
  async log(): Promise<string> {
    const rows = await this.target.rows(`SELECT n FROM ${this.database}.log ORDER BY n`);
    return rows.map((row) => String(row['n'])).join();
  }

  async arrived(n: number): Promise<void> {
    await waitFor(`transaction ${n}`, async () => (await this.log()).split(',').includes(`${n}`));
  }

  async seqOnTarget(): Promise<number> {
    return Number(await this.target.value(`SELECT seq FROM ${this.state}.tailrace_checkpoint`));
  }

  async expectEqual(): Promise<void> {
    expect(await compareDatabases(this.source, this.target, this.database)).toBe('');
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.target.close();
    this.workspace.remove();
  }
}

describe('a state file that is lost or damaged costs nothing when the target has the checkpoint', () => {
  let fixture: Fixture;
  let path: string;

  beforeAll(async () => {
    fixture = await Fixture.open('state-file', ['src10', 'dst10']);
    path = join(fixture.workspace.dir, 'state', 'state-file.sqlite');
  });
  afterAll(() => fixture.close());

  it('deleted', async () => {
    await fixture.insert();
    rmSync(join(fixture.workspace.dir, 'state'), { recursive: true });
    await catchUp(fixture.workspace);
    await fixture.expectEqual();
    expect(stateFile(path).seq).toBe(await fixture.seqOnTarget());
  });

  it('an older copy put back, from before a change of a definition', async () => {
    const { database, source, workspace } = fixture;
    const older = `${path}.older`;
    copyFileSync(path, older);
    await source.run(`ALTER TABLE ${database}.log ADD COLUMN first INT FIRST`);
    await fixture.insert();
    await catchUp(workspace);
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    copyFileSync(older, path);
    const before = stateFile(path);
    await source.run(`INSERT INTO ${database}.log VALUES (100, 101)`);
    await catchUp(workspace);
    await fixture.expectEqual();
    const after = stateFile(path);
    expect(after.seq).toBe(await fixture.seqOnTarget());
    expect(after.schema).not.toBe(before.schema);
  });

  it.each([
    ['the file', ['state-file.sqlite']],
    ['file, log and lock', ['state-file.sqlite', 'state-file.sqlite-wal', 'state-file.lock']],
  ])('random bytes in %s', async (_what, files) => {
    await fixture.insert();
    const folder = join(fixture.workspace.dir, 'state');
    for (const file of files) writeFileSync(join(folder, file), randomBytes(40_000));
    const said = await catchUp(fixture.workspace);
    expect(said).toContain('was damaged');
    await fixture.expectEqual();
    expect(readdirSync(folder).some((file) => file.includes('.damaged-'))).toBe(true);
  });

  it('damaged, and the target has no checkpoint: refused by name, not begun anew', async () => {
    const { workspace, target, state } = fixture;
    writeFileSync(path, randomBytes(40_000));
    await target.run(`DROP DATABASE ${state}`);
    const { code, stderr, stdout } = await runTailrace(['run', '-c', workspace.config]);
    expect(code).toBe(1);
    expect(stderr + stdout).toContain('STATE_UNUSABLE');
  });
});

describe('one process runs a task', () => {
  let fixture: Fixture;
  const other = new Workspace();

  beforeAll(async () => {
    fixture = await Fixture.open('state-one', ['src97', 'dst97']);
    fixture.configure(testServer('src97'), testServer('dst97'), other);
  });
  afterAll(async () => {
    await fixture.close();
    other.remove();
  });

  it('a second one, with the same and with another state folder: exit 7 after some ten seconds', async () => {
    const first = await startStreaming(fixture.workspace);
    const sinceMs = performance.now();
    const seconds = [start(fixture.workspace), start(other)].map(async (run) => {
      const { code } = await run.finished;
      return { code, said: output(run), afterMs: performance.now() - sinceMs };
    });
    for (const { code, said, afterMs } of await Promise.all(seconds)) {
      expect(code, said).toBe(7);
      expect(said).toContain('TASK_LOCKED');
      expect(said).toContain(`pid ${first.child.pid ?? 0}`);
      expect(afterMs).toBeGreaterThan(9_000);
    }
    // The first was not disturbed.
    await fixture.arrived(await fixture.insert());
    await terminate(first);
    await fixture.expectEqual();
  });

  it('position set beside a running process is refused at once, position show answers', async () => {
    const { workspace } = fixture;
    const run = await startStreaming(workspace);
    const set = await runTailrace(['position', 'set', 'now', '-c', workspace.config]);
    expect(set.code, set.stderr).toBe(7);
    expect((await positionOf(workspace)).from).toBe('target');
    await terminate(run);
  });

  it('a start right after kill -9 goes through, in the same and in another state folder', async () => {
    for (const workspace of [fixture.workspace, other, fixture.workspace]) {
      const run = await startStreaming(fixture.workspace);
      await fixture.insert();
      run.child.kill('SIGKILL');
      await catchUp(workspace);
      await fixture.expectEqual();
    }
  });
});

describe('the checkpoint on the target moves only on condition', () => {
  let fixture: Fixture;
  let proxy: HoldingProxy;

  beforeAll(async () => {
    fixture = await Fixture.open('state-fence', ['src10', 'dst10']);
    proxy = await HoldingProxy.start(testServer('dst10').port);
    fixture.configure(testServer('src10'), proxy);
  });
  afterAll(async () => {
    await proxy.close();
    await fixture.close();
  });

  it('another connection takes the task over: the old one cannot commit, then it reads again', async () => {
    const { target, state, workspace } = fixture;
    const run = await startStreaming(workspace);
    const held = proxy.holdAt({ text: 'touches=touches+1', when: 'before' });
    const n = await fixture.insert();
    await held;
    const seq = await fixture.seqOnTarget();
    await target.run(
      `UPDATE ${state}.tailrace_checkpoint SET epoch = epoch + 1, owner = 'another'`,
    );
    proxy.release();
    await waitFor('the refusal', () => output(run).includes('CHECKPOINT_MOVED'));
    await fixture.arrived(n);
    await terminate(run);
    await fixture.expectEqual();
    expect(await fixture.seqOnTarget()).toBeGreaterThan(seq);
    expect(await target.value(`SELECT owner FROM ${state}.tailrace_checkpoint`)).not.toBe(
      'another',
    );
  });

  it('another connection passes transactions: they are not applied a second time', async () => {
    const { target, state, database, workspace } = fixture;
    await catchUp(workspace);
    const held = proxy.holdAt({ text: 'touches=touches+1', when: 'before' });
    const run = await startStreaming(workspace);
    const n = await fixture.insert();
    await held;
    // As another tailrace would: the row and the checkpoint behind it, in one transaction.
    const { position, seq } = await positionBehind(fixture);
    await target.run(
      'BEGIN',
      `INSERT INTO ${database}.log (n) VALUES (${n})`,
      `UPDATE ${state}.tailrace_checkpoint SET epoch = epoch + 1, seq = ${seq}, position = '${position}'`,
      'COMMIT',
    );
    proxy.release();
    await waitFor('the refusal', () => output(run).includes('CHECKPOINT_MOVED'));
    await fixture.arrived(await fixture.insert());
    await terminate(run);
    await fixture.expectEqual();
  });

  /** Where another task finds the source's end, in the form that the row holds. */
  async function positionBehind({ target, database }: Fixture) {
    const peek = new Workspace();
    const name = 'state-fence-peek';
    const peekState = 'tailrace_state_fence_peek';
    await target.run(`DROP DATABASE IF EXISTS ${peekState}`);
    const include = [`${database}.*`];
    const ends = { source: testServer('src10'), target: testServer('dst10') };
    peek.write({ ...ends, name, start: 'now', include });
    await catchUp(peek);
    const position = await target.value(`SELECT position FROM ${peekState}.tailrace_checkpoint`);
    peek.remove();
    return { position, seq: (await fixture.seqOnTarget()) + 5 };
  }
});

describe('own state is never replicated', () => {
  const databases = ['state_chain', 'tailrace_chain_ab', 'tailrace_chain_bc', 'tailrace_chain_own'];
  const [ab, bc, own] = [new Workspace(), new Workspace(), new Workspace()];
  let [a, b, c, back]: Sql[] = [];

  beforeAll(async () => {
    a = await openSql(testServer('src10'));
    b = await openSql(testServer('dst10'));
    c = await openSql(testServer('dst11'));
    back = await openSql(testServer('dst57'));
    for (const sql of [a, b, c, back]) {
      for (const name of databases) await sql.run(`DROP DATABASE IF EXISTS ${name}`);
    }
    const include = ['*.*'];
    const at = { start: 'now', include };
    const [first, second] = [testServer('dst10'), testServer('dst11')];
    ab.write({ ...at, source: testServer('src10'), target: first, name: 'chain-ab' });
    bc.write({
      ...at,
      source: first,
      target: second,
      name: 'chain-bc',
      filterLines: 'ignore_own = false',
    });
    own.write({ ...at, source: first, target: testServer('dst57'), name: 'chain-own' });
    // The state tables of the first task are made while the others look.
    await catchUp(bc);
    await catchUp(own);
    await catchUp(ab);
    await a.run(
      'CREATE DATABASE state_chain',
      'CREATE TABLE state_chain.log (n INT)',
      'INSERT INTO state_chain.log VALUES (1), (1), (2)',
      'ALTER TABLE state_chain.log ADD COLUMN more VARCHAR(10)',
      "UPDATE state_chain.log SET more = 'x' WHERE n = 2",
    );
    await catchUp(ab);
    await b.run("INSERT INTO state_chain.log VALUES (3, 'of b')");
    await catchUp(bc);
  });
  afterAll(async () => {
    for (const sql of [a, b, c, back]) await sql?.close();
    for (const workspace of [ab, bc, own]) workspace.remove();
  });

  const names = async (sql: Sql | undefined) =>
    (await sql?.rows('SHOW DATABASES'))?.map((row) => String(Object.values(row)[0])) ?? [];

  it('a → b → c with "*.*" and ignore_own = false: the rows arrive, the state tables do not', async () => {
    expect(a && c && (await compareDatabases(a, c, 'state_chain'))).toContain('log: 3 / 4 rows');
    expect(b && c && (await compareDatabases(b, c, 'state_chain'))).toBe('');
    expect(await names(c)).not.toContain('tailrace_chain_ab');
    expect(await names(c)).not.toContain('tailrace_chain_own');
    const tables = await c?.value(
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME LIKE 'tailrace%' AND TABLE_SCHEMA <> 'tailrace_chain_bc' AND TABLE_SCHEMA LIKE '%chain%'",
    );
    expect(tables).toBe('0');
  });

  it('with ignore_own = true: what tailrace wrote on b stays there, statements too', async () => {
    await back?.run(
      'CREATE DATABASE state_chain',
      'CREATE TABLE state_chain.log (n INT, more VARCHAR(10))',
    );
    await catchUp(own);
    expect(await back?.rows('SELECT n, more FROM state_chain.log')).toEqual([
      { n: 3, more: 'of b' },
    ]);
    expect(await names(back)).not.toContain('tailrace_chain_ab');
    const [task] = await statusOf(own);
    expect(task?.source.dropped['own']).toBeGreaterThan(0);
  });
});

describe('a stop by SIGTERM', () => {
  let fixture: Fixture;
  let columns = 0;

  /** A session on the target that holds what these statements lock until it is let go, or the test has ended. */
  const block = async (...statements: string[]): Promise<() => Promise<void>> => {
    const blocker = await openSql(testServer('dst97'), { database: fixture.database });
    let isOpen = true;
    const letGo = async () => {
      if (isOpen) await blocker.close();
      isOpen = false;
    };
    onTestFinished(letGo);
    await blocker.run(...statements);
    return letGo;
  };

  beforeAll(async () => {
    fixture = await Fixture.open('state-stop', ['src97', 'dst97']);
  });
  afterAll(() => fixture.close());

  it('under load: within ten seconds, 0, and the checkpoint is exact', async () => {
    const { source, target, workspace, database } = fixture;
    await source.run(`DROP DATABASE ${database}`);
    const load = await Load.start(testServer('src97'), database);
    try {
      for (let round = 0; round < 3; round += 1) {
        const run = await startStreaming(workspace);
        const before = await fixture.seqOnTarget();
        await waitFor('some load', async () => (await fixture.seqOnTarget()) > before + 50);
        expect(await terminate(run)).toBeLessThan(10_000);
        const path = join(workspace.dir, 'state', 'state-stop.sqlite');
        const seq = await fixture.seqOnTarget();
        expect(stateFile(path).seq).toBe(seq);
        expect(await positionOf(workspace)).toMatchObject({ seq, from: 'target' });
        const [row] = await target.rows(
          `SELECT (SELECT COUNT(*) FROM ${database}.log) - (SELECT SUM(done) FROM ${database}.worker) AS off`,
        );
        expect(String(row?.['off'])).toBe('0');
      }
    } finally {
      await load.stop();
    }
    await catchUp(workspace);
    await fixture.expectEqual();
    await source.run(`CREATE TABLE IF NOT EXISTS ${database}.plain (id INT PRIMARY KEY, v INT)`);
    await source.run(`INSERT INTO ${database}.plain VALUES (1, 1)`);
    await catchUp(workspace);
  });

  it('while the group in flight waits for a lock on the target: rolled back, later applied once', async () => {
    const { source, target, workspace, database } = fixture;
    const letGo = await block('BEGIN', 'SELECT * FROM plain WHERE id = 1 FOR UPDATE');
    const run = await startStreaming(workspace);
    await source.run(
      'BEGIN',
      `INSERT INTO ${database}.log (n, worker) VALUES (-5, 0)`,
      `UPDATE ${database}.plain SET v = v + 1`,
      'COMMIT',
    );
    // Not INNODB_TRX: it stands still for those who ask more often than every 100 ms.
    await waitFor('the waiting statement', async () => {
      const [row] = await target.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'");
      return row?.['Value'] !== '0';
    });
    expect(await terminate(run)).toBeLessThan(10_000);
    await letGo();
    await catchUp(workspace);
    await fixture.expectEqual();
  });

  it('while the target executes a long DDL: left to its pending record, taken up by the next start', async () => {
    const { source, target, workspace, database } = fixture;
    const letGo = await block('BEGIN', 'SELECT * FROM plain');
    const run = await startStreaming(workspace);
    columns += 1;
    const column = `long_${columns}`;
    await source.run(`ALTER TABLE ${database}.plain ADD COLUMN ${column} INT`);
    await source.run(`UPDATE ${database}.plain SET ${column} = 8`);
    await waitFor('the DDL on the target', async () => {
      const sessions = await target.rows('SHOW FULL PROCESSLIST');
      return sessions.some(
        ({ State, Info }) =>
          String(State).includes('metadata lock') && String(Info).includes(column),
      );
    });
    expect(await terminate(run)).toBeLessThan(10_000);
    await letGo();
    await catchUp(workspace);
    await fixture.expectEqual();
  });
});

describe('positions and status', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await Fixture.open('state-position', ['src10', 'dst10']);
  });
  afterAll(() => fixture.close());

  const set = async (position: string, ...more: string[]) => {
    const { workspace } = fixture;
    const done = await runTailrace(['position', 'set', position, '-c', workspace.config, ...more]);
    expect(done.code, done.stderr).toBe(0);
    return done.stdout;
  };

  const head = async (): Promise<string> => {
    const [row] = await fixture.source.rows('SHOW MASTER STATUS');
    return `${String(row?.['File'])}:${String(row?.['Position'])}`;
  };

  it('status and position show tell the truth while it runs and after', async () => {
    const { workspace } = fixture;
    const run = await startStreaming(workspace);
    await fixture.arrived(await fixture.insert());
    await waitFor('a status that knows it', async () => {
      const [task] = await statusOf(workspace);
      return task?.state === 'streaming' && task.seq === (await fixture.seqOnTarget());
    });
    const [during] = await statusOf(workspace);
    const position = await positionOf(workspace);
    expect(position).toMatchObject({ task: 'state-position', from: 'target', seq: during?.seq });
    expect(during).toMatchObject({ error: null, position: position.position });
    await terminate(run);
    const [after] = await statusOf(workspace);
    expect(after).toMatchObject({
      state: 'stopped',
      seq: during?.seq,
      position: position.position,
    });
    expect(await positionOf(workspace)).toEqual(position);
    rmSync(join(workspace.dir, 'state'), { recursive: true });
    expect(await positionOf(workspace)).toEqual(position);
  });

  it('--until head ends when everything that came was filtered, and the position is behind it', async () => {
    const { source, workspace } = fixture;
    await source.run(
      'DROP DATABASE IF EXISTS state_elsewhere',
      'CREATE DATABASE state_elsewhere',
      'CREATE TABLE state_elsewhere.t (n INT)',
    );
    for (let n = 0; n < 5; n += 1) await source.run(`INSERT INTO state_elsewhere.t VALUES (${n})`);
    const end = await head();
    await catchUp(workspace);
    expect((await positionOf(workspace)).coordinates).toBe(end);
    await source.run('DROP DATABASE state_elsewhere');
    await catchUp(workspace);
  });

  it('position set goes forward and back; --dry-run changes nothing; --from needs --force', async () => {
    const { workspace, target, database } = fixture;
    await catchUp(workspace);
    const before = await head();
    const skipped = await fixture.insert();
    const behind = await head();
    const wanted = await fixture.insert();
    const present = await positionOf(workspace);
    expect(await set(behind, '--dry-run')).toContain('dry run');
    expect(await positionOf(workspace)).toEqual(present);
    await set(behind);
    expect((await positionOf(workspace)).coordinates).toBe(behind);
    await catchUp(workspace);
    expect((await fixture.log()).split(',')).not.toContain(`${skipped}`);
    expect((await fixture.log()).split(',')).toContain(`${wanted}`);
    await target.run(`DELETE FROM ${database}.log WHERE n >= ${skipped}`);
    // A table without a key: its rows were taken back by hand.
    await set(before, '--force');
    await catchUp(workspace);
    await fixture.expectEqual();
    const args = ['run', '-c', workspace.config, '--until', 'head', '--from', behind];
    const refused = await runTailrace(args);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toContain('--force');
    await target.run(`DELETE FROM ${database}.log WHERE n = ${wanted}`);
    await catchUp(workspace, '--from', behind, '--force');
    await fixture.expectEqual();
    const audit = await target.rows(
      `SELECT action FROM ${fixture.state}.tailrace_audit ORDER BY id`,
    );
    expect(audit.map((row) => String(row['action']))).toEqual([
      'position set',
      'position set',
      'run --from',
    ]);
  });

  it('no checkpoint anywhere and no start: exit 2, START_REQUIRED, nothing is written', async () => {
    const none = new Workspace();
    const ends = { source: testServer('src10'), target: testServer('dst10') };
    none.write({ ...ends, name: 'state-none' });
    await fixture.target.run('DROP DATABASE IF EXISTS tailrace_state_none');
    const { code, stderr, stdout } = await runTailrace(['run', '-c', none.config]);
    expect(code).toBe(2);
    expect(stderr + stdout).toContain('START_REQUIRED');
    const [status] = await statusOf(none);
    expect(status).toMatchObject({ state: 'failed', error: { code: 'START_REQUIRED' } });
    // With a position on the command line it needs no start.
    none.write({ ...ends, name: 'state-none', include: ['state_none.*'] });
    await catchUp(none, '--from', 'now');
    await catchUp(none);
    expect(existsSync(join(none.dir, 'state'))).toBe(true);
    none.remove();
  });
});
