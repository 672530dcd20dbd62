import { spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import {
  runTailrace,
  commandLine,
  startTailrace,
  Workspace,
  type Finished,
  type Running,
} from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const source = testServer('src10');
const target = testServer('dst10');
const STACK = /\n\s+at .*:\d+:\d+|node:internal|Warning:/;

let from: Sql;
let to: Sql;
const workspaces: Workspace[] = [];
const children: ChildProcess[] = [];

function start(args: readonly string[]): Running {
  const running = startTailrace(args);
  children.push(running.child);
  return running;
}

function workspace(): Workspace {
  const made = new Workspace();
  workspaces.push(made);
  return made;
}

beforeAll(async () => {
  from = await openSql(source);
  to = await openSql(target);
  for (const sql of [from, to]) {
    for (const database of ['cli_a', 'cli_b']) {
      await sql.run(
        `DROP DATABASE IF EXISTS ${database}`,
        `CREATE DATABASE ${database}`,
        `CREATE TABLE ${database}.t (id INT PRIMARY KEY, v TEXT)`,
      );
    }
  }
  for (const name of ['a', 'b', 'c', 'd'])
    await to.run(`DROP DATABASE IF EXISTS cli_state_${name}`);
});
afterEach(() => {
  // Those of a test that failed half-way.
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const one of workspaces.splice(0)) one.remove();
});
afterAll(async () => {
  await from.close();
  await to.close();
});

/** One task of a file: replicates `database` and keeps its checkpoint in a database of its own. */
function task(name: string, database: string, sourceLines = 'start = "now"'): string {
  return `[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
heartbeat_seconds = 1
${sourceLines}
[task.filter]
include = ["${database}.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "cli_state_${name}"
`;
}

function writeConfig(home: Workspace, ...tasks: readonly string[]): void {
  const head = 'state_dir = "./state"\n[http]\nlisten = ""\n';
  writeFileSync(home.config, head + tasks.join(''));
}

const rowsOf = async (sql: Sql, table: string): Promise<string> =>
  (await sql.value(`SELECT GROUP_CONCAT(id ORDER BY id) FROM ${table}`)) ?? '';

describe('the command line', () => {
  const WRONG: readonly (readonly [string, RegExp])[] = [
    ['', /Usage: tailrace/],
    ['rn', /unknown command 'rn'[\s\S]*Did you mean run\?/],
    ['run --frm now', /unknown option '--frm'[\s\S]*Did you mean --from\?/],
    ['run extra', /too many arguments/],
    ['position', /Usage: tailrace position/],
    ['position set', /missing required argument 'position'/],
    ['position set -c FILE nonsense', /POSITION_INVALID: "nonsense" is no position/],
    ['position set -c FILE 2999-01-01T00:00:00Z', /POSITION_INVALID: .* in the future/],
    ['run -c FILE --until tomorrow', /USAGE: --until tomorrow is no place to end at/],
    ['run -c FILE --http nowhere', /USAGE: --http nowhere is not host:port/],
    ['run -c FILE --http 127.0.0.1:99999', /USAGE: --http 127.0.0.1:99999 is not host:port/],
    ['run -c FILE --task nobody', /USAGE: There is no task "nobody"[\s\S]*Its tasks are: a, b/],
    ['run -c /no/such/file.toml', /CONFIG_INVALID[\s\S]*\/no\/such\/file.toml/],
    ['tail --format xml mysql://u@h/', /USAGE: --format xml is not known[\s\S]*maxwell, canal/],
    ['tail --include nodot mysql://u@h/', /USAGE: --include: "nodot"/],
    ['tail --from nonsense mysql://u@h/', /POSITION_INVALID/],
    ['tail -c FILE mysql://u@h/', /USAGE: A URL and -c are given: one is wanted/],
    ['tail --task a mysql://u@h/', /USAGE: A URL and --task are given/],
    ['mysql://root:pass-in-url@host/', /unknown command 'mysql:\/\/root:\*\*\*@host\/'/],
    ['tail -c mysql://root:pass-in-url@host/', /mysql:\/\/root:\*\*\*@host/],
  ];

  it('refuses what it does not understand with exit code 2, and says what and what there is', async () => {
    const home = workspace();
    writeConfig(home, task('a', 'cli_a'), task('b', 'cli_b'));
    const lines = WRONG.map(([line]) => line.replace('FILE', home.config));
    const ended: Finished[] = [];
    for (let at = 0; at < lines.length; at += 6) {
      const few = lines.slice(at, at + 6).map((line) => line.split(' ').filter(Boolean));
      ended.push(...(await Promise.all(few.map((args) => runTailrace(args)))));
    }
    const seen = ended.map(({ code, stderr }, index) => {
      const isExplained = WRONG[index]?.[1].test(stderr) === true;
      return [lines[index], code, isExplained ? 'explained' : stderr];
    });
    expect(seen).toEqual(lines.map((line) => [line, 2, 'explained']));
    const everything = ended.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(everything).not.toContain('pass-in-url');
    expect(everything).not.toMatch(STACK);
  });

  it('takes -c before and after the command; the nearest counts', async () => {
    const home = workspace();
    writeConfig(home, task('c', 'cli_a'));
    const places = [
      ['-c', home.config, 'position', 'show', '--json'],
      ['position', '-c', home.config, 'show', '--json'],
      ['position', 'show', '-c', home.config, '--json'],
      ['-c', '/no/such/file', 'position', 'show', `--config=${home.config}`, '--json'],
    ];
    const ended = await Promise.all(places.map((args) => runTailrace(args)));
    const shown = { tasks: [{ task: 'c', seq: null, coordinates: null, position: null }] };
    for (const { code, stdout } of ended) {
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject(shown);
    }
  });
});

