import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HoldingProxy, type HoldPoint } from '../support/holding-proxy.ts';
import { testServer, type ServerName } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases } from '../support/table-content.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { Load } from './crash-load.ts';

/** With the way in which rows are written. */
const PAIRS = [
  ['src10', 'dst10', 'rows'],
  ['src97', 'dst97', 'sql'],
] as const;
/** Under load groups are large enough for row images by themselves. */
const LOADED_PAIRS = [
  ['src10', 'dst10', 'auto'],
  ['src97', 'dst97', 'rows'],
] as const;

/** On each pair; TAILRACE_KILLS for a shorter or a longer proof. */
const KILLS = Number(process.env['TAILRACE_KILLS'] ?? 25);

const COMMIT = '\u0003COMMIT';

async function kill(run: Running): Promise<void> {
  run.child.kill('SIGKILL');
  expect((await run.finished).signal).toBe('SIGKILL');
}

describe.each(PAIRS)('kill -9, %s → %s, %s', (sourceName, targetName, apply) => {
  const database = 'crash_points';
  const state = 'tailrace_crash_points';
  const workspace = new Workspace();
  let proxy: HoldingProxy;
  let source: Sql;
  let target: Sql;
  let runs: Running[] = [];
  let columns = 0;

  /** A name of its own for each try of a test. */
  const newColumn = () => `added_${(columns += 1)}`;

  /** A session that does not outlive its test, and what it left prepared does not either. */
  const session = async (name: ServerName): Promise<Sql> => {
    const sql = await openSql(testServer(name), { database });
    onTestFinished(async () => {
      await sql.close();
      await forgetPrepared(source);
    });
    return sql;
  };

  const start = (): Running => {
    const run = startTailrace(['run', '-c', workspace.config]);
    runs.push(run);
    return run;
  };

  const catchUp = async (): Promise<void> => {
    const { code, stderr } = await runTailrace(['run', '-c', workspace.config, '--until', 'head']);
    expect(code, stderr).toBe(0);
  };

  const rows = (sql: Sql, table: string) => sql.value(`SELECT COUNT(*) FROM ${database}.${table}`);

  const valueOfOne = () => target.value(`SELECT v FROM ${database}.item WHERE id = 1`);

  const isStreaming = (run: Running) =>
    waitFor('the stream', () => /Going on from the checkpoint/.test(run.stdout() + run.stderr()));

  /** Runs `work` on the source, kills the replicator when it is at the point, and lets it catch up. */
  async function killAt(
    point: HoldPoint,
    work: () => Promise<void>,
    inBetween: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const run = start();
    await isStreaming(run);
    const reached = proxy.holdAt(point);
    await work();
    await Promise.race([
      reached,
      run.finished.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
    ]);
    await kill(run);
    await inBetween();
    proxy.release();
    await catchUp();
    expect(await compareDatabases(source, target, database)).toBe('');
  }

  const seqOnTarget = async () =>
    Number(await target.value(`SELECT seq FROM ${state}.tailrace_checkpoint`));

  const seqInStateFile = (): number => {
    const file = new Database(join(workspace.dir, 'state', 'crash-points.sqlite'), {
      readonly: true,
    });
    try {
      return Number(file.prepare('SELECT seq FROM checkpoint').pluck().get());
    } finally {
      file.close();
    }
  };

  beforeAll(async () => {
    proxy = await HoldingProxy.start(testServer(targetName).port);
    source = await openSql(testServer(sourceName));
    target = await openSql(testServer(targetName));
    await forgetPrepared(source);
    for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
    await target.run(`DROP DATABASE IF EXISTS ${state}`);
    workspace.write({
      source: testServer(sourceName),
      target: proxy,
      name: 'crash-points',
      targetLines: `apply = "${apply}"`,
      start: 'now',
      include: [`${database}.*`],
    });
    await catchUp();
    await source.run(
      `CREATE DATABASE ${database}`,
      `USE ${database}`,
      'CREATE TABLE log (n BIGINT NOT NULL)',
      'CREATE TABLE item (id INT PRIMARY KEY, v VARCHAR(300), u INT UNIQUE)',
      'CREATE TABLE big (n INT NOT NULL, filler VARCHAR(1000))',
      'INSERT INTO log VALUES (0)',
      "INSERT INTO item VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30)",
    );
    await catchUp();
    expect(await compareDatabases(source, target, database)).toBe('');
  });

  afterEach(async () => {
    for (const run of runs) {
      run.child.kill('SIGKILL');
      await run.finished;
    }
    runs = [];
    proxy.release();
    await source.run('ROLLBACK');
  });

  afterAll(async () => {
    await proxy.close();
    await source.close();
    await target.close();
    workspace.remove();
  });

  const oneTransaction = (n: number) =>
    source.run(
      'BEGIN',
      `INSERT INTO log (n) VALUES (${n})`,
      `UPDATE item SET v = 'in ${n}' WHERE id = 1`,
      `UPDATE item SET u = NULL WHERE id = 2`,
      `UPDATE item SET u = u + 1 WHERE id = 3`,
      'COMMIT',
    );

  /** Some 12 MB in one transaction: three parts and more. */
  const largeTransaction = (n: number) =>
    source.run(
      'BEGIN',
      `INSERT INTO big SELECT ${n}, REPEAT('x', 1000) FROM ${LARGE}`,
      `INSERT INTO log (n) VALUES (${n})`,
      `UPDATE item SET v = 'large ${n}'`,
      'COMMIT',
    );

  it('in mid-group, its rows sent and not committed: none of them is there, later each once', async () => {
    const before = Number(await rows(target, 'log'));
    const valueBefore = await valueOfOne();
    await killAt(
      { text: COMMIT, when: 'before' },
      () => oneTransaction(1),
      async () => {
        await waitFor('the rollback', async () => (await rows(target, 'log')) === `${before}`);
        expect(await valueOfOne()).toBe(valueBefore);
      },
    );
    expect(await rows(target, 'log')).toBe(`${before + 1}`);
  });

  it('between the commit on the target and the write to the state file: not applied again', async () => {
    const before = Number(await rows(target, 'log'));
    await killAt(
      { text: COMMIT, when: 'answered' },
      () => oneTransaction(2),
      async () => {
        expect(await valueOfOne()).toBe('in 2');
        expect(seqInStateFile()).toBeLessThan(await seqOnTarget());
      },
    );
    expect(await rows(target, 'log')).toBe(`${before + 1}`);
    expect(seqInStateFile()).toBe(await seqOnTarget());
  });

  it('before a DDL reaches the target: executed once after the restart', async () => {
    const column = newColumn();
    await killAt(
      { text: `ADD COLUMN ${column}`, when: 'before', nth: 2 },
      () =>
        source.run(
          `ALTER TABLE log ADD COLUMN ${column} INT DEFAULT 7`,
          `INSERT INTO log (n, ${column}) VALUES (3, 3)`,
        ),
      async () => {
        expect(await target.value(`SELECT COUNT(*) FROM ${state}.tailrace_pending_ddl`)).toBe('1');
      },
    );
    expect(await target.value(`SELECT COUNT(*) FROM ${state}.tailrace_pending_ddl`)).toBe('0');
  });

  it('after a DDL took effect and before its checkpoint: not executed twice', async () => {
    const column = newColumn();
    await killAt(
      { text: `ADD COLUMN ${column}`, when: 'answered', nth: 2 },
      () =>
        source.run(
          `ALTER TABLE log ADD COLUMN ${column} INT FIRST`,
          `INSERT INTO log (n, ${column}) VALUES (4, 4)`,
        ),
      async () => {
        expect(await target.value(`SELECT ${column} FROM ${database}.log LIMIT 1`)).toBe(null);
      },
    );
  });

  it('while the target executes a DDL: the restart waits for it and does not run it again', async () => {
    const blocker = await session(targetName);
    await blocker.run('BEGIN', 'SELECT * FROM item LIMIT 1');
    const run = start();
    await isStreaming(run);
    const column = newColumn();
    await source.run(`ALTER TABLE item ADD COLUMN ${column} INT`, `UPDATE item SET ${column} = id`);
    const isWaiting = async () => {
      const sessions = await target.rows('SHOW FULL PROCESSLIST');
      return sessions.some(
        ({ State, Info }) =>
          String(State).includes('metadata lock') && String(Info).includes(column),
      );
    };
    await waitFor('the DDL on the target', isWaiting);
    await kill(run);
    const again = start();
    await waitFor(
      'the restart sees the copy that runs, or its end',
      async () => /still executed/.test(again.stdout() + again.stderr()) || !(await isWaiting()),
    );
    await blocker.run('ROLLBACK');
    await waitFor('the rows behind the DDL', async () => {
      const last = await target
        .value(`SELECT ${column} FROM ${database}.item WHERE id = 3`)
        .catch(() => null);
      return last === '3';
    });
    await kill(again);
    await catchUp();
    expect(await compareDatabases(source, target, database)).toBe('');
  });

  it('between the parts of a large transaction: nothing of it is there, later all of it', async () => {
    const before = Number(await rows(target, 'big'));
    await killAt(
      { text: 'SAVEPOINT tailrace_part', when: 'answered', nth: 3 },
      () => largeTransaction(5),
      async () => {
        await waitFor('the rollback', async () => (await rows(target, 'big')) === `${before}`);
      },
    );
    expect(await rows(target, 'big')).toBe(`${before + 12_000}`);
  });

  it('at the end of a large transaction, committed and not answered: not applied again', async () => {
    const after = `${Number(await rows(target, 'big')) + 12_000}`;
    await killAt(
      { text: COMMIT, when: 'answered' },
      () => largeTransaction(6),
      async () => {
        expect(await rows(target, 'big')).toBe(after);
      },
    );
    expect(await rows(target, 'big')).toBe(after);
    await source.run('TRUNCATE TABLE big');
  });

  it('between XA PREPARE and XA COMMIT: the prepared rows survive, even without the state file', async () => {
    const run = start();
    await isStreaming(run);
    const prepared = await session(sourceName);
    await prepared.run(
      "XA START 'crash','a',3",
      'INSERT INTO log (n) VALUES (7)',
      "UPDATE item SET v = 'xa' WHERE id = 1",
      "XA END 'crash','a',3",
      "XA PREPARE 'crash','a',3",
    );
    await source.run("UPDATE item SET v = 'behind the prepare' WHERE id = 2");
    await waitFor('the checkpoint behind the prepare', async () => {
      const v = await target.value(`SELECT v FROM ${database}.item WHERE id = 2`);
      return v === 'behind the prepare';
    });
    await kill(run);
    expect(await target.value(`SELECT COUNT(*) FROM ${state}.tailrace_prepared_xa`)).not.toBe('0');
    rmSync(join(workspace.dir, 'state'), { recursive: true });
    await prepared.run("XA COMMIT 'crash','a',3");
    await catchUp();
    expect(await compareDatabases(source, target, database)).toBe('');
    expect(await valueOfOne()).toBe('xa');
    expect(await target.value(`SELECT COUNT(*) FROM ${state}.tailrace_prepared_xa`)).toBe('0');
  });

  it('while a prepared XA group is stored, and again while it is committed', async () => {
    const prepared = await session(sourceName);
    await source.run('DELETE FROM log WHERE n IN (8, 9)');
    const xa =
      (...statements: string[]) =>
      () =>
        prepared.run(...statements);
    await killAt(
      { text: COMMIT, when: 'answered' },
      xa(
        "XA START 'twice'",
        'INSERT INTO log (n) VALUES (8)',
        "XA END 'twice'",
        "XA PREPARE 'twice'",
      ),
    );
    await killAt({ text: COMMIT, when: 'answered' }, xa("XA COMMIT 'twice'"));
    await killAt(
      { text: COMMIT, when: 'before' },
      xa("XA START 'gone'", 'INSERT INTO log (n) VALUES (9)', "XA END 'gone'", "XA PREPARE 'gone'"),
    );
    await killAt({ text: COMMIT, when: 'before' }, xa("XA ROLLBACK 'gone'"));
    expect(await target.value(`SELECT COUNT(*) FROM ${database}.log WHERE n = 8`)).toBe('1');
    expect(await target.value(`SELECT COUNT(*) FROM ${database}.log WHERE n = 9`)).toBe('0');
  });
});

