import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HoldingProxy } from '../support/holding-proxy.ts';
import { startOwnServer, testServer, type OwnServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { output, positionOf, statusOf, untilStreaming } from './state-support.ts';

const running = new Set<Running>();

function start(workspace: Workspace, ...more: string[]): Running {
  const run = startTailrace(['run', '-c', workspace.config, ...more]);
  running.add(run);
  return run;
}

async function endAll(): Promise<void> {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
}

async function stop(run: Running): Promise<void> {
  run.child.kill('SIGTERM');
  const { code } = await run.finished;
  expect(code, output(run)).toBe(0);
  running.delete(run);
}

async function runUntilHead(workspace: Workspace, ...more: string[]) {
  const args = ['run', '-c', workspace.config, '--until', 'head', ...more];
  const { code, stdout, stderr } = await runTailrace(args);
  return { code, said: stdout + stderr };
}

async function catchUp(workspace: Workspace, ...more: string[]): Promise<void> {
  const { code, said } = await runUntilHead(workspace, ...more);
  expect(code, said).toBe(0);
}

/** A server that was stopped, killed or frozen answers again. */
async function openAgain(server: OwnServer): Promise<Sql> {
  let sql: Sql | undefined;
  await waitFor('the server', async () => {
    sql = await openSql(server).catch(() => undefined);
    return sql !== undefined;
  });
  if (sql === undefined) throw new Error('it does not answer');
  return sql;
}

/** Waits until the system has ended a process that is not our child. */
const hasGone = (pid: number) =>
  waitFor('the end of the server', () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });

const numbers = async (sql: Sql, database: string): Promise<string> => {
  const rows = await sql.rows(`SELECT n FROM ${database}.log ORDER BY n`).catch(() => []);
  return rows.map((row) => String(row['n'])).join();
};

