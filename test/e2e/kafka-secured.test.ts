import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from 'kafkajs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestBroker } from '../support/kafka-broker.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, Workspace } from '../support/tailrace.ts';

/** Kafka 4: TLS, SASL and ACLs on one listener; on the other one everybody may do everything. */
const SETTINGS = [
  'listeners=PLAINTEXT://127.0.0.1:%PORT%,CONTROLLER://127.0.0.1:%PORT1%,SECURE://127.0.0.1:%PORT2%',
  'advertised.listeners=PLAINTEXT://127.0.0.1:%PORT%,SECURE://127.0.0.1:%PORT2%',
  'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
  'ssl.keystore.type=PEM',
  'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="plain-pw";',
  ...['256', '512'].map(
    (bits) =>
      `listener.name.secure.scram-sha-${bits}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
  ),
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
];

const database = `secured_${process.pid}`;
const source = testServer('src57');
const target = testServer('dst10');
let folder: string;
let broker: TestBroker;
let from: Sql;
let to: Sql;
/** A test that is tried again has a table and a topic of its own, and no rights yet. */
let attempt = 0;
const workspace = new Workspace();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tailrace-secured-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
  openssl(
    ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=broker'.split(' '),
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  );
  const both = join(folder, 'both.pem');
  writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  broker = new TestBroker({
    version: '4.1.0',
    settings: [...SETTINGS, `ssl.keystore.location=${both}`],
    formatArgs:
      '--add-scram SCRAM-SHA-256=[name=shop,password=256-pw] --add-scram SCRAM-SHA-512=[name=shop,password=512-pw]',
  });
  from = await openSql(source);
  to = await openSql(target);
  for (const sql of [from, to]) await sql.run(`CREATE DATABASE ${database}`);
}, 180_000);

beforeEach(async () => {
  attempt += 1;
  for (const sql of [from, to]) {
    await sql.run(`CREATE TABLE ${database}.t${attempt} (id INT PRIMARY KEY, v VARCHAR(20))`);
  }
  await broker.withAdmin((admin) =>
    admin.deleteAcls({
      filters: [
        {
          resourceType: AclResourceTypes.ANY,
          resourcePatternType: ResourcePatternTypes.ANY,
          operation: AclOperationTypes.ANY,
          permissionType: AclPermissionTypes.ANY,
        },
      ],
    }),
  );
});

afterAll(async () => {
  for (const sql of [from, to]) await sql.run(`DROP DATABASE IF EXISTS ${database}`);
  for (let number = 1; number <= attempt; number++) {
    await to.run(`DROP DATABASE IF EXISTS tailrace_secured_${number}`);
  }
  await from.close();
  await to.close();
  broker.destroy();
  workspace.remove();
  rmSync(folder, { recursive: true });
});

function configure(mechanism: string, password: string, lines = '', ca = 'ca.pem'): void {
  workspace.write({
    source,
    target,
    name: `secured-${attempt}`,
    start: 'earliest',
    include: [`${database}.t${attempt}`],
    tail: `[task.kafka]
brokers = ["127.0.0.1:${broker.secondPort}"]
tls_ca = "${ca.startsWith('/') ? ca : join(folder, ca)}"
sasl = { mechanism = "${mechanism}", user = "shop", password = "${password}" }
topic_partitions = 2
${lines}
`,
  });
}

const run = (command: string, ...args: string[]) =>
  runTailrace([command, ...args, '-c', workspace.config]);

async function codesOfCheck(): Promise<string[]> {
  const { stdout } = await run('check', '--json');
  const findings = JSON.parse(stdout) as { end: string; severity: string; code: string }[];
  return findings
    .filter(({ end }) => end === 'kafka')
    .map(({ severity, code }) => `${severity} ${code}`);
}

async function grantAll(): Promise<void> {
  const rule = (resourceType: AclResourceTypes, resourceName = '*') => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:shop',
    host: '*',
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  });
  await broker.withAdmin((admin) =>
    admin.createAcls({
      acl: [
        rule(AclResourceTypes.TOPIC),
        rule(AclResourceTypes.GROUP),
        rule(AclResourceTypes.TRANSACTIONAL_ID),
        rule(AclResourceTypes.CLUSTER, 'kafka-cluster'),
      ],
    }),
  );
}

it('TLS, SASL by each mechanism, and ACLs: refused by name, told by check, and used', async () => {
  await from.run(`INSERT INTO ${database}.t${attempt} VALUES (1, 'one'), (2, 'two')`);
  // Who is nobody, and what is not trusted.
  configure('plain', 'wrong-pw');
  const refused = await run('produce', '--until', 'head');
  expect(refused.code, refused.stderr).toBe(6);
  expect(refused.stderr).toContain('KAFKA_ACCESS_DENIED');
  expect(refused.stderr).not.toContain('wrong-pw');
  const ca = join(folder, 'other.pem');
  execFileSync(
    'openssl',
    [
      ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other'.split(' '),
      ...['-keyout', join(folder, 'other.key'), '-out', ca],
    ],
    { stdio: 'pipe' },
  );
  configure('plain', 'plain-pw', '', ca);
  const untrusted = await run('produce', '--until', 'head');
  expect(untrusted.code, untrusted.stderr).toBe(6);
  expect(untrusted.stderr).toContain('KAFKA_TLS');
  expect(await codesOfCheck()).toEqual(['error KAFKA_TLS']);
  // Let in, and allowed nothing.
  configure('plain', 'plain-pw');
  expect(await codesOfCheck()).toContain('error KAFKA_ACCESS_DENIED');
  const denied = await run('produce', '--until', 'head');
  expect(denied.code, denied.stderr).toBe(6);
  expect(denied.stderr).toContain('KAFKA_ACCESS_DENIED');
  await grantAll();
  const before = await codesOfCheck();
  expect(before.filter((code) => code.startsWith('error'))).toEqual([]);
  expect(before).toContain('note TOPIC_MADE');
  configure('scram-sha-512', '512-pw', 'delivery = "exactly_once"');
  const produced = await run('produce', '--until', 'head');
  expect(produced.code, produced.stderr).toBe(0);
  configure('scram-sha-256', '256-pw');
  const consumed = await run('consume', '--until', 'head');
  expect(consumed.code, consumed.stderr).toBe(0);
  expect(await to.rows(`SELECT * FROM ${database}.t${attempt} ORDER BY id`)).toEqual([
    { id: 1, v: 'one' },
    { id: 2, v: 'two' },
  ]);
});

it('check tells of topics that are not as the task needs them', async () => {
  await grantAll();
  const topic = `${database}.t${attempt}`;
  await broker.createTopics({ [topic]: 3 }, [
    { name: 'max.message.bytes', value: '2000' },
    { name: 'min.insync.replicas', value: '2' },
    { name: 'cleanup.policy', value: 'compact' },
  ]);
  configure('plain', 'plain-pw', 'format = "canal"\nreplication_factor = 3\nddl_topic = "ddl"');
  const codes = await codesOfCheck();
  expect(codes).toEqual(
    expect.arrayContaining([
      'error MIN_INSYNC',
      'error CLEANUP_POLICY',
      'error REPLICATION_FACTOR',
      'warning KAFKA_MESSAGE_TOO_LARGE',
      'warning PASSWORD_IN_FILE',
      'note PARTITION_COUNT',
      'note GUARANTEE',
    ]),
  );
  configure('plain', 'plain-pw', 'create_topics = false\nddl_topic = "ddl"');
  expect(await codesOfCheck()).toContain('error KAFKA_TOPIC_MISSING');
});