describe('a configuration file with mistakes', () => {
  it('is refused before anything connects, all of it at once, each with path and line', async () => {
    const home = workspace();
    writeFileSync(
      home.config,
      `state_dir = 5
[log]
levle = "info"
[[task]]
name = "Bad Name"
[task.source]
hosts = ["127.0.0.1:1:1"]
user = "root"
password = { env = "TAILRACE_TEST_NO_SUCH" }
start = "yesterday"
tls = "disabled"
tls_ca = "nope.pem"
[task.target]
hosts = []
user = ""
password = { file = "nope.txt" }
on_conflict = "explode"
lanes = "one"
[[task]]
name = "b"
`,
    );
    const { code, stderr } = await runTailrace(['run', '-c', home.config]);
    expect(code).toBe(2);
    for (const issue of [
      'state_dir (line 1): must be a string',
      'log.levle (line 3): there is no such key; did you mean level?',
      'task[0].name (line 5)',
      'task[0].source.hosts[0] (line 7)',
      'task[0].source.password (line 9): the environment has no variable TAILRACE_TEST_NO_SUCH',
      'task[0].source.start (line 10)',
      'task[0].source.tls_ca (line 12): the file',
      'task[0].source.tls_ca (line 12): has no effect with tls = "disabled"',
      'task[0].target.hosts (line 14)',
      'task[0].target.user (line 15)',
      'task[0].target.password (line 16): the file',
      'task[0].target.on_conflict (line 17): must be one of stop, overwrite, skip',
      'task[0].target.lanes (line 18): must be a number, not a string',
      'task[1] (line 19): has neither [task.source] nor [task.kafka]',
    ]) {
      expect(stderr).toContain(issue);
    }
    expect(stderr).not.toMatch(STACK);
  });
});

