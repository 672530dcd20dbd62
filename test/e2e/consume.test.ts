import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestBroker } from '../support/kafka-broker.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const source = testServer('src57');
const target = testServer('dst10');
let broker: TestBroker;
let from: Sql;
let to: Sql;
let workspace: Workspace;
let task = 0;
const databases: string[] = [];
const running = new Set<Running>();

beforeAll(async () => {
  broker = new TestBroker();
  from = await openSql(source);
  to = await openSql(target);
}, 180_000);

afterAll(async () => {
  for (const database of databases) {
    await from.run(`DROP DATABASE IF EXISTS ${database}`);
    await to.run(
      `DROP DATABASE IF EXISTS ${database}`,
      `DROP DATABASE IF EXISTS tailrace_${database}`,
    );
  }
  await from.close();
  await to.close();
  broker.destroy();
});

afterEach(async () => {
  for (const run of running) {
    run.child.kill('SIGKILL');
    await run.finished;
  }
  running.clear();
  // What a failed test left down would fail all behind it.
  broker.start();
  workspace.remove();
});

function start(...args: string[]): Running {
  const run = startTailrace([...args, '-c', workspace.config]);
  running.add(run);
  return run;
}

/** A task with names of its own: topics, group, databases. */
function newTask(kafkaLines: string, more = ''): { name: string; database: string } {
  const name = `c${process.pid}-${++task}`;
  const database = name.replace('-', '_');
  databases.push(database);
  workspace = new Workspace();
  writeFileSync(
    workspace.config,
    `state_dir = "./state"
[http]
listen = ""
[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
password = ""
start = "now"
[task.filter]
include = ["${database}.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
password = ""
state_database = "tailrace_${database}"
${more}
[task.kafka]
brokers = ["${broker.bootstrap}"]
${kafkaLines}
`,
  );
  return { name, database };
}

const consume = (...args: string[]) =>
  runTailrace(['consume', '-c', workspace.config, '--until', 'head', ...args]);
const produce = (...args: string[]) =>
  runTailrace(['produce', '-c', workspace.config, '--until', 'head', ...args]);

async function content(sql: Sql, database: string, table: string): Promise<string> {
  return JSON.stringify(await sql.rows(`SELECT * FROM ${database}.${table} ORDER BY 1, 2`));
}

const USERS = 'id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(80), UNIQUE KEY mail (mail)';

