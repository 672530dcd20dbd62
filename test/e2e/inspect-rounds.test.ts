import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const DATABASE = 'e2e_inspect_rounds';

interface Told {
  readonly task: string;
  readonly state: string;
  readonly differences: readonly { readonly table: string; readonly key: string }[];
}

describe('strategies = ["stream", "inspect"]', () => {
  const workspace = new Workspace();
  const told = `${workspace.dir}/told.jsonl`;
  const posted: Told[] = [];
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      posted.push(JSON.parse(body) as Told);
      response.end();
    });
  });
  const ends = { source: testServer('src10'), target: testServer('dst11') };
  let source: Sql;
  let target: Sql;
  let running: Running;

  beforeAll(async () => {
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const { port } = hook.address() as AddressInfo;
    source = await openSql(ends.source);
    target = await openSql(ends.target);
    for (const end of [source, target]) await end.run(`DROP DATABASE IF EXISTS ${DATABASE}`);
    await target.run(`DROP DATABASE IF EXISTS tailrace_${DATABASE}`);
    workspace.write({
      ...ends,
      name: DATABASE,
      start: 'now',
      include: [`${DATABASE}.*`],
      tail: `[task.inspect]
every_seconds = 3
quick_every_seconds = 1
alarm_after = 2
webhook = "http://127.0.0.1:${port}/alarm"
on_alarm = ["/bin/sh", "-c", "cat >> ${told}"]
`,
    });
    workspace.edit((text) =>
      text.replace('[[task]]\n', '[[task]]\nstrategies = ["stream", "inspect"]\n'),
    );
    running = startTailrace(['run', '-c', workspace.config]);
    await waitFor('the stream', () => /beginning here/.test(running.stderr()), 30_000);
    await source.run(
      `CREATE DATABASE ${DATABASE}`,
      `CREATE TABLE ${DATABASE}.t (id INT PRIMARY KEY, v INT)`,
      `INSERT INTO ${DATABASE}.t VALUES (1, 1), (2, 2), (3, 3)`,
    );
    await waitFor('the rows', () => has(3), 30_000);
  }, 90_000);

  afterAll(async () => {
    running.child.kill('SIGKILL');
    hook.close();
    for (const end of [source, target]) {
      await end.run(`DROP DATABASE IF EXISTS ${DATABASE}`);
      await end.close();
    }
    workspace.remove();
  });

  const has = async (id: number): Promise<boolean> =>
    (await target.value(`SELECT id FROM ${DATABASE}.t WHERE id = ${id}`).catch(() => null)) !==
    null;
  const toldTo = (state: string): readonly Told[] =>
    (existsSync(told) ? readFileSync(told, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
      .filter((message) => message.state === state);

  /** Without a page, a process writes down now and then what it does. */
  const alarmsInStatus = async (): Promise<number | undefined> => {
    const { stdout } = await runTailrace(['status', '--json', '-c', workspace.config]);
    const { tasks } = JSON.parse(stdout) as { tasks: { inspection: { alarms: number } | null }[] };
    return tasks[0]?.inspection?.alarms;
  };

  it(
    'a difference that stays is an alarm, and is over when it is gone',
    { timeout: 90_000 },
    async () => {
      await target.run(`UPDATE ${DATABASE}.t SET v = 99 WHERE id = 2`);
      await waitFor('the alarm', () => toldTo('alarm').length > 0 && posted.length > 0, 60_000);
      const [alarm] = toldTo('alarm');
      expect(alarm?.task).toBe(DATABASE);
      expect(alarm?.differences.map(({ table, key }) => [table, key])).toEqual([
        [`${DATABASE}.t`, 'id=2'],
      ]);
      expect(posted[0]).toEqual(alarm);
      await waitFor('status to tell it', async () => (await alarmsInStatus()) === 1, 30_000);

      await target.run(`UPDATE ${DATABASE}.t SET v = 2 WHERE id = 2`);
      await waitFor('its end', () => toldTo('resolved').length > 0, 60_000);
      // Once, however many rounds saw it.
      expect(toldTo('alarm')).toHaveLength(1);
      running.child.kill('SIGTERM');
      expect((await running.finished).code).toBe(0);
    },
  );
});
