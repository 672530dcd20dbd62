import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import {
  commandLine,
  runTailrace,
  startTailrace,
  Workspace,
  type Running,
} from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const source = testServer('src57');
const target = testServer('dst57');
const STACK = /\n\s+at .*:\d+:\d+|node:internal|Warning:/;
const SECRETS = {
  plain: 'plain-SEKRET.1',
  env: 'env-SEKRET+2 "quoted"',
  file: 'file-SEKRET%3',
} as const;

let from: Sql;
let to: Sql;
let port = 0;
const workspaces: Workspace[] = [];
const children: ChildProcess[] = [];

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const running = startTailrace(args, env);
  children.push(running.child);
  return running;
}

interface Shown {
  readonly version: string;
  readonly tasks: readonly {
    readonly name: string;
    readonly state: string;
    readonly position: string | null;
    readonly seq: number | null;
    readonly lag: { readonly seconds: number | null; readonly oldest: string | null };
    readonly retries: number;
    readonly stalledSeconds: number;
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
}

beforeAll(async () => {
  from = await openSql(source);
  to = await openSql(target);
  for (const sql of [from, to]) {
    await sql.run(
      'DROP DATABASE IF EXISTS status_a',
      'CREATE DATABASE status_a',
      'CREATE TABLE status_a.t (id INT PRIMARY KEY, v VARCHAR(100))',
    );
  }
  await to.run('DROP DATABASE IF EXISTS status_state');
  await account(from, 'status_env', SECRETS.env);
  await account(from, 'status_plain', SECRETS.plain);
  await account(to, 'status_file', SECRETS.file);
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

async function account(sql: Sql, name: string, password: string): Promise<void> {
  await sql.run(
    `DROP USER IF EXISTS '${name}'@'%'`,
    `CREATE USER '${name}'@'%' IDENTIFIED BY ${sql.connection.escape(password)}`,
    `GRANT ALL ON *.* TO '${name}'@'%'`,
  );
}

/** Connections on which this test's task reads the binlog. */
async function dumpSessions(): Promise<string[]> {
  const sessions = await from.rows('SHOW PROCESSLIST');
  return sessions
    .filter(({ User, Command }) => User === 'status_env' && /Dump/.test(String(Command)))
    .map(({ Id }) => String(Id));
}

/** Secrets of every kind: in the file, in the environment, in a file of its own. */
async function workspace(log = 'level = "trace"'): Promise<Workspace> {
  const home = new Workspace();
  workspaces.push(home);
  port = await freePort();
  writeFileSync(join(home.dir, 'password'), `${SECRETS.file}\n`);
  writeFileSync(
    home.config,
    `state_dir = "./state"
[log]
${log}
[http]
listen = "127.0.0.1:${port}"
token = "${SECRETS.plain}"
[[task]]
name = "shown"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "status_env"
password = { env = "STATUS_PASSWORD" }
heartbeat_seconds = 1
start = "now"
[task.filter]
include = ["status_a.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "status_file"
password = { file = "password" }
state_database = "status_state"
`,
  );
  return home;
}

const ENV = { STATUS_PASSWORD: SECRETS.env };
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, init);
const shown = async (): Promise<Shown> => (await (await get('/status')).json()) as Shown;
const task = async () => (await shown()).tasks[0];

/** Waits for the HTTP server too. */
async function waitForState(state: string): Promise<void> {
  await waitFor(`the task to be ${state}`, async () => {
    const one = await task().catch(() => undefined);
    return one?.state === state;
  });
}

/** Every file of the workspace but the configuration and the password's own. */
function stateOf(home: Workspace): string {
  const dir = join(home.dir, 'state');
  return readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'latin1'))
    .join('');
}

function expectNoSecret(text: string): void {
  for (const secret of Object.values(SECRETS)) {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      expect(text.includes(form), `a secret in:\n${text.slice(0, 2000)}`).toBe(false);
    }
  }
}