describe('what tailrace produced', () => {
  it('arrives whole though consumers come, go and are killed while it does', async () => {
    const { database } = newTask(
      `partition_by = "primary_key"
topic_partitions = 4
split_key_changes = true
cross_partition_wait_seconds = 60`,
    );
    for (const sql of [from, to]) {
      await sql.run(
        `CREATE DATABASE ${database}`,
        `CREATE TABLE ${database}.t (id INT PRIMARY KEY, v INT, u INT, x VARCHAR(100), UNIQUE KEY (u))`,
        `CREATE TABLE ${database}.keyless (v INT, w VARCHAR(20))`,
      );
    }
    // Where the producer begins.
    expect((await produce('--from', 'now')).code).toBe(0);
    const consumers: Running[] = [];
    const begin = (): void => {
      consumers.push(start('consume'));
    };
    const producer = start('produce');
    begin();
    begin();
    for (let round = 0; round < 30; round++) {
      const first = round * 200;
      const rows = Array.from({ length: 200 }, (_, i) => {
        const id = first + i;
        return `(${id},${round},${id},REPEAT('x', ${id % 90}))`;
      });
      await from.run(
        `INSERT INTO ${database}.t VALUES ${rows.join(',')}`,
        `INSERT INTO ${database}.keyless VALUES (${round}, 'a'), (${round}, 'a'), (1, 'b')`,
        `UPDATE ${database}.t SET v = v + 1 WHERE id % 7 = ${round % 7}`,
        `DELETE FROM ${database}.t WHERE id % 50 = ${round % 50}`,
        `DELETE FROM ${database}.keyless WHERE v = 1 LIMIT 1`,
        `UPDATE ${database}.t SET id = id + 1000000 WHERE id = ${first + 60}`,
      );
      if (round % 10 === 4) consumers.shift()?.child.kill('SIGKILL');
      if (round % 10 === 7) begin();
    }
    for (const table of ['t', 'keyless']) {
      const wanted = await content(from, database, table);
      await waitFor(
        `${table} to be equal`,
        async () => (await content(to, database, table)) === wanted,
        120_000,
      );
    }
    for (const { child } of [producer, ...consumers]) child.kill('SIGTERM');
    const ends = await Promise.all([producer, ...consumers].map(({ finished }) => finished));
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0));
  });

  it('arrives whole though the broker is killed while two processes apply it', async () => {
    const { database } = newTask(
      'delivery = "exactly_once"\npartition_by = "primary_key"\ntopic_partitions = 4',
    );
    for (const sql of [from, to]) {
      await sql.run(
        `CREATE DATABASE ${database}`,
        // JSON of MySQL is a text of MariaDB: it has to be the same one.
        `CREATE TABLE ${database}.t (id INT PRIMARY KEY AUTO_INCREMENT, x VARCHAR(100), doc JSON)`,
      );
    }
    expect((await produce('--from', 'now')).code).toBe(0);
    const row = `(REPEAT('x', 90), '{"b": [1, 2.0, "x, y"], "a": null}')`;
    const rows = Array.from({ length: 500 }, () => row).join(',');
    for (let i = 0; i < 60; i++) {
      await from.run(`INSERT INTO ${database}.t (x, doc) VALUES ${rows}`);
    }
    expect((await produce()).code).toBe(0);
    const consumers = [1, 2].map(() => start('consume'));
    const arrived = async () => Number(await to.value(`SELECT COUNT(*) FROM ${database}.t`));
    await waitFor('the first rows', async () => (await arrived()) > 0);
    await broker.kill();
    broker.start();
    await waitFor('all rows', async () => (await arrived()) === 30_000, 120_000);
    for (const { child } of consumers) child.kill('SIGTERM');
    const ends = await Promise.all(consumers.map(({ finished }) => finished));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await content(to, database, 't')).toBe(await content(from, database, 't'));
  });

  it('is applied once when the offsets say otherwise', async () => {
    const { database, name } = newTask('topic_partitions = 1');
    for (const sql of [from, to]) {
      await sql.run(
        `CREATE DATABASE ${database}`,
        `CREATE TABLE ${database}.keyless (v INT, w VARCHAR(20))`,
      );
    }
    expect((await produce('--from', 'now')).code).toBe(0);
    await from.run(`INSERT INTO ${database}.keyless VALUES (1, 'a'), (1, 'a')`);
    expect((await produce()).code).toBe(0);
    expect((await consume()).code).toBe(0);
    // The messages come again, as after a send whose answer was lost.
    await to.run(
      `UPDATE tailrace_${database}.tailrace_partition SET next_offset = 0 WHERE task = '${name}'`,
    );
    expect((await consume()).code).toBe(0);
    expect(await to.value(`SELECT COUNT(*) FROM ${database}.keyless`)).toBe('2');
  });

  it('loses nothing when the producer has lost its state and counts anew', async () => {
    const { database, name } = newTask('topic_partitions = 1');
    for (const sql of [from, to]) {
      await sql.run(
        `CREATE DATABASE ${database}`,
        `CREATE TABLE ${database}.t (id INT PRIMARY KEY, v INT)`,
        `CREATE TABLE ${database}.keyless (v INT)`,
      );
    }
    expect((await produce('--from', 'now')).code).toBe(0);
    for (let id = 1; id <= 5; id++) {
      await from.run(
        `INSERT INTO ${database}.t VALUES (${id}, 0)`,
        `INSERT INTO ${database}.keyless VALUES (${id})`,
      );
    }
    expect((await produce()).code).toBe(0);
    expect((await consume()).code).toBe(0);
    const loseState = async () => {
      rmSync(join(workspace.dir, 'state'), { recursive: true });
      const topics = [`__tailrace_state_${name}`];
      await broker.withAdmin((admin) => admin.deleteTopics({ topics }));
      // The producer's copy of its mark; the consumer's marks stay.
      await to.run(`DELETE FROM tailrace_${database}.tailrace_checkpoint`);
    };
    await loseState();
    const [head] = await from.rows('SHOW MASTER STATUS');
    const place = `${String(head?.['File'])}:${String(head?.['Position'])}`;
    await from.run(
      `UPDATE ${database}.t SET v = 1`,
      `INSERT INTO ${database}.t VALUES (6, 0)`,
      `DELETE FROM ${database}.t WHERE id = 1`,
    );
    // Twice: the second time all of it comes again under new numbers.
    for (let time = 0; time < 2; time++) {
      expect((await produce('--from', place)).code).toBe(0);
      expect((await consume()).code).toBe(0);
      expect(await content(to, database, 't')).toBe(await content(from, database, 't'));
      await loseState();
    }
    // Without a key nobody can tell whether a row is another one or the same again.
    await from.run(`INSERT INTO ${database}.keyless VALUES (1)`);
    expect((await produce('--from', place)).code).toBe(0);
    const refused = await consume();
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('KAFKA_TABLE_KEYLESS');
  });
});