/** What a run of this file that was broken off left prepared. */
async function forgetPrepared(sql: Sql): Promise<void> {
  for (const { data } of await sql.rows('XA RECOVER')) {
    const xid = { crasha: "'crash','a',3", twice: "'twice'", gone: "'gone'" }[String(data)];
    if (xid !== undefined) await sql.run(`XA ROLLBACK ${xid}`);
  }
}

/** 12,000 rows on any server. */
const DIGITS =
  '(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
const LARGE = `${DIGITS} a, ${DIGITS} b, ${DIGITS} c, (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL SELECT 11 UNION ALL SELECT 12) e`;

describe.each(LOADED_PAIRS)(
  'random kills under load, %s → %s, %s',
  (sourceName, targetName, apply) => {
    const database = 'crash_random';
    const workspace = new Workspace();
    let proxy: HoldingProxy;
    let source: Sql;
    let target: Sql;
    let reader: Sql;

    beforeAll(async () => {
      source = await openSql(testServer(sourceName));
      target = await openSql(testServer(targetName));
      reader = await openSql(testServer(targetName));
      proxy = await HoldingProxy.start(testServer(targetName).port);
      for (const sql of [source, target]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
      await target.run(`DROP DATABASE IF EXISTS tailrace_crash_random`);
      workspace.write({
        source: testServer(sourceName),
        target: proxy,
        name: 'crash-random',
        targetLines: `apply = "${apply}"`,
        start: 'now',
        include: [`${database}.*`],
      });
    });

    afterAll(async () => {
      await source.close();
      await target.close();
      await reader.close();
      await proxy.close();
      workspace.remove();
    });

    const seqOnTarget = async () =>
      Number(await target.value('SELECT seq FROM tailrace_crash_random.tailrace_checkpoint'));

    /** Until it has committed something. Fails by what it says when it ends: what is there twice is a conflict. */
    const isWorking = async (run: Running, before: number) => {
      let end: string | undefined;
      void run.finished.then(({ stdout, stderr }) => (end = stdout + stderr));
      await waitFor('work', async () => {
        if (end !== undefined) throw new Error(`it refused to go on: ${end.slice(-2000)}`);
        return (await seqOnTarget()) > before;
      });
    };

    it(
      `${KILLS} kills at random times: no transaction lost, none doubled, every reading a prefix`,
      { timeout: 120_000 + KILLS * 20_000 },
      async () => {
        const first = await runTailrace(['run', '-c', workspace.config, '--until', 'head']);
        expect(first.code, first.stderr).toBe(0);
        const load = await Load.start(testServer(sourceName), database);
        // The tables are there before the first kill: what is killed is at work on rows.
        const second = await runTailrace(['run', '-c', workspace.config, '--until', 'head']);
        expect(second.code, second.stderr).toBe(0);
        const watch = watchPrefix(reader, database);
        let hits = 0;
        let run: Running | undefined;
        try {
          for (let n = 0; n < KILLS; n += 1) {
            // Most kills fall where it hurts: a commit took effect, and its answer takes a while.
            proxy.answerDelayMs = n % 6 === 1 ? 0 : 100;
            proxy.slowText = COMMIT;
            const before = await seqOnTarget();
            run = startTailrace(['run', '-c', workspace.config]);
            // One in six at any time of its start, the others while it applies.
            if (n % 6 !== 0) await isWorking(run, before);
            await delay(Math.random() * (n % 6 === 0 ? 1000 : 600));
            await kill(run);
            hits += (await seqOnTarget()) > before ? 1 : 0;
            // What is only in the state file may be lost at any time, too.
            if (n % 4 === 3) rmSync(join(workspace.dir, 'state'), { recursive: true });
          }
        } finally {
          run?.child.kill('SIGKILL');
          await load.stop();
        }
        proxy.answerDelayMs = 0;
        const last = await runTailrace(['run', '-c', workspace.config, '--until', 'head']);
        expect(last.code, last.stderr).toBe(0);
        const { readings, broken } = await watch.stop();
        const lost =
          load.committed.length -
          Number(await target.value(`SELECT COUNT(DISTINCT n) FROM ${database}.log`));
        const doubled = await target.value(
          `SELECT COUNT(*) - COUNT(DISTINCT n) FROM ${database}.log`,
        );
        process.stdout.write(
          `${sourceName} → ${targetName}: ${KILLS} kills (${hits} while it applied), ${load.committed.length} transactions, ` +
            `${lost} lost, ${doubled ?? '?'} doubled; ${readings} readings of the target, ${broken.length} not a prefix\n`,
        );
        expect(lost).toBe(0);
        expect(doubled).toBe('0');
        expect(broken).toEqual([]);
        expect(await compareDatabases(source, target, database)).toBe('');
      },
    );
  },
);

/** Reads the target in single statements: what each source transaction changes together must be so there. */
function watchPrefix(sql: Sql, database: string) {
  const broken: string[] = [];
  let readings = 0;
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const [row] = await sql
        .rows(
          `SELECT (SELECT COUNT(*) FROM ${database}.log) AS logged,
             (SELECT COALESCE(SUM(done), 0) FROM ${database}.worker) AS counted,
             (SELECT COALESCE(SUM(balance), 0) FROM ${database}.account) AS money`,
        )
        .catch(() => []);
      if (row !== undefined) {
        readings += 1;
        const text = JSON.stringify(row);
        if (Number(row['logged']) !== Number(row['counted'])) broken.push(text);
        if (!['0', '100000'].includes(String(row['money']))) broken.push(text);
      }
      await delay(30);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
      return { readings, broken };
    },
  };
}