describe('a running task as others see it', () => {
  it('HTTP, status and logs: right figures, no secret, nothing that crashes it', async () => {
    const home = await workspace();
    const run = start(['run', '-c', home.config], ENV);
    await waitForState('streaming');
    const seen: string[] = [];
    await from.run("REPLACE INTO status_a.t VALUES (1, 'a')");
    await waitFor(
      'the row',
      async () => (await to.value('SELECT COUNT(*) FROM status_a.t')) === '1',
    );

    // Idle: no lag, at any time between two heartbeats.
    for (let look = 0; look < 8; look++) {
      expect((await task())?.lag.seconds).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200]);

    // The target is held by a lock: the lag grows and names the transaction.
    await to.run('BEGIN', 'SELECT * FROM status_a.t FOR UPDATE');
    await from.run("UPDATE status_a.t SET v = 'held' WHERE id = 1");
    const heldAt = Date.now();
    await waitFor('a lag', async () => ((await task())?.lag.seconds ?? 0) > 2);
    const held = await task();
    const lag = held?.lag.seconds ?? 0;
    const real = (Date.now() - heldAt) / 1000;
    // Header times are whole seconds.
    expect(Math.abs(lag - real)).toBeLessThan(1.5);
    expect(held?.lag.oldest).toMatch(/^[0-9a-f-]{36}:\d+$/);
    const status = await runTailrace(['status', '-c', home.config], ENV);
    expect(status.stdout).toMatch(
      /^All is well: 1 task .*\n\nTASK +STATE +LAG .*\nshown +streaming +\d+\.\d s /,
    );
    await to.run('ROLLBACK');
    await waitFor('no lag', async () => (await task())?.lag.seconds === 0);
    expect(await to.value('SELECT v FROM status_a.t')).toBe('held');

    // Metrics.
    const metrics = await get('/metrics');
    const text = await metrics.text();
    seen.push(text);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expectPrometheus(text);
    expect(text).toContain('tailrace_task_up_bool{task="shown"} 1\n');
    expect(text).toContain('tailrace_task_lag_seconds{task="shown"} 0\n');
    expect(text).toMatch(
      /tailrace_sink_events_total\{task="shown",sink="mysql",event="rows"\} 2\n/,
    );

    // Every route, and what is no route.
    const page = await (await get('/')).text();
    expectHtml(page);
    seen.push(page, await (await get('/status')).text(), await (await get('/healthz')).text());
    const head = await get('/status', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await get('/nothing')).status).toBe(404);
    for (const method of ['PUT', 'DELETE']) {
      const init = method === 'DELETE' ? { method } : { method, body: 'x'.repeat(1 << 20) };
      const refused = await get('/tasks/shown/pause', init).catch(() => ({ status: 405 }));
      expect(refused.status).toBe(405);
    }
    expect((await get('/tasks/shown/pause', { method: 'POST' })).status).toBe(401);
    expect(await rawRequest('GET constructor HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/ 40[04] /);
    expect(await rawRequest('GET //%zz?\\ HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/ 40[04] /);
    expect(await rawRequest('\u0000\u0001nonsense\r\n\r\n')).toMatch(/ 400 /);
    expect((await get('/healthz')).status).toBe(200);

    // The command line, as JSON and again and again; a closed pipe ends it.
    const json = await runTailrace(['status', '-c', home.config, '--json'], ENV);
    expect(JSON.parse(json.stdout)).toMatchObject({
      tasks: [{ name: 'shown', state: 'streaming', error: null, lag: { seconds: 0 } }],
    });
    const watch = start(['status', '-c', home.config, '--watch', '--json'], ENV);
    await waitFor('a second look', () => watch.stdout().split('"tasks"').length > 2);
    watch.child.kill('SIGINT');
    expect((await watch.finished).code).toBe(0);
    const [program, ...args] = commandLine(['status', '-c', home.config, '--watch']);
    const reader = spawn(program, args, { env: { ...process.env, ...ENV } });
    children.push(reader);
    reader.stdout.once('data', () => reader.stdout.destroy());
    expect(await new Promise((resolve) => reader.once('close', resolve))).toBe(0);

    run.child.kill('SIGTERM');
    const { code, stderr, stdout } = await run.finished;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).not.toMatch(STACK);
    const lines = stderr.trim().split('\n');
    const logged = lines.map((line) => JSON.parse(line) as { level: string; message: string });
    expect(logged.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    expect(logged.at(-1)?.message).toBe('Stopped');

    // After it has ended its state file tells.
    const after = await runTailrace(['status', '-c', home.config, '--json'], ENV);
    expect(JSON.parse(after.stdout)).toMatchObject({
      tasks: [{ state: 'stopped', seq: expect.any(Number) as number, lag: { seconds: null } }],
    });
    seen.push(stderr, status.stdout, json.stdout, after.stdout, stateOf(home));
    expectNoSecret(seen.join('\n'));
  });

  it('a task that has stopped: 503 with code and reason everywhere, what to do next, no secret', async () => {
    // The server quotes what it was sent: a name that is a secret elsewhere.
    const home = await workspace('level = "trace"\nformat = "pretty"');
    home.edit((text) =>
      text.replace(
        '[[task]]\nname = "shown"',
        `[[task]]
name = "idle"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "status_plain"
password = "${SECRETS.plain}"
start = "now"
[task.filter]
include = ["status_none.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "${SECRETS.plain}"
password = "not it"
state_database = "status_state"
[[task]]
name = "shown"`,
      ),
    );
    await to.run("REPLACE INTO status_a.t VALUES (7, 'in the way')");
    const run = start(['run', '-c', home.config], ENV);
    await waitFor('the refusal of the target', () => run.stderr().includes('TARGET_ACCESS_DENIED'));
    await waitFor('the other task to stream', async () => {
      const found = (await shown().catch(() => undefined))?.tasks;
      return found?.some(({ name, state }) => name === 'shown' && state === 'streaming') === true;
    });
    const ready = await get('/readyz');
    expect([ready.status, await ready.text()]).toEqual([503, 'task idle is failed\n']);
    await from.run(`INSERT INTO status_a.t VALUES (7, ${from.connection.escape(SECRETS.env)})`);
    await waitFor('both to have ended', () => run.child.exitCode !== null, 30_000).catch(
      () => undefined,
    );
    const { code, stderr } = await run.finished;
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /ERROR \[shown\] The task cannot go on: TARGET_CONFLICT .*→ .*position skip/,
    );
    expect(stderr).toMatch(/gtid=[0-9a-f-]{36}:\d+/);
    expect(stderr).not.toMatch(STACK);
    const shownAs = await runTailrace(['status', '-c', home.config], ENV);
    expect(shownAs.stdout).toMatch(/TARGET_CONFLICT.*\n +where: .*\n +next: .*position skip/);
    expect(shownAs.stdout).toMatch(/shown +failed/);
    const everything = [stderr, shownAs.stdout];
    expectNoSecret(everything.join('\n'));
    await to.run('DELETE FROM status_a.t WHERE id = 7');
  });

  it('on a terminal: one coloured line each, with what happened, where, and what to do next', async () => {
    const home = await workspace('level = "info"');
    // Those of earlier tests live on until the server writes to them.
    const former = new Set(await dumpSessions());
    const [program, ...args] = commandLine(['run', '-c', home.config]);
    const command = [program, ...args].map((word) => `'${word}'`).join(' ');
    const script = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...process.env, ...ENV },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(script);
    let screen = '';
    script.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    await waitForState('streaming');
    // The connection is cut by the server: one warning, and on it goes.
    let session: string | undefined;
    await waitFor('the stream', async () => {
      session = (await dumpSessions()).find((id) => !former.has(id));
      return session !== undefined;
    });
    await from.run(`KILL ${session ?? ''}`);
    await waitFor('the warning', () => screen.includes('trying again'));
    await waitFor('another start', () => screen.split('Going on from the checkpoint').length > 1);
    await waitForState('streaming');
    await waitFor('the trouble to be over', async () => {
      const one = await task();
      return one?.error === null && one.retries === 1 && one.stalledSeconds === 0;
    });
    const { pid } = (await (await get('/status')).json()) as { pid: number };
    process.kill(pid, 'SIGINT');
    expect(await new Promise((resolve) => script.once('close', resolve))).toBe(0);
    const plain = screen.replace(/\u001b\[[\d;]*m/g, '').replaceAll('\r', '');
    expect(screen).not.toBe(plain);
    const lines = plain.trim().split('\n');
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} (INFO |WARN ) /);
    expect(lines.filter((line) => line.includes('WARN'))).toEqual([
      expect.stringMatching(/\[shown\] .*trying again: SOURCE_\w+ .*host=127\.0\.0\.1:\d+ .*→ /),
    ]);
    expect(lines.at(-2)).toContain('Stopping');
    expect(lines.at(-1)).toMatch(/\[shown\] Stopped$/);
  });
});