describe.each([
  ['10', 'dst10'],
  ['97', 'dst97'],
] as const)('a source of our own, %s → %s', (kind, targetName) => {
  const database = 'session_source';
  const state = 'tailrace_session';
  const workspace = new Workspace();
  const isMariadb = kind === '10';
  let own: OwnServer;
  let source: Sql;
  let target: Sql;
  let n = 0;

  const insert = async (): Promise<number> => {
    n += 1;
    await source.run(`INSERT INTO ${database}.log VALUES (${n})`);
    return n;
  };
  const arrived = (wanted: number) =>
    waitFor(`number ${wanted}`, async () =>
      (await numbers(target, database)).split(',').includes(`${wanted}`),
    );
  const expectEqual = async () => {
    expect(await numbers(target, database)).toBe(await numbers(source, database));
  };
  const head = async (): Promise<{ coordinates: string; gtids: string }> => {
    const [row] = await source.rows(isMariadb ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS');
    const coordinates = `${String(row?.['File'])}:${String(row?.['Position'])}`;
    const gtids = await source.value(
      isMariadb ? 'SELECT @@gtid_binlog_pos' : 'SELECT @@global.gtid_executed',
    );
    return { coordinates, gtids: (gtids ?? '').replaceAll('\n', '') };
  };
  const configure = (start: string | undefined, sourceLines = '', into = workspace): void => {
    const include = [`${database}.*`];
    into.write({
      source: own,
      target: testServer(targetName),
      name: 'session',
      include,
      sourceLines,
      ...(start === undefined ? {} : { start }),
    });
  };
  /** As if the task had never run; its table is there and empty. */
  const forget = async () => {
    rmSync(join(workspace.dir, 'state'), { recursive: true, force: true });
    await target.run(`DROP DATABASE IF EXISTS ${state}`, `DELETE FROM ${database}.log`);
  };
  /** Both ends empty, the task at the source's end. */
  const beginAnew = async () => {
    await forget();
    await source.run(`DELETE FROM ${database}.log`);
    configure('now');
    await catchUp(workspace);
  };

  beforeAll(async () => {
    own = isMariadb
      ? startOwnServer(kind)
      : startOwnServer(kind, '--gtid-mode=ON', '--enforce-gtid-consistency=ON');
    source = await openAgain(own);
    target = await openSql(testServer(targetName));
    await target.run(`DROP DATABASE IF EXISTS ${database}`, `DROP DATABASE IF EXISTS ${state}`);
    await target.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.log (n INT)`);
    await source.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.log (n INT)`);
  });
  afterEach(endAll);
  afterAll(async () => {
    await source.close();
    await target.close();
    workspace.remove();
    own.destroy();
  });

  it('starts: now, earliest, file:offset, GTID set, ISO time, each with exactly what is behind it', async () => {
    const first = await insert();
    const middle = await head();
    const second = await insert();
    await source.run('FLUSH BINARY LOGS', 'DO SLEEP(1.1)');
    const time = await source.value("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')");
    const third = await insert();
    const behind = await head();
    const starts: [string, readonly number[]][] = [
      ['now', []],
      [middle.coordinates, [second, third]],
      [middle.gtids, [second, third]],
      [time ?? '', [third]],
      [behind.coordinates, []],
    ];
    for (const [position, expected] of starts) {
      await forget();
      configure(position);
      await catchUp(workspace);
      expect(await numbers(target, database), position).toBe(expected.join());
      // The end of the first run is where the second goes on, whatever the configuration says.
      await catchUp(workspace);
      expect(await numbers(target, database), position).toBe(expected.join());
    }
    await forget();
    await target.run(`DROP DATABASE ${database}`);
    configure('earliest');
    await catchUp(workspace);
    expect(await numbers(target, database)).toBe([first, second, third].join());
  });

  it('starts that cannot be: the future, inside a transaction, a file that never was, another notation', async () => {
    const { coordinates } = await head();
    const [file = '', offset = ''] = coordinates.split(':');
    const foreign = isMariadb ? '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5' : '0-1-100';
    const wrong: [string, number, string][] = [
      ['2099-01-01T00:00:00Z', 2, 'POSITION_INVALID'],
      [`${file}:${Number(offset) - 3}`, 4, 'SOURCE_POSITION_UNKNOWN'],
      ['binlog.009999:4', 4, 'SOURCE_POSITION_UNKNOWN'],
      [foreign, 2, 'POSITION_INVALID'],
    ];
    for (const [position, code, name] of wrong) {
      const args = ['position', 'set', position, '-c', workspace.config];
      const refused = await runTailrace(args);
      expect(refused.stderr).toContain(name);
      expect(refused.code, position).toBe(code);
    }
  });

  it('its dump thread killed, restarted, killed -9: one process goes on, nothing lost or doubled', async () => {
    await beginAnew();
    const run = start(workspace);
    await untilStreaming(run);
    await arrived(await insert());
    const threads = await source.rows('SHOW PROCESSLIST');
    const dumps = threads.filter((row) => String(row['Command']).startsWith('Binlog Dump'));
    expect(dumps).toHaveLength(1);
    await source.run(`KILL ${String(dumps[0]?.['Id'])}`);
    await arrived(await insert());
    for (const signal of ['stop', 'SIGKILL'] as const) {
      await insert();
      const retries = (await statusOf(workspace))[0]?.retries ?? 0;
      if (signal === 'stop') own.stop();
      else process.kill(own.pid, signal);
      await source.close();
      await waitFor(
        'a retry',
        async () => ((await statusOf(workspace))[0]?.retries ?? 0) > retries,
      );
      await hasGone(own.pid);
      expect((await statusOf(workspace))[0]?.state).toBe('retrying');
      own = own.start();
      source = await openAgain(own);
      await arrived(await insert());
      await expectEqual();
    }
    expect(run.child.exitCode).toBe(null);
    await stop(run);
  });

  it('frozen for longer than three heartbeats: given up by name, taken up again when it thaws', async () => {
    const run = start(workspace);
    await untilStreaming(run);
    await arrived(await insert());
    process.kill(own.pid, 'SIGSTOP');
    try {
      await waitFor('the watchdog', () => output(run).includes('SOURCE_SILENT'));
    } finally {
      process.kill(own.pid, 'SIGCONT');
    }
    await arrived(await insert());
    await expectEqual();
    await stop(run);
  });

  it('another replica with the same server id: the one that loses the place says so, exit 4', async () => {
    configure('now', 'server_id = 424242');
    const twin = new Workspace();
    twin.write({
      source: own,
      target: testServer(targetName),
      name: 'session-twin',
      include: ['session_twin.*'],
      start: 'now',
      sourceLines: 'server_id = 424242',
    });
    const first = start(workspace);
    await untilStreaming(first);
    await arrived(await insert());
    const second = start(twin);
    const loser = await Promise.race([first, second].map((run) => run.finished.then(() => run)));
    const { code } = await loser.finished;
    expect(code, output(loser)).toBe(4);
    expect(output(loser)).toContain('SOURCE_SERVER_ID_TAKEN');
    expect(output(loser)).toContain('424242');
    await endAll();
    twin.remove();
    configure('now');
    await catchUp(workspace);
    await expectEqual();
  });

  it('a position that was purged: exit 4, with what was wanted, the oldest there is and the way out', async () => {
    await catchUp(workspace);
    const before = await positionOf(workspace);
    await insert();
    await source.run('FLUSH BINARY LOGS');
    const lost = await insert();
    await source.run('FLUSH BINARY LOGS');
    const files = async () =>
      (await source.rows('SHOW BINARY LOGS')).map((row) => String(row['Log_name']));
    const oldest = (await files()).at(-1) ?? '';
    // The server keeps a file that a replica has just left for a moment more.
    await waitFor('the purge', async () => {
      await source.run(`PURGE BINARY LOGS TO '${oldest}'`);
      return (await files())[0] === oldest;
    });
    const { code, said } = await runUntilHead(workspace);
    expect(code, said).toBe(4);
    expect(said).toContain('SOURCE_POSITION_PURGED');
    expect(said).toContain(`${oldest}:4`);
    expect(said).toContain(isMariadb ? (before.position ?? '') : before.position?.split(' ')[0]);
    expect(said).toContain('tailrace position set');
    expect(await positionOf(workspace)).toEqual(before);
    const [status] = await statusOf(workspace);
    expect(status).toMatchObject({ state: 'failed', error: { code: 'SOURCE_POSITION_PURGED' } });
    // The way out that it names.
    await runTailrace(['position', 'set', 'earliest', '-c', workspace.config]);
    const next = await insert();
    await catchUp(workspace);
    const there = (await numbers(target, database)).split(',');
    expect(there).toContain(`${next}`);
    expect(there).not.toContain(`${lost}`);
    await beginAnew();
  });

  it('a transaction in statement format: exit 4 by name, the position before it', async () => {
    await insert();
    await catchUp(workspace);
    const before = await positionOf(workspace);
    const statements = await openSql(own);
    await statements.run(
      "SET SESSION binlog_format = 'STATEMENT'",
      `UPDATE ${database}.log SET n = n + 1`,
    );
    await statements.close();
    const { code, said } = await runUntilHead(workspace);
    expect(code, said).toBe(4);
    expect(said).toContain('SOURCE_NOT_ROW_FORMAT');
    expect((await positionOf(workspace)).seq).toBe(before.seq);
  });

  it('a wrong password: exit 4 of the source, 5 of the target, and the password is not shown', async () => {
    const wrong = new Workspace();
    const write = (end: 'source' | 'target') => {
      configure('now', '', wrong);
      wrong.edit((text) => {
        const [before, after] = text.split('[task.target]');
        const edited = (end === 'source' ? before : after)
          ?.replace('user = "root"', 'user = "nobody"')
          .replace('password = ""', 'password = "hush-3141"');
        return end === 'source'
          ? `${edited ?? ''}[task.target]${after ?? ''}`
          : `${before ?? ''}[task.target]${edited ?? ''}`;
      });
    };
    for (const [end, exit] of [
      ['source', 4],
      ['target', 5],
    ] as const) {
      write(end);
      const { code, said } = await runUntilHead(wrong);
      expect(code, said).toBe(exit);
      expect(said).toContain(`${end.toUpperCase()}_ACCESS_DENIED`);
      expect(said).not.toContain('hush-3141');
    }
    wrong.remove();
  });

  it('without a binlog: exit 4, with what to set', async () => {
    await source.close();
    own.stop();
    own = own.start('--skip-log-bin');
    source = await openAgain(own);
    configure('now');
    await forget();
    const { code, said } = await runUntilHead(workspace);
    expect(code, said).toBe(4);
    expect(said).toContain('SOURCE_BINLOG_OFF');
    expect(said).toContain('log_bin');
  });
});