describe('what others produced', () => {
  it('Maxwell: rows, bootstrap, deletes and a changed key, each twice', async () => {
    const { database } = newTask('');
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.users (${USERS})`);
    const head = `"database":"${database}","table":"users"`;
    const values = [
      `{${head},"type":"bootstrap-start","ts":1,"data":{}}`,
      `{${head},"type":"bootstrap-insert","ts":1,"data":{"id":1,"name":"ann","mail":"a@x"}}`,
      `{${head},"type":"bootstrap-complete","ts":1,"data":{}}`,
      `{${head},"type":"insert","ts":1477053217,"xid":23396,"data":{"id":2,"name":"b\\u00f6b","mail":null}}`,
      `{${head},"type":"insert","ts":1477053217,"xid":23396,"commit":true,"data":{"id":3,"name":"c","mail":"c@x"}}`,
      `{${head},"type":"update","ts":1477053218,"xid":23397,"commit":true,"data":{"id":4,"name":"c","mail":"c@x"},"old":{"id":3}}`,
      `{${head},"type":"delete","ts":1477053219,"xid":23398,"commit":true,"data":{"id":1,"name":"ann","mail":"a@x"}}`,
    ];
    const topic = `${database}.users`;
    await broker.createTopics({ [topic]: 1 });
    const messages = [...values, ...values].map((value) => ({ key: null, value }));
    await broker.send(topic, messages);
    const { code, stderr } = await consume();
    expect(code, stderr).toBe(0);
    expect(await to.rows(`SELECT * FROM ${database}.users ORDER BY id`)).toEqual([
      { id: 2, name: 'böb', mail: null },
      { id: 4, name: 'c', mail: 'c@x' },
    ]);
  });

  it('canal: many rows a message, types of its own, DDL', async () => {
    const { database } = newTask('format = "canal"');
    await to.run(`CREATE DATABASE ${database}`);
    const types =
      '"mysqlType":{"id":"int(11) unsigned","e":"enum(\'x\',\'y\')","b":"varbinary(10)"},"sqlType":{"id":4,"e":4,"b":2004}';
    const rows = (type: string, data: string, old: string): string =>
      `{"data":${data},"database":"${database}","es":1700000000000,"gtid":"","id":7,"isDdl":false,${types},` +
      `"old":${old},"pkNames":["id"],"sql":"","table":"t","ts":1700000000001,"type":"${type}"}`;
    const ddl =
      `{"data":null,"database":"${database}","es":1700000000000,"gtid":"","id":6,"isDdl":true,"mysqlType":null,"old":null,` +
      `"pkNames":null,"sql":"CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, e ENUM('x','y'), b VARBINARY(10))","sqlType":null,` +
      `"table":"t","ts":1,"type":"CREATE"}`;
    const topic = `${database}.t`;
    await broker.createTopics({ [topic]: 1 });
    await broker.send(
      topic,
      [
        ddl,
        rows(
          'INSERT',
          '[{"id":"1","e":"2","b":"\\u00ffA"},{"id":"4294967295","e":null,"b":""}]',
          'null',
        ),
        rows('UPDATE', '[{"id":"1","e":"1","b":"\\u00ffA"}]', '[{"e":"2"}]'),
      ].map((value) => ({ key: null, value })),
    );
    const { code, stderr } = await consume();
    expect(code, stderr).toBe(0);
    expect(await to.rows(`SELECT id, e, HEX(b) AS b FROM ${database}.t ORDER BY id`)).toEqual([
      { id: 1, e: 'x', b: 'FF41' },
      { id: 4294967295, e: null, b: '' },
    ]);
  });

  it('Debezium: with schemas, tombstones, a truncate', async () => {
    const { database } = newTask('format = "debezium"');
    await to.run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.t (id INT PRIMARY KEY, d DECIMAL(5,2), t DATETIME(3), n DATE)`,
      `CREATE TABLE ${database}.gone (id INT PRIMARY KEY)`,
      `INSERT INTO ${database}.gone VALUES (1)`,
    );
    const row = `[{"type":"int32","optional":false,"field":"id"},{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"d"},{"type":"int64","optional":true,"name":"io.debezium.time.Timestamp","version":1,"field":"t"},{"type":"int32","optional":true,"name":"io.debezium.time.Date","version":1,"field":"n"}]`;
    const schema = `{"type":"struct","fields":[{"type":"struct","fields":${row},"optional":true,"field":"before"},{"type":"struct","fields":${row},"optional":true,"field":"after"}]}`;
    const envelope = (op: string, before: string, after: string, table = 't'): string =>
      `{"schema":${schema},"payload":{"before":${before},"after":${after},"source":{"version":"2.7","connector":"mysql","name":"p","ts_ms":1700000000000,"db":"${database}","table":"${table}","gtid":null},"op":"${op}","ts_ms":1700000000005,"transaction":null}}`;
    const first = '{"id":1,"d":"MDk=","t":1700000000123,"n":19000}';
    const second = '{"id":1,"d":"/w==","t":null,"n":-1}';
    const topic = `tailrace.${database}.t`;
    await broker.createTopics({ [topic]: 1 });
    await broker.send(topic, [
      { key: '{"id":1}', value: envelope('r', 'null', first) },
      { key: '{"id":1}', value: envelope('u', first, second) },
      { key: '{"id":2}', value: envelope('c', 'null', '{"id":2,"d":null,"t":null,"n":null}') },
      { key: '{"id":2}', value: envelope('d', '{"id":2,"d":null,"t":null,"n":null}', 'null') },
      { key: '{"id":2}', value: null },
      { key: null, value: envelope('t', 'null', 'null', 'gone') },
    ]);
    const { code, stderr } = await consume();
    expect(code, stderr).toBe(0);
    expect(await to.rows(`SELECT * FROM ${database}.t`)).toEqual([
      { id: 1, d: '-0.01', t: null, n: '1969-12-31' },
    ]);
    expect(await to.value(`SELECT COUNT(*) FROM ${database}.gone`)).toBe('0');
  });

  it('refuses a table without a key by name', async () => {
    const { database } = newTask('');
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.k (v INT)`);
    await broker.createTopics({ [`${database}.k`]: 1 });
    const value = `{"database":"${database}","table":"k","type":"insert","ts":1,"data":{"v":1}}`;
    await broker.send(`${database}.k`, [{ value }]);
    const { code, stderr } = await consume();
    expect(code).toBe(6);
    expect(stderr).toContain('KAFKA_TABLE_KEYLESS');
    expect(await to.value(`SELECT COUNT(*) FROM ${database}.k`)).toBe('0');
  });
});

describe('where it begins', () => {
  const insert = (database: string, id: number) => ({
    value: `{"database":"${database}","table":"users","type":"insert","ts":1,"data":{"id":${id},"name":"n","mail":null}}`,
  });
  const ids = (database: string) =>
    to.value(`SELECT GROUP_CONCAT(id ORDER BY id) FROM ${database}.users`);

  it('is the first message, where --from says, or where the marks are; the group is told', async () => {
    const { database, name } = newTask('');
    const topic = `${database}.users`;
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.users (${USERS})`);
    await broker.createTopics({ [topic]: 1 });
    await broker.send(topic, [insert(database, 1), insert(database, 2)]);
    expect((await consume('--from', 'now')).code).toBe(0);
    expect(await ids(database)).toBeNull();
    await broker.send(topic, [insert(database, 3)]);
    // There is a mark now: without --force it stays.
    expect((await consume('--from', 'earliest')).code).toBe(0);
    expect(await ids(database)).toBe('3');
    expect((await consume('--from', 'earliest', '--force')).code).toBe(0);
    expect(await ids(database)).toBe('1,2,3');
    const refused = await consume('--from', 'binlog.000001:4');
    expect(refused.code, refused.stderr).toBe(2);
    const [offsets] = await broker.withAdmin((admin) =>
      admin.fetchOffsets({ groupId: `tailrace-${name}`, topics: [topic] }),
    );
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '3' }]);
    const json = async (...args: string[]) =>
      JSON.parse((await runTailrace([...args, '--json', '-c', workspace.config])).stdout) as {
        tasks: { name?: string; state?: string; position: string | null; from: string }[];
      };
    expect((await json('position', 'show')).tasks).toMatchObject([
      { from: 'nowhere' },
      { position: `${topic}-0:3`, from: 'target' },
    ]);
    expect((await json('status')).tasks).toMatchObject([{ name, state: 'stopped' }]);
  });

  it('is set and skipped for a task that only consumes', async () => {
    const { database } = newTask('');
    writeFileSync(
      workspace.config,
      workspace.text().replace(/\[task\.source\][^]*(?=\[task\.filter\])/, ''),
    );
    const topic = `${database}.users`;
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.users (${USERS})`);
    await broker.createTopics({ [topic]: 1 });
    await broker.send(topic, [insert(database, 1), { value: '{' }, insert(database, 3)]);
    expect((await consume()).code).toBe(6);
    const position = (...args: string[]) =>
      runTailrace(['position', ...args, '-c', workspace.config]);
    const skipped = await position('skip', '--reason', 'it is broken');
    expect(skipped.code, skipped.stderr).toBe(0);
    expect((await consume()).code).toBe(0);
    expect(await ids(database)).toBe('1,3');
    await to.run(`DELETE FROM ${database}.users WHERE id = 3`);
    const set = await position('set', `${topic}-0:2`);
    expect(set.code, set.stderr).toBe(0);
    expect((await consume()).code).toBe(0);
    expect(await ids(database)).toBe('1,3');
  });
});

describe('a message that cannot be read', () => {
  const good = (database: string, id: number): string =>
    `{"database":"${database}","table":"users","type":"insert","ts":1,"data":{"id":${id},"name":"n","mail":null}}`;

  it('stops its partition by name while the others go on', async () => {
    const { database } = newTask('');
    const topic = `${database}.users`;
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.users (${USERS})`);
    await broker.createTopics({ [topic]: 2 });
    await broker.send(topic, [
      { partition: 0, value: good(database, 1) },
      { partition: 0, value: '{"database":' },
      { partition: 0, value: good(database, 2) },
      { partition: 1, value: good(database, 3) },
    ]);
    const { code, stderr } = await consume();
    expect(code).toBe(6);
    expect(stderr).toContain('KAFKA_MESSAGE_UNREADABLE');
    expect(stderr).toContain(`${topic}-0:1`);
    expect(await to.rows(`SELECT id FROM ${database}.users ORDER BY id`)).toEqual([
      { id: 1 },
      { id: 3 },
    ]);
  });

  it('is kept with its bytes and passed when it may be', async () => {
    const { database } = newTask('on_poison = "dead_letter"');
    const topic = `${database}.users`;
    await to.run(`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.users (${USERS})`);
    await broker.createTopics({ [topic]: 1 });
    const bad = good(database, 2).replace('"id":2', '"id":"two"');
    await broker.send(
      topic,
      [good(database, 1), bad, good(database, 3)].map((value) => ({ value })),
    );
    const { code, stderr } = await consume();
    expect(code, stderr).toBe(0);
    expect(await to.rows(`SELECT id FROM ${database}.users ORDER BY id`)).toEqual([
      { id: 1 },
      { id: 3 },
    ]);
    const payload = await to.value(
      `SELECT payload FROM tailrace_${database}.tailrace_dead_letter WHERE kind = 'message'`,
    );
    const { value } = JSON.parse(payload ?? '{}') as { value: string };
    expect(Buffer.from(value, 'base64').toString()).toBe(bad);
    const letters = (...args: string[]) =>
      runTailrace(['deadletter', ...args, '-c', workspace.config]);
    expect((await letters('list')).stdout).toContain('consume-1:1');
    // What could not be read can be now: it comes again.
    await to.run(`ALTER TABLE ${database}.users MODIFY id VARCHAR(10)`);
    const retried = await letters('retry', 'consume-1:1');
    expect(retried.code, retried.stderr).toBe(0);
    expect((await consume()).code).toBe(0);
    expect(await to.value(`SELECT GROUP_CONCAT(id ORDER BY id) FROM ${database}.users`)).toBe(
      '1,3,two',
    );
    expect((await letters('list')).stdout).not.toContain('consume-1:1');
  });
});

