import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestBroker, type ReadMessage } from '../support/kafka-broker.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

let broker: TestBroker;
let source: Sql;
const running = new Set<Running>();
const workspaces: Workspace[] = [];
const databases: string[] = [];
let tasks = 0;

beforeAll(async () => {
  broker = new TestBroker();
  source = await openSql(testServer('src57'));
});

afterEach(async () => {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
  // What a failed test left down would fail all behind it.
  broker.start();
});

afterAll(async () => {
  for (const database of databases) await source.run(`DROP DATABASE IF EXISTS ${database}`);
  for (const workspace of workspaces) workspace.remove();
  await source.close();
  broker.destroy();
});

/**
 * A database, topics and a task of its own, also when a test is tried again; starts where the source stands now.
 */
async function prepare(name: string, kafkaLines = '', more: { target?: boolean } = {}) {
  const number = ++tasks;
  const database = `produce_${process.pid}_${number}_${name}`;
  databases.push(database);
  await source.run(`CREATE DATABASE ${database}`);
  await source.run(
    `CREATE TABLE ${database}.t (id INT PRIMARY KEY, n INT NOT NULL, note VARCHAR(3000))`,
  );
  const start = await source.value('SELECT @@global.gtid_executed');
  const workspace = new Workspace();
  workspaces.push(workspace);
  workspace.write({
    source: testServer('src57'),
    ...(more.target === true ? { target: testServer('dst10') } : {}),
    name: `p${process.pid}-${number}-${name.replaceAll('_', '-')}`,
    start: (start ?? '').replaceAll('\n', ''),
    include: [`${database}.*`],
    tail: `[task.kafka]\nbrokers = ["${broker.bootstrap}"]\n${kafkaLines}`,
  });
  return { database, workspace, topics: new RegExp(`^(?:tailrace\\.)?${database}\\.`) };
}

function start(workspace: Workspace, command = 'produce'): Running {
  const run = startTailrace([command, '-c', workspace.config]);
  running.add(run);
  return run;
}

async function catchUp(workspace: Workspace, command = 'produce'): Promise<void> {
  const { code, stderr } = await runTailrace([command, '-c', workspace.config, '--until', 'head']);
  expect(code, stderr).toBe(0);
}

/** Rows whose `n` goes up with each change; every transaction changes two of them. */
async function load(sql: Sql, database: string, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const ids = [i % 17, 17 + (i % 5)];
    const values = ids.map((id) => `(${id}, ${i}, 'round ${i}')`).join(',');
    await sql.run(
      `INSERT INTO ${database}.t VALUES ${values} ON DUPLICATE KEY UPDATE n = VALUES(n), note = VALUES(note)`,
    );
  }
}