describe('several tasks in one file', () => {
  it('one refused does not stop the others; its code ends the process; --task chooses, repeatedly', async () => {
    const home = workspace();
    const noStart = task('b', 'cli_b', '');
    const denied = task('d', 'cli_a', 'start = "now"\npassword = "not-the-password"');
    writeConfig(home, task('a', 'cli_a'), noStart, denied);
    const port = await freePort();
    const http = `http://127.0.0.1:${port}`;
    const run = start(['run', '-c', home.config, '--http', `127.0.0.1:${port}`]);
    await waitFor('both refusals', () => {
      const log = run.stderr();
      return log.includes('START_REQUIRED') && log.includes('SOURCE_ACCESS_DENIED');
    });
    await waitFor('the third to stream', async () => {
      const { tasks } = (await (await fetch(`${http}/status`)).json()) as {
        tasks: { name: string; state: string }[];
      };
      return tasks.some(({ name, state }) => name === 'a' && state === 'streaming');
    });
    await from.run("INSERT INTO cli_a.t VALUES (1, 'still at work')");
    await waitFor('the row', async () => (await rowsOf(to, 'cli_a.t')) === '1');
    const health = await fetch(`${http}/healthz`);
    expect([health.status, await health.text()]).toEqual([
      503,
      expect.stringMatching(/task [bd] has stopped: (START_REQUIRED|SOURCE_ACCESS_DENIED)/),
    ]);
    const first = run.stderr().indexOf('START_REQUIRED') < run.stderr().indexOf('ACCESS_DENIED');
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.finished;
    expect(code).toBe(first ? 2 : 4);
    expect(stderr).not.toContain('not-the-password');
    expect(stderr).not.toMatch(STACK);

    const chosen = ['run', '-c', home.config, '--until', 'head', '--task', 'a'];
    expect((await runTailrace(chosen)).code).toBe(0);
    expect((await runTailrace([...chosen, '--task', 'b'])).code).toBe(2);
  });

  it('twelve tasks at once bring no warning of Node', async () => {
    const home = workspace();
    const names = Array.from({ length: 12 }, (_, index) => `many_${index}`);
    const tasks = names.map((name) =>
      task(name, 'cli_none').replace(`cli_state_${name}`, 'cli_state_a'),
    );
    writeConfig(home, ...tasks);
    const { code, stderr } = await runTailrace(['run', '-c', home.config, '--until', 'head']);
    expect(stderr).not.toMatch(STACK);
    expect(code).toBe(0);
    const tail = await runTailrace(['tail', '-c', home.config, '--until', 'head']);
    expect(tail).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });
});

describe('positions', () => {
  it('--from begins there at the first start, is refused once there is a checkpoint, and replaces it with --force', async () => {
    const home = workspace();
    writeConfig(home, task('c', 'cli_b', ''));
    await from.run('DELETE FROM cli_b.t');
    await to.run('DELETE FROM cli_b.t');
    const [status] = await from.rows('SHOW MASTER STATUS');
    const begin = `${String(status?.['File'])}:${String(status?.['Position'])}`;
    await from.run("INSERT INTO cli_b.t VALUES (1, 'a')");
    const run = (...more: string[]): Promise<Finished> =>
      runTailrace(['run', '-c', home.config, '--until', 'head', ...more]);
    expect((await run('--from', begin)).code).toBe(0);
    expect(await rowsOf(to, 'cli_b.t')).toBe('1');

    const refused = await run('--from', 'now');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('has a checkpoint already');
    expect(refused.stderr).toContain('add --force to replace it');

    await from.run("INSERT INTO cli_b.t VALUES (2, 'left out')");
    expect((await run('--from', 'now', '--force')).code).toBe(0);
    await from.run("INSERT INTO cli_b.t VALUES (3, 'c')");
    expect((await run()).code).toBe(0);
    expect(await rowsOf(to, 'cli_b.t')).toBe('1,3');

    const shown = await runTailrace(['position', 'show', '-c', home.config, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      tasks: [
        { task: 'c', from: 'target', coordinates: expect.stringMatching(/^\S+:\d+$/) as string },
      ],
    });
    const table = await runTailrace(['position', 'show', '-c', home.config]);
    expect(table.stdout).toMatch(/^TASK +SEQ +BINLOG +POSITION +KEPT IN\nc /);
  });

  it('a running task: position set and a second run are refused with 7; position set at once', async () => {
    const home = workspace();
    writeConfig(home, task('d', 'cli_a'));
    const run = start(['run', '-c', home.config]);
    await waitFor('the start', () => run.stderr().includes('beginning here'));
    const second = start(['run', '-c', home.config]);
    const set = await runTailrace(['position', 'set', 'now', '-c', home.config]);
    // The second run is still trying: position set did not wait.
    expect(second.child.exitCode).toBeNull();
    expect([set.code, set.stderr]).toEqual([7, expect.stringContaining('TASK_LOCKED')]);
    expect(set.stderr).toContain(`pid ${run.child.pid}`);
    const third = start(['run', '-c', home.config]);
    await waitFor('a long wait for the lock', () => second.child.exitCode !== null);
    third.child.kill('SIGTERM');
    expect((await second.finished).code).toBe(7);
    run.child.kill('SIGTERM');
    expect((await run.finished).code).toBe(0);
    // Stopped while it waited: that is no fault.
    const ended = await third.finished;
    expect([ended.code, ended.stderr.includes('INTERNAL_FAULT')]).toEqual([0, false]);
  });
});

