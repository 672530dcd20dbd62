import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const NAMES = ['one', 'two', 'three'] as const;
const TOKEN = 'token-of-several-tasks';

interface ShownTask {
  readonly name: string;
  readonly state: string;
  readonly error: { readonly code: string } | null;
}

describe('several tasks in one file', () => {
  const source = testServer('src57');
  const target = testServer('dst57');
  let workspace: Workspace;
  let sql: { source: Sql; target: Sql };
  let port = 0;
  let run: Running | undefined;

  beforeEach(async () => {
    workspace = new Workspace();
    port = await freePort();
    sql = { source: await openSql(source), target: await openSql(target) };
    for (const name of NAMES) {
      const database = `e2e_several_${name}`;
      await sql.target.run(
        `DROP DATABASE IF EXISTS ${database}`,
        `DROP DATABASE IF EXISTS tailrace_${name}`,
      );
      await sql.source.run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
      await sql.target.run(`CREATE DATABASE ${database}`);
      const table = `${database}.t (id INT PRIMARY KEY, n INT)`;
      await sql.source.run(`CREATE TABLE ${table}`);
      await sql.target.run(`CREATE TABLE ${table}`);
    }
    writeFileSync(workspace.config, configuration());
    const begun = await startTailrace(['run', '-c', workspace.config, '--until', 'head']).finished;
    expect(begun.code, begun.stderr).toBe(0);
  });
  afterEach(async () => {
    run?.child.kill('SIGTERM');
    await run?.finished;
    for (const name of NAMES) {
      await sql.source.run(`DROP DATABASE IF EXISTS e2e_several_${name}`);
      await sql.target.run(
        `DROP DATABASE IF EXISTS e2e_several_${name}`,
        `DROP DATABASE IF EXISTS tailrace_${name}`,
      );
    }
    await sql.source.close();
    await sql.target.close();
    workspace.remove();
  });

  function configuration(): string {
    const tasks = NAMES.map(
      (name) => `[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
start = "now"
heartbeat_seconds = 1
[task.filter]
include = ["e2e_several_${name}.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "tailrace_${name}"
`,
    );
    return `[http]\nlisten = "127.0.0.1:${port}"\ntoken = "${TOKEN}"\n${tasks.join('')}`;
  }

  async function tasks(): Promise<readonly ShownTask[]> {
    try {
      const reply = await fetch(`http://127.0.0.1:${port}/status`);
      return ((await reply.json()) as { tasks: ShownTask[] }).tasks;
    } catch {
      return [];
    }
  }

  async function taskIs(name: string, state: string): Promise<ShownTask | undefined> {
    let found: ShownTask | undefined;
    await waitFor(`${name} to be ${state}`, async () => {
      found = (await tasks()).find((one) => one.name === name);
      return found?.state === state;
    });
    return found;
  }

  async function post(path: string): Promise<number> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers });
    return reply.status;
  }

  async function arrives(name: string, id: number): Promise<void> {
    await sql.source.run(`INSERT INTO e2e_several_${name}.t VALUES (${id}, 1)`);
    const query = `SELECT COUNT(*) FROM e2e_several_${name}.t WHERE id = ${id}`;
    await waitFor(`row ${id} of ${name}`, async () => (await sql.target.value(query)) === '1');
  }

  it('one that is refused and one that crashes disturb no other; all end with one signal', async () => {
    run = startTailrace(['run', '-c', workspace.config]);
    for (const name of NAMES) await taskIs(name, 'streaming');
    for (const name of NAMES) await arrives(name, 1);

    await sql.target.run('DROP TABLE e2e_several_one.t');
    await sql.source.run('INSERT INTO e2e_several_one.t VALUES (2, 1)');
    expect((await taskIs('one', 'failed'))?.error?.code).toBe('TARGET_TABLE_MISSING');
    await arrives('two', 2);

    const [victim] = childrenOf(run.child.pid ?? 0, 'two');
    expect(victim).toBeGreaterThan(0);
    process.kill(victim ?? 0, 'SIGKILL');
    await waitFor('the news', () => run?.stderr().includes('TASK_CRASHED') === true);
    await arrives('three', 2);
    await arrives('two', 3);

    await sql.target.run('CREATE TABLE e2e_several_one.t (id INT PRIMARY KEY, n INT)');
    expect(await post('/tasks/one/resume')).toBe(200);
    await taskIs('one', 'streaming');
    await arrives('one', 3);

    expect(await post('/tasks/three/pause')).toBe(200);
    await taskIs('three', 'paused');
    expect(await post('/tasks/three/resume')).toBe(200);
    await arrives('three', 3);

    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const name of NAMES) expect(metrics).toContain(`task="${name}"`);

    run.child.kill('SIGTERM');
    expect((await run.finished).code).toBe(0);
    for (const name of NAMES) expect(childrenOf(run.child.pid ?? 0, name)).toEqual([]);
  });

  it('without the supervisor the tasks end too, and are free for the next one', async () => {
    run = startTailrace(['run', '-c', workspace.config]);
    for (const name of NAMES) await taskIs(name, 'streaming');
    run.child.kill('SIGKILL');
    await run.finished;
    run = startTailrace(['run', '-c', workspace.config]);
    for (const name of NAMES) await taskIs(name, 'streaming');
    for (const name of NAMES) await arrives(name, 5);
  });

  it('ends with the code of the first that was refused', async () => {
    await sql.target.run('DROP TABLE e2e_several_two.t');
    await sql.source.run('INSERT INTO e2e_several_two.t VALUES (9, 1)');
    const { code } = await startTailrace(['run', '-c', workspace.config, '--until', 'head'])
      .finished;
    expect(code).toBe(5);
  });
});

/** Processes of one task of this file, by their command line. */
function childrenOf(parent: number, task: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const ppid = Number(
          /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
        );
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return ppid === parent && args.includes('--supervised') && args.includes(task);
      } catch {
        return false;
      }
    });
}