function residentMb({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** What a transaction and its messages are known by. */
function identity({ headers }: ReadMessage): string {
  const [part = ''] = (headers['tailrace-part'] ?? '').split('/');
  return `${headers['tailrace-seq'] ?? ''}:${part}`;
}

/** Repeats apart: `n` of a key never goes down, and nothing is missing. */
function expectWhole(messages: readonly ReadMessage[], count: number): void {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const message of messages) {
    const id = identity(message);
    if (seen.has(id)) continue;
    seen.add(id);
    const { n } = (JSON.parse(message.value ?? '') as { data: { n: number } }).data;
    expect(n).toBeGreaterThan(last.get(message.key ?? '') ?? -1);
    last.set(message.key ?? '', n);
  }
  expect(seen.size).toBe(count * 2);
}

describe('produce', () => {
  it.each(['maxwell', 'canal', 'debezium'] as const)(
    'publishes what tail prints: %s',
    async (format) => {
      const { database, workspace, topics } = await prepare(
        `same_${format}`,
        `format = "${format}"`,
      );
      await source.run(
        `INSERT INTO ${database}.t VALUES (1, 1, 'é "quoted" \\n'), (2, 2, NULL)`,
        `UPDATE ${database}.t SET n = 3 WHERE id = 1`,
        `UPDATE ${database}.t SET id = 7 WHERE id = 1`,
        `DELETE FROM ${database}.t WHERE id = 2`,
      );
      await catchUp(workspace);
      const from = /start = "([^"]+)"/.exec(workspace.text())?.[1] ?? '';
      const { stdout } = await runTailrace(
        `tail -c ${workspace.config} --format ${format} --keys --until head --from`
          .split(' ')
          .concat(from),
      );
      const lines = stdout.trim().split('\n');
      const printed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const read = (await broker.read(topics))
        .filter(({ value }) => value !== null)
        .map(({ key, value }) => ({
          key: key === null ? null : (JSON.parse(key) as unknown),
          value: JSON.parse(value ?? '') as Record<string, unknown>,
        }));
      const bySeq = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));
      const timeless = ({ key, value }: Record<string, unknown>) => ({
        key,
        value: { ...(value as object), ts: 0, ts_ms: 0, ts_us: 0, ts_ns: 0 },
      });
      expect(read.map(timeless).sort(bySeq)).toEqual(printed.map(timeless).sort(bySeq));
    },
  );

  it('sends each message once and in order per key, whatever is killed, with exactly_once', async () => {
    const { database, workspace, topics } = await prepare('once', 'delivery = "exactly_once"');
    const loader = await openSql(testServer('src57'));
    const count = 1500;
    const loading = load(loader, database, count);
    for (let kills = 0; kills < 4; kills++) {
      const run = start(workspace);
      await new Promise((resolve) => setTimeout(resolve, 1500 + Math.random() * 2000));
      run.child.kill('SIGKILL');
      await run.finished;
    }
    await loading;
    await loader.close();
    await catchUp(workspace);
    const messages = await broker.read(topics);
    expectWhole(messages, count);
    expect(new Set(messages.map(identity)).size).toBe(messages.length);
  });

  it('loses nothing when it is killed, at least once', async () => {
    const { database, workspace, topics } = await prepare('atleast');
    const loading = load(source, database, 600);
    for (let kills = 0; kills < 3; kills++) {
      const run = start(workspace);
      await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 1500));
      run.child.kill('SIGKILL');
      await run.finished;
    }
    await loading;
    await catchUp(workspace);
    expectWhole(await broker.read(topics), 600);
  });

  it('waits for a broker that was killed, and repeats nothing', async () => {
    const { database, workspace, topics } = await prepare('broker');
    await source.run(
      `CREATE TABLE ${database}.big (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(3000))`,
    );
    const dumps = () =>
      source.value(
        `SELECT GROUP_CONCAT(ID ORDER BY ID) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`,
      );
    const run = start(workspace);
    await load(source, database, 100);
    const connections = await dumps();
    await broker.kill();
    await load(source, database, 200, 100);
    await waitFor('the task says that it waits', () => run.stderr().includes('trying again'));
    // Far more than may wait in memory: the source is paused, and stays connected.
    const rows = Array.from({ length: 200 }, () => "(REPEAT('x', 2900))").join(',');
    for (let i = 0; i < 100; i++) {
      await source.run(`INSERT INTO ${database}.big (note) VALUES ${rows}`);
    }
    expect(await dumps()).toBe(connections);
    expect(residentMb(run)).toBeLessThan(400);
    broker.start();
    run.child.kill('SIGTERM');
    expect((await run.finished).code).toBe(0);
    await catchUp(workspace);
    const messages = await broker.read(topics);
    expect(new Set(messages.map(identity)).size).toBe(messages.length);
    const isBig = ({ topic }: ReadMessage) => topic === `${database}.big`;
    expectWhole(
      messages.filter((message) => !isBig(message)),
      300,
    );
    expect(messages.filter(isBig)).toHaveLength(20_000);
  });

  it('sends a backlog of large transactions whole, in few batches', async () => {
    const { database, workspace, topics } = await prepare('backlog');
    for (let i = 0; i < 12; i++) {
      const rows = Array.from(
        { length: 500 },
        (_, row) => `(${i * 500 + row}, ${i}, REPEAT('x', 900))`,
      );
      await source.run(`INSERT INTO ${database}.t VALUES ${rows.join(',')}`);
    }
    await catchUp(workspace);
    const messages = await broker.read(topics);
    const keys = messages.map(({ key }) => (JSON.parse(key ?? '') as { 'pk.id': number })['pk.id']);
    expect(keys).toEqual(Array.from({ length: 6000 }, (_, id) => id));
    expect(messages.filter(({ headers }) => headers['tailrace-part'] === '500/500')).toHaveLength(
      12,
    );
  });

  it('goes on from Kafka when the state file is lost', async () => {
    const { database, workspace, topics } = await prepare('lost');
    await load(source, database, 20);
    await catchUp(workspace);
    rmSync(join(workspace.dir, 'state'), { recursive: true });
    await load(source, database, 20, 20);
    await catchUp(workspace);
    const messages = await broker.read(topics);
    expect(new Set(messages.map(identity)).size).toBe(80);
    expect(messages).toHaveLength(80);
  });

  it('is fenced by another process on another machine, with exit code 7', async () => {
    const { database, workspace } = await prepare('fence', 'delivery = "exactly_once"');
    const first = start(workspace);
    await waitFor('the first publishes', () => first.stderr().includes('beginning here'));
    const other = new Workspace();
    workspaces.push(other);
    other.edit(() => workspace.text());
    const second = start(other);
    // Where the first has not stored a position yet the second begins where the file says.
    await waitFor('the second publishes', () => /Going on|beginning here/.test(second.stderr()));
    await load(source, database, 3);
    const { code, stderr } = await first.finished;
    expect(code, stderr).toBe(7);
    expect(stderr).toContain('TASK_LOCKED');
    second.child.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
  });

  it('keeps a prepared transaction in Kafka: it is sent when it is committed, from another machine', async () => {
    const { database, workspace, topics } = await prepare('xa', 'delivery = "exactly_once"');
    const xid = `'${database}'`;
    const session = await openSql(testServer('src57'));
    await session.run(
      `XA START ${xid}`,
      `INSERT INTO ${database}.t VALUES (1, 1, 'prepared')`,
      `XA END ${xid}`,
      `XA PREPARE ${xid}`,
    );
    await session.close();
    await source.run(`INSERT INTO ${database}.t VALUES (2, 2, 'behind it')`);
    await catchUp(workspace);
    const ids = async (): Promise<number[]> =>
      (await broker.read(topics)).map(
        ({ value }) => (JSON.parse(value ?? '') as { data: { id: number } }).data.id,
      );
    expect(await ids()).toEqual([2]);
    const other = new Workspace();
    workspaces.push(other);
    other.edit(() => workspace.text());
    await waitFor('the server to know that the session ended', async () => {
      try {
        await source.run(`XA COMMIT ${xid}`);
        return true;
      } catch {
        return false;
      }
    });
    await catchUp(other);
    expect((await ids()).sort()).toEqual([1, 2]);
  });

  it('measures messages before it sends them', async () => {
    const { database, workspace, topics } = await prepare('large');
    const admin = broker.kafka.admin();
    await admin.connect();
    const topic = `${database}.t`;
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] });
    await source.run(
      `INSERT INTO ${database}.t VALUES (1, 1, 'small')`,
      `INSERT INTO ${database}.t VALUES (2, 2, REPEAT('x', 3000))`,
      `INSERT INTO ${database}.t VALUES (3, 3, 'small')`,
    );
    const stopped = await runTailrace(['produce', '-c', workspace.config, '--until', 'head']);
    expect(stopped.code, stopped.stderr).toBe(6);
    expect(stopped.stderr).toContain('KAFKA_MESSAGE_TOO_LARGE');
    expect(stopped.stderr).toContain(`${database}.t`);
    const dead = `dead-${database}`;
    const put = `oversize = "dead_letter"\ndead_letter_topic = "${dead}"`;
    workspace.edit((text) => `${text}\n${put}\n`);
    await catchUp(workspace);
    const [letter, ...more] = await broker.read(new RegExp(`^${dead}$`));
    expect(more).toEqual([]);
    expect(letter?.key).toContain('"pk.id":2');
    expect(JSON.parse(letter?.value ?? '')).toMatchObject({
      database,
      table: 't',
      type: 'insert',
      reason: 'RecordTooLargeException',
      data: { id: 2 },
    });
    const ids = (await broker.read(topics)).map(({ key }) => key);
    expect(ids.map((key) => (JSON.parse(key ?? '') as { 'pk.id': number })['pk.id'])).toEqual([
      1, 3,
    ]);
    const letters = async (): Promise<{ id: number; code: string }[]> => {
      const { stdout } = await runTailrace(
        `deadletter list --json -c ${workspace.config}`.split(' '),
      );
      return (JSON.parse(stdout) as { deadLetters: { id: number; code: string }[] }).deadLetters;
    };
    expect(await letters()).toMatchObject([{ code: 'KAFKA_MESSAGE_TOO_LARGE' }]);
    const tooLarge = await runTailrace(`deadletter retry 1 -c ${workspace.config}`.split(' '));
    expect(tooLarge.code).toBe(6);
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: '100000' }],
        },
      ],
    });
    await admin.disconnect();
    const retried = await runTailrace(`deadletter retry 1 -c ${workspace.config}`.split(' '));
    expect(retried.code, retried.stderr).toBe(0);
    expect(await letters()).toEqual([]);
    expect(await broker.read(topics)).toHaveLength(3);
  });

  it('publishes from run too, each sink at its own mark', async () => {
    const { database, workspace, topics } = await prepare('both', '', { target: true });
    const target = await openSql(testServer('dst10'));
    await target.run(`CREATE DATABASE ${database}`);
    await target.run(`CREATE TABLE ${database}.t (id INT PRIMARY KEY, n INT, note VARCHAR(3000))`);
    const loading = load(source, database, 500);
    for (let kills = 0; kills < 2; kills++) {
      const run = start(workspace, 'run');
      await new Promise((resolve) => setTimeout(resolve, 1500 + Math.random() * 1500));
      run.child.kill('SIGKILL');
      await run.finished;
    }
    await loading;
    await catchUp(workspace, 'run');
    const sums = `SELECT CONCAT(COUNT(*), '/', SUM(n)) FROM ${database}.t`;
    expect(await target.value(sums)).toBe(await source.value(sums));
    // A copy would move the target's mark past what Kafka gets next.
    const copy = await runTailrace(['snapshot', '--restart', '-c', workspace.config]);
    expect(copy.stderr).toContain('would pass over what comes next for Kafka');
    expectWhole(await broker.read(topics), 500);
    await target.run(`DROP DATABASE ${database}`);
    await target.close();
  });

  it('goes on from the target when Kafka and this machine have lost where publishing was', async () => {
    const { database, workspace, topics } = await prepare('sides', '', { target: true });
    const task = /^name = "([^"]+)"$/m.exec(workspace.text())?.[1] ?? '';
    const state = `tailrace_${task.replaceAll('-', '_')}`;
    const target = await openSql(testServer('dst10'));
    await target.run(`CREATE DATABASE ${database}`);
    await target.run(`CREATE TABLE ${database}.t (id INT PRIMARY KEY, n INT, note VARCHAR(3000))`);
    const mark = `${state}.tailrace_checkpoint`;
    const seqOf = (name: string) => target.value(`SELECT seq FROM ${mark} WHERE task='${name}'`);
    await load(source, database, 10);
    await catchUp(workspace, 'run');
    expect(await seqOf(`${task}/kafka`)).toBe(await seqOf(task));
    const row = `SELECT seq, position FROM ${mark} WHERE task='${task}/kafka'`;
    await target.run(`CREATE TABLE ${database}.earlier AS ${row}`);
    await load(source, database, 10, 10);
    await catchUp(workspace, 'run');
    // As if Kafka had been slower than the target by ten transactions.
    await target.run(
      `UPDATE ${mark} m, ${database}.earlier e SET m.seq=e.seq, m.position=e.position WHERE m.task='${task}/kafka'`,
    );
    rmSync(join(workspace.dir, 'state'), { recursive: true });
    await broker.withAdmin((admin) => admin.deleteTopics({ topics: [`__tailrace_state_${task}`] }));
    await catchUp(workspace, 'run');
    const messages = await broker.read(topics);
    expectWhole(messages, 20);
    expect(messages).toHaveLength(60);
    const sums = `SELECT CONCAT(COUNT(*), '/', SUM(n)) FROM ${database}.t`;
    expect(await target.value(sums)).toBe(await source.value(sums));
    await target.run(`DROP DATABASE ${database}`);
    await target.close();
  });
});