/** A request by hand; resolves to the answer's first line. */
function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString().split('\r\n', 1)[0] ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** Every sample has a HELP and TYPE above, a legal name, legal labels and a number; none comes twice. */
function expectPrometheus(text: string): void {
  const types = new Map<string, string>();
  const samples = new Set<string>();
  for (const line of text.trim().split('\n')) {
    if (line.startsWith('# HELP ')) continue;
    if (line.startsWith('# TYPE ')) {
      const [, , name = '', type = ''] = line.split(' ');
      types.set(name, type);
      continue;
    }
    const sample = /^([a-z_][a-z0-9_]*)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})?) (\S+)$/.exec(
      line,
    );
    expect(sample, line).not.toBeNull();
    const [name, labels, value] = sample?.slice(1) as [string, string, string];
    expect(name, line).toMatch(/^tailrace_/);
    const family = types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, ''));
    expect(family, line).toMatch(/^(counter|gauge|histogram|summary)$/);
    const isCounter = name.endsWith('_total') && !name.startsWith('tailrace_nodejs');
    if (isCounter) expect(family, line).toBe('counter');
    expect(value, line).toMatch(/^(-?[\d.]+(e[+-]?\d+)?|[+-]Inf|NaN)$/);
    expect(samples.has(name + labels), line).toBe(false);
    samples.add(name + labels);
  }
  expect(samples.size).toBeGreaterThan(20);
}

/** Well formed, with nothing from elsewhere. */
function expectHtml(page: string): void {
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page.trimEnd()).toMatch(/<\/html>$/);
  expect(page).toMatch(/<title>tailrace<\/title>/);
  expect(page).not.toMatch(/https?:\/\/|src=|@import/);
  const body = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '');
  const open: string[] = [];
  for (const [, end, tag = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (end === '/') expect(open.pop()).toBe(tag);
    else if (tag !== 'meta') open.push(tag);
  }
  expect(open).toEqual([]);
  const script = /<script>([\s\S]*)<\/script>/.exec(page)?.[1] ?? '';
  expect(() => new Script(script)).not.toThrow();
}