describe.each([
  ['src10', '10'],
  ['src97', '97'],
] as const)('a target of our own, %s → %s', (sourceName, kind) => {
  const database = 'session_target';
  const workspace = new Workspace();
  let own: OwnServer;
  let proxy: HoldingProxy;
  let source: Sql;
  let target: Sql;
  let n = 0;

  const insert = async (): Promise<number> => {
    n += 1;
    await source.run(
      'BEGIN',
      `INSERT INTO ${database}.log VALUES (${n})`,
      `REPLACE INTO ${database}.item VALUES (1, ${n}), (${n}, 0)`,
      'COMMIT',
    );
    return n;
  };
  const arrived = (wanted: number) =>
    waitFor(`number ${wanted}`, async () =>
      (await numbers(target, database)).split(',').includes(`${wanted}`),
    );
  const expectEqual = async () => {
    expect(await numbers(target, database)).toBe(await numbers(source, database));
  };

  beforeAll(async () => {
    own = startOwnServer(kind);
    proxy = await HoldingProxy.start(own.port);
    source = await openSql(testServer(sourceName));
    target = await openAgain(own);
    await source.run(`DROP DATABASE IF EXISTS ${database}`);
    const include = [`${database}.*`];
    const ends = { source: testServer(sourceName), target: proxy };
    workspace.write({ ...ends, name: 'session-target', start: 'now', include });
    await catchUp(workspace);
    await source.run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.log (n INT)`,
      `CREATE TABLE ${database}.item (id INT PRIMARY KEY, v INT)`,
    );
  });
  afterEach(endAll);
  afterAll(async () => {
    await proxy.close();
    await source.close();
    await target.close();
    workspace.remove();
    own.destroy();
  });

  it.each(['restarted', 'killed -9', 'frozen'])(
    '%s in mid-group and again when the commit is not answered: one process goes on, exactly once',
    async (fault) => {
      const run = start(workspace);
      await untilStreaming(run);
      await arrived(await insert());
      for (const when of ['before', 'answered'] as const) {
        const held = proxy.holdAt({ text: 'COMMIT', when });
        await insert();
        await held;
        if (fault === 'frozen') {
          process.kill(own.pid, 'SIGSTOP');
          proxy.release();
          await insert();
          await new Promise((resolve) => setTimeout(resolve, 3_000));
          process.kill(own.pid, 'SIGCONT');
        } else {
          if (fault === 'restarted') own.stop();
          else process.kill(own.pid, 'SIGKILL');
          await target.close();
          await hasGone(own.pid);
          proxy.release();
          await insert();
          await waitFor('a retry', () =>
            /TARGET_(CONNECTION_LOST|UNREACHABLE|UNAVAILABLE)/.test(output(run)),
          );
          own = own.start();
          target = await openAgain(own);
        }
        await arrived(await insert());
        await expectEqual();
      }
      expect(run.child.exitCode).toBe(null);
      await stop(run);
    },
  );
});
