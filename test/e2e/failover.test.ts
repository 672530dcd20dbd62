import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerPair } from '../support/server-pair.ts';
import { testServer, type OwnServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

/** What a failover may take on a machine that has other things to do. */
const LONG = 90_000;

interface Setting {
  readonly name: string;
  readonly kind: '57' | '10';
  readonly target: 'dst57' | 'dst10';
}

describe.each<Setting>([
  { name: 'MySQL 5.7', kind: '57', target: 'dst57' },
  { name: 'MariaDB 10.11', kind: '10', target: 'dst10' },
])('two hosts of a source, $name', ({ kind, target: targetName }) => {
  const database = `e2e_failover_${kind}`;
  let pair: ServerPair;
  let workspace: Workspace;
  let target: Sql;
  let run: Running | undefined;

  beforeEach(async () => {
    pair = await ServerPair.start(kind);
    workspace = new Workspace();
    target = await openSql(testServer(targetName));
    await target.run(
      `DROP DATABASE IF EXISTS ${database}`,
      `DROP DATABASE IF EXISTS tailrace_${database}`,
    );
    workspace.write({
      name: database,
      source: pair.first,
      target: testServer(targetName),
      start: 'now',
      include: [`${database}.*`],
    });
    workspace.edit((text) => text.replace(/hosts = .*/, `hosts = ${pair.hosts}`));
    const begun = await startTailrace(['run', '-c', workspace.config, '--until', 'head']).finished;
    expect(begun.code, begun.stderr).toBe(0);
    const source = await openSql(pair.first);
    await source.run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.log (place VARCHAR(20), n INT)`,
    );
    await source.close();
    run = startTailrace(['run', '-c', workspace.config]);
    await write(pair.first, 'first', 3);
    await hasRows('first', 3);
    await pair.inStep();
  });
  afterEach(async () => {
    run?.child.kill('SIGKILL');
    await target.close();
    pair.destroy();
    workspace.remove();
  });

  async function write(server: OwnServer, place: string, count: number): Promise<void> {
    const sql = await openSql(server);
    for (let n = 0; n < count; n += 1) {
      await sql.run(`INSERT INTO ${database}.log VALUES ('${place}', ${n})`);
    }
    await sql.close();
  }

  async function hasRows(place: string, count: number): Promise<void> {
    const query = `SELECT COUNT(*) FROM ${database}.log WHERE place = '${place}'`;
    const found = (): Promise<number> =>
      target.value(query).then(
        (text) => Number(text),
        () => 0,
      );
    await waitFor(`${count} rows of ${place}`, async () => (await found()) >= count, LONG);
    expect(await found()).toBe(count);
  }

  async function stopCleanly(): Promise<string> {
    run?.child.kill('SIGTERM');
    const finished = await run?.finished;
    expect(finished?.code).toBe(0);
    return finished?.stderr ?? '';
  }

  it('the primary hangs, the replica takes over; when the old one comes back it is left alone', async () => {
    process.kill(pair.first.pid, 'SIGSTOP');
    await (await pair.promote(pair.second)).close();
    await write(pair.second, 'second', 3);
    await hasRows('second', 3);
    process.kill(pair.first.pid, 'SIGCONT');
    await write(pair.second, 'later', 2);
    await hasRows('later', 2);
    // Its rows were never on the server that took over.
    await write(pair.first, 'stale', 1);
    await stopCleanly();
    run = startTailrace(['run', '-c', workspace.config]);
    await write(pair.second, 'restarted', 2);
    await hasRows('restarted', 2);
    expect(await stopCleanly()).toContain('lacks transactions');
    await hasRows('stale', 0);
    await hasRows('first', 3);
    await hasRows('second', 3);
  });

  it.runIf(kind === '57')(
    'the primary is made read-only and goes on sending heartbeats: the new primary is taken',
    async () => {
      const old = await openSql(pair.first);
      await old.run('SET GLOBAL read_only = 1');
      await old.close();
      await (await pair.promote(pair.second)).close();
      await write(pair.second, 'second', 3);
      await hasRows('second', 3);
      expect(await stopCleanly()).toContain('SOURCE_FAILOVER');
    },
  );

  it.runIf(kind === '57')(
    'a host that wrote for itself before it had everything is refused by name',
    async () => {
      const replica = await openSql(pair.second);
      await replica.run(`INSERT INTO ${database}.log VALUES ('errant', 1)`);
      await replica.close();
      await write(pair.first, 'more', 2);
      await hasRows('more', 2);
      await waitForReplica('more', 2);
      pair.first.stop();
      const refused = `127.0.0.1:${pair.second.port} wrote transactions of its own`;
      await waitFor('the refusal', () => run?.stderr().includes(refused) === true, LONG);
      await hasRows('errant', 0);
    },
  );

  async function waitForReplica(place: string, count: number): Promise<void> {
    const sql = await openSql(pair.second);
    const query = `SELECT COUNT(*) FROM ${database}.log WHERE place = '${place}'`;
    await waitFor('the replica', async () => Number(await sql.value(query)) === count);
    await sql.close();
  }

  it('a host that lacks what was read is refused by name, and the first one is taken when it is back', async () => {
    const replica = await openSql(pair.second);
    await replica.run('STOP SLAVE');
    await replica.close();
    await write(pair.first, 'lost', 2);
    await hasRows('lost', 2);
    pair.first.stop();
    await waitFor('the refusal', () => run?.stderr().includes('lacks transactions') === true, LONG);
    pair.first.start();
    await write(pair.first, 'again', 2);
    await hasRows('again', 2);
    await hasRows('lost', 2);
  });
});

describe('two hosts of a target', () => {
  const database = 'e2e_failover_target';
  let pair: ServerPair;
  let workspace: Workspace;
  let source: Sql;
  let run: Running | undefined;

  beforeEach(async () => {
    pair = await ServerPair.start('57');
    workspace = new Workspace();
    source = await openSql(testServer('src57'));
    await source.run(`DROP DATABASE IF EXISTS ${database}`);
    workspace.write({
      name: database,
      source: testServer('src57'),
      target: pair.first,
      start: 'now',
      include: [`${database}.*`],
    });
    workspace.edit((text) =>
      text.replace(`hosts = ["127.0.0.1:${pair.first.port}"]`, `hosts = ${pair.hosts}`),
    );
    const begun = await startTailrace(['run', '-c', workspace.config, '--until', 'head']).finished;
    expect(begun.code, begun.stderr).toBe(0);
    await source.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.log (n INT)`);
    run = startTailrace(['run', '-c', workspace.config]);
    await source.run(`INSERT INTO ${database}.log VALUES (1), (2)`);
    await hasRows(pair.first, 2);
    await pair.inStep();
  });
  afterEach(async () => {
    run?.child.kill('SIGKILL');
    await source.run(`DROP DATABASE IF EXISTS ${database}`);
    await source.close();
    pair.destroy();
    workspace.remove();
  });

  async function hasRows(server: OwnServer, count: number): Promise<void> {
    const sql = await openSql(server);
    const found = (): Promise<number> =>
      sql.value(`SELECT COUNT(*) FROM ${database}.log`).then(
        (text) => Number(text),
        () => 0,
      );
    await waitFor(`${count} rows`, async () => (await found()) >= count, LONG);
    expect(await found()).toBe(count);
    await sql.close();
  }

  it('the one that was promoted goes on exactly; the old one is refused by name when it comes back alone', async () => {
    pair.first.stop();
    await (await pair.promote(pair.second)).close();
    await source.run(`INSERT INTO ${database}.log VALUES (3), (4)`);
    await hasRows(pair.second, 4);
    const back = pair.first.start();
    await source.run(`INSERT INTO ${database}.log VALUES (5)`);
    await hasRows(pair.second, 5);
    run?.child.kill('SIGTERM');
    await run?.finished;
    pair.second.stop();
    run = startTailrace(['run', '-c', workspace.config]);
    await source.run(`INSERT INTO ${database}.log VALUES (6)`);
    await waitFor(
      'the refusal',
      () => run?.stderr().includes('has the checkpoint of') === true,
      LONG,
    );
    await hasRows(back, 2);
    pair.second.start();
    await hasRows(pair.second, 6);
  });
});