describe('rows of different partitions that meet', () => {
  const row = (database: string, type: string, data: string, part: number) => ({
    value: `{"database":"${database}","table":"users","type":"${type}","ts":1,"data":${data}}`,
    headers: {
      'tailrace-task': 'p',
      'tailrace-seq': String(part),
      'tailrace-part': '1/1',
    },
  });
  const ann = '{"id":1,"name":"ann","mail":"a@x"}';
  const bob = '{"id":2,"name":"bob","mail":"a@x"}';

  it('wait for each other before they are a conflict', async () => {
    const { database } = newTask('cross_partition_wait_seconds = 40');
    const topic = `${database}.users`;
    await to.run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.users (${USERS})`,
      `INSERT INTO ${database}.users VALUES (1, 'ann', 'a@x')`,
    );
    await broker.createTopics({ [topic]: 2 });
    await broker.send(topic, [
      { partition: 1, ...row(database, 'insert', bob, 2) },
      { partition: 1, ...row(database, 'insert', '{"id":3,"name":"c","mail":null}', 3) },
    ]);
    const consumer = start('consume');
    await waitFor('the partition to wait', () => consumer.stderr().includes('waits for it'));
    await broker.send(topic, [{ partition: 0, ...row(database, 'delete', ann, 1) }]);
    await waitFor(
      'both to be applied',
      async () =>
        (await to.value(`SELECT GROUP_CONCAT(id ORDER BY id) FROM ${database}.users`)) === '2,3',
    );
    consumer.child.kill('SIGTERM');
    expect((await consumer.finished).code).toBe(0);
  });

  it('are a conflict when nothing came', async () => {
    const { database } = newTask('cross_partition_wait_seconds = 0.5');
    const topic = `${database}.users`;
    await to.run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.users (${USERS})`,
      `INSERT INTO ${database}.users VALUES (1, 'ann', 'a@x')`,
    );
    await broker.createTopics({ [topic]: 1 });
    await broker.send(topic, [row(database, 'insert', bob, 2)]);
    const { code, stderr } = await consume();
    expect(code).toBe(5);
    expect(stderr).toContain('TARGET_CONFLICT');
  });
});

it('says what it needs before it connects', async () => {
  workspace = new Workspace();
  writeFileSync(
    join(workspace.dir, 'tailrace.toml'),
    '[[task]]\nname = "x"\n[task.kafka]\nbrokers = ["127.0.0.1:1"]\n',
  );
  const { code, stderr } = await runTailrace(['consume', '-c', workspace.config]);
  expect(code).toBe(2);
  expect(stderr).toContain('task.target');
});
