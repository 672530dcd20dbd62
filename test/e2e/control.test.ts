import { readdirSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FreezingProxy } from '../support/freezing-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const TOKEN = 'token-of-control';
const NAMES = ['control_a', 'control_b'] as const;
const STATE = 'control_state';

/** Two tasks on real servers, each in a process of its own, asked and steered over HTTP. */
describe('steering over HTTP', () => {
  const source = testServer('src10');
  const target = testServer('dst11');
  let from: Sql;
  let to: Sql;
  let proxy: FreezingProxy;
  let home: Workspace;
  let run: Running;
  let port = 0;

  beforeAll(async () => {
    from = await openSql(source);
    to = await openSql(target);
  });
  afterAll(async () => {
    await from.close();
    await to.close();
  });
  beforeEach(async () => {
    await dropAll();
    for (const name of NAMES) {
      for (const sql of [from, to]) {
        await sql.run(`CREATE DATABASE ${name}`, `CREATE TABLE ${name}.t (id INT PRIMARY KEY)`);
      }
    }
    proxy = await FreezingProxy.start(source.port);
    port = await freePort();
    home = new Workspace();
    home.edit(() => configuration());
    run = startTailrace(['run', '-c', home.config]);
    await ready();
  });
  afterEach(async () => {
    run.child.kill('SIGKILL');
    await run.finished;
    await proxy.close();
    home.remove();
    await dropAll();
  });

  async function dropAll(): Promise<void> {
    for (const name of [...NAMES, STATE]) {
      for (const sql of [from, to]) await sql.run(`DROP DATABASE IF EXISTS ${name}`);
    }
  }

  function configuration(): string {
    const task = (name: string): string => `[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${proxy.port}"]
user = "root"
start = "now"
heartbeat_seconds = 60
[task.filter]
include = ["${name}.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "${STATE}"
`;
    return `[http]
listen = "127.0.0.1:${port}"
token = "${TOKEN}"
stuck_after_seconds = 2
${NAMES.map(task).join('')}`;
  }

  interface Answer {
    readonly status: number;
    readonly text: string;
  }

  async function ask(path: string, init: RequestInit = {}, token = TOKEN): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` };
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { headers, ...init });
    return { status: reply.status, text: await reply.text() };
  }

  const post = (path: string, body?: object, token?: string): Promise<Answer> =>
    ask(path, { method: 'POST', body: JSON.stringify(body ?? {}) }, token);

  async function ready(): Promise<void> {
    await waitFor('all tasks to stream', async () => {
      if (run.child.exitCode !== null) throw new Error(run.stderr());
      return (await ask('/readyz').catch(() => undefined))?.status === 200;
    });
  }

  async function stateIs(name: string, state: string): Promise<void> {
    await waitFor(`${name} to be ${state}`, async () => {
      const { tasks } = JSON.parse((await ask('/status')).text) as {
        tasks: readonly { name: string; state: string }[];
      };
      return tasks.find((one) => one.name === name)?.state === state;
    });
  }

  async function arrives(name: string, id: number): Promise<void> {
    const query = `SELECT COUNT(*) FROM ${name}.t WHERE id = ${id}`;
    await waitFor(`row ${id} of ${name}`, async () => (await to.value(query)) === '1');
  }

  it('pause holds one task, resume lets it go on, skip passes what stopped it and is written down', async () => {
    expect((await post('/tasks/control_a/pause', {}, 'not-it')).status).toBe(401);
    expect((await post('/tasks/nobody/pause')).status).toBe(404);
    expect((await post('/tasks/control_a/pause')).status).toBe(200);
    await stateIs('control_a', 'paused');
    await from.run('INSERT INTO control_a.t VALUES (1)', 'INSERT INTO control_b.t VALUES (1)');
    await arrives('control_b', 1);
    expect(await to.value('SELECT COUNT(*) FROM control_a.t')).toBe('0');
    // On purpose: healthy, not ready.
    const healthy = await ask('/healthz');
    expect(healthy.status).toBe(200);
    expect(healthy.text).toMatch(/^ok \(control_a is paused since \d/);
    expect(await ask('/readyz')).toEqual({ status: 503, text: 'task control_a is paused\n' });
    expect((await post('/tasks/control_a/skip', { reason: 'x' })).status).toBe(409);
    expect((await post('/tasks/control_a/resume')).status).toBe(200);
    await arrives('control_a', 1);

    await to.run('INSERT INTO control_a.t VALUES (2)');
    await from.run('INSERT INTO control_a.t VALUES (2)', 'INSERT INTO control_a.t VALUES (3)');
    await stateIs('control_a', 'failed');
    const failed = await ask('/healthz');
    expect(failed.status).toBe(503);
    expect(failed.text).toMatch(/^task control_a has stopped: TARGET_CONFLICT: /);
    expect((await post('/tasks/control_a/skip')).status).toBe(400);
    const skipped = await post('/tasks/control_a/skip', { reason: 'row 2 was there by hand' });
    expect(skipped.status, skipped.text).toBe(200);
    await arrives('control_a', 3);
    await ready();
    const audit = await to.rows(`SELECT * FROM ${STATE}.tailrace_audit`);
    expect(JSON.stringify(audit)).toContain('row 2 was there by hand');
    const letters = (await ask('/status')).text;
    expect(letters).toMatch(/"deadLetters": \{\s+"count": 1,/);
  });

  it('a stream that stands still while the source goes on is unhealthy, with the reason', async () => {
    await from.run('INSERT INTO control_a.t VALUES (1)');
    await arrives('control_a', 1);
    proxy.freeze();
    await from.run('INSERT INTO control_a.t VALUES (2)');
    let reply: Answer | undefined;
    await waitFor('503', async () => {
      reply = await ask('/healthz');
      return reply.status === 503;
    });
    expect(reply?.text).toMatch(
      /^task control_[ab] has done nothing for \d+ s: the source is at binlog\.\d+:\d+, the stream at binlog\.\d+:\d+/,
    );
    proxy.thaw();
    await arrives('control_a', 2);
    await waitFor('200', async () => (await ask('/healthz')).status === 200);
  });

  it('profiles each process by its task; nobody from elsewhere is answered', async () => {
    const got = async (path: string): Promise<string> => {
      const { status, text } = await ask(path);
      expect(status, text.slice(0, 200)).toBe(200);
      return text;
    };
    expect((await ask('/debug/heap', {}, 'not-it')).status).toBe(401);
    expect((await ask('/debug/heap?task=nobody')).status).toBe(404);
    expect((await ask('/debug/profile?seconds=0.1&task=nobody')).status).toBe(404);
    const profile = JSON.parse(await got('/debug/profile?seconds=0.3&task=control_b')) as object;
    expect(profile).toMatchObject({ nodes: expect.any(Array) as unknown });
    const child = await got('/debug/heap?task=control_b');
    expect(child).toMatch(/^\{"snapshot":\{"meta"/);
    // The process of a task was started for it, and knows no child.
    expect(child).toContain('--supervised');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('tailrace-heap-'))).toEqual([]);
    await ready();

    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal);
    if (elsewhere !== undefined) {
      await expect(fetch(`http://${elsewhere.address}:${port}/healthz`)).rejects.toThrow();
    }
  });
});