describe('patience', () => {
  it('SIGTERM ends with 0 while the command is still being loaded', async () => {
    const home = workspace();
    writeConfig(home, task('a', 'cli_a'));
    const hook = join(home.dir, 'hook.cjs');
    writeFileSync(
      hook,
      `const Module = require('node:module');
       const load = Module._load;
       Module._load = (request, ...rest) => {
         if (request.includes('better-sqlite3')) process.kill(process.pid, 'SIGTERM');
         return load(request, ...rest);
       };`,
    );
    const run = startTailrace(['run', '-c', home.config], { NODE_OPTIONS: `--require ${hook}` });
    children.push(run.child);
    const { code, signal } = await run.finished;
    expect([code, signal]).toEqual([0, null]);
  });

  it('SIGTERM and SIGINT end with 0 while an end is away, frozen or unknown', async () => {
    const away = ['127.0.0.1:1', 'no-such-host.invalid:3306'].flatMap((host) => [
      task('a', 'cli_a').replace(`127.0.0.1:${source.port}`, host),
      task('a', 'cli_a').replace(`127.0.0.1:${target.port}`, host),
    ]);
    const runs = away.map((text, index) => {
      const home = workspace();
      writeConfig(home, text.replace('cli_state_a', `cli_state_away${index}`));
      return start(['run', '-c', home.config]);
    });
    for (const run of runs) {
      await waitFor('three tries', () => run.stderr().split('trying again').length > 3);
    }
    runs.forEach((run, index) => run.child.kill(index % 2 === 0 ? 'SIGTERM' : 'SIGINT'));
    for (const run of runs) {
      const { code, stderr } = await run.finished;
      expect(stderr).toMatch(/"code":"(SOURCE|TARGET)_UNREACHABLE"/);
      expect(stderr).toContain('"message":"Stopped"');
      expect([code, STACK.test(stderr)]).toEqual([0, false]);
    }
  });

  it('Ctrl-C ends with 0 within seconds though the target holds a row; Ctrl-C twice ends at once', async () => {
    for (const sql of [from, to]) await sql.run("REPLACE INTO cli_b.t VALUES (77, 'a')");
    const codes: unknown[] = [];
    for (const presses of [1, 2]) {
      const home = workspace();
      writeConfig(home, task('b', 'cli_b'));
      const run = start(['run', '-c', home.config, '--from', 'now', '--force']);
      await waitFor('the start', () => run.stderr().includes('Going on from the checkpoint'));
      await to.run('BEGIN', 'SELECT * FROM cli_b.t WHERE id = 77 FOR UPDATE');
      await from.run(`UPDATE cli_b.t SET v = 'press ${presses}' WHERE id = 77`);
      await waitFor('the apply to hang', async () => {
        const sessions = await to.rows('SHOW FULL PROCESSLIST');
        return sessions.some(({ Info }) => String(Info).includes(`press ${presses}`));
      });
      run.child.kill('SIGINT');
      await waitFor('the first to be heard', () => run.stderr().includes('Stopping'));
      if (presses === 2) run.child.kill('SIGINT');
      const { code, stderr } = await run.finished;
      codes.push([presses, code, STACK.test(stderr)]);
      await to.run('ROLLBACK');
    }
    expect(codes).toEqual([
      [1, 0, false],
      [2, 130, false],
    ]);
    expect(await to.value('SELECT v FROM cli_b.t WHERE id = 77')).toBe('a');
  });

  it('a log that nobody reads any more stops nothing', () => {
    const home = workspace();
    writeConfig(home, task('b', 'cli_b'));
    const line = commandLine([
      'run',
      '-c',
      home.config,
      '--from',
      'now',
      '--force',
      '--until',
      'head',
    ]);
    const command = line.map((word) => `'${word}'`).join(' ');
    const script = `exec 3>&1; ${command} 2>&-; echo "code $?"
{ ${command} 2>&1 > /dev/null; echo "code $?" >&3; } | true`;
    const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stdout).toBe('code 0\ncode 0\n');
  });

  it('a full disk under state_dir is said as such, with exit code 1', async (context) => {
    const home = workspace();
    const disk = join(home.dir, 'disk');
    mkdirSync(disk);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (mount.status !== 0) context.skip('only root may mount');
    try {
      writeConfig(home, task('a', 'cli_a'));
      home.edit((text) => text.replace('"./state"', '"./disk"'));
      const { code, stderr } = await runTailrace(['run', '-c', home.config, '--until', 'head']);
      expect(stderr).toMatch(/STATE_UNUSABLE.*the disk is full.*Make room under state_dir/);
      expect([code, STACK.test(stderr)]).toEqual([1, false]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  it('--from waits for an end that is away, as run itself does', async () => {
    const home = workspace();
    writeConfig(home, task('a', 'cli_a').replace(`127.0.0.1:${target.port}`, '127.0.0.1:1'));
    const run = start(['run', '-c', home.config, '--from', 'now', '--force']);
    await waitFor('tries', () => run.stderr().split('trying again').length > 2);
    run.child.kill('SIGTERM');
    expect((await run.finished).code).toBe(0);
  });

  it('a port that is taken warns in one line, and the work goes on', async () => {
    const server = createServer((_, response) => response.end('{"tasks":"of somebody else"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const home = workspace();
    writeConfig(home, task('a', 'cli_a'));
    const listen = `127.0.0.1:${port}`;
    const args = ['-c', home.config];
    const run = await runTailrace(['run', ...args, '--until', 'head', '--http', listen]);
    expect(run.stderr).toContain(`cannot listen on ${listen}; the work goes on`);
    expect([run.code, STACK.test(run.stderr)]).toEqual([0, false]);
    home.edit((text) => text.replace('listen = ""', `listen = "${listen}"`));
    const status = await runTailrace(['status', ...args, '--json']);
    server.close();
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ tasks: [{ name: 'a', state: 'stopped' }] });
  });

  it('a state folder that cannot be made or written is said by path, with exit code 1', async () => {
    const home = workspace();
    const file = join(home.dir, 'plain-file');
    writeFileSync(file, '');
    for (const stateDir of ['/proc/nowhere/state', join(file, 'state')]) {
      writeConfig(home, task('a', 'cli_a'));
      home.edit((text) => text.replace('"./state"', `"${stateDir}"`));
      const { code, stderr } = await runTailrace(['run', '-c', home.config, '--until', 'head']);
      expect(stderr).toContain('STATE_UNUSABLE');
      expect(stderr).toContain(stateDir);
      expect([code, STACK.test(stderr)]).toEqual([1, false]);
    }
  });

  it('a configuration file and folder that may only be read are enough', async () => {
    const home = workspace();
    const state = workspace();
    writeConfig(home, task('a', 'cli_a'));
    home.edit((text) => text.replace('./state', state.dir));
    chmodSync(home.config, 0o444);
    chmodSync(home.dir, 0o555);
    const { code } = await runTailrace(['run', '-c', home.config, '--until', 'head']);
    chmodSync(home.dir, 0o755);
    expect(code).toBe(0);
  });
});
