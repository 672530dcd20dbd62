import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConfig, loadConfig } from '../../src/config/load-config.ts';
import type { TaskConfig } from '../../src/config/schema.ts';
import { TailraceError } from '../../src/core/errors.ts';

let baseDir = '';
beforeAll(() => {
  baseDir = mkdtempSync(join(tmpdir(), 'tailrace-config-'));
  writeFileSync(join(baseDir, 'ca.pem'), 'PEM TEXT\n');
  writeFileSync(join(baseDir, 'password'), 'from-a-file\n');
  for (const name of ['id_ed25519', 'k', 'h']) writeFileSync(join(baseDir, name), `from-${name}\n`);
});
afterAll(() => {
  rmSync(baseDir, { recursive: true, force: true });
});

const env = (name: string): string | undefined =>
  ({ SOURCE_PASSWORD: 'from-the-environment', EMPTY: '' })[name];

const MINIMAL = `[[task]]
name = "shop"
[task.source]
hosts = ["db.example:3306"]
user = "tailrace"
password = { env = "SOURCE_PASSWORD" }
`;

const FULL = `
state_dir = "/var/lib/tailrace"
[log]
level = "debug"
format = "json"
[http]
listen = ""
token = { env = "SOURCE_PASSWORD" }

[[task]]
name = "shop"
strategies = ["stream", "inspect"]
[task.source]
hosts = ["127.0.0.1:3306", "unix:/run/mysqld.sock", "[::1]:3307"]
user = "tailrace"
password = { file = "password" }
server_id = 4294967295
start = "2026-11-20T10:00:00Z"
heartbeat_seconds = 0.5
tls = "verify-ca"
tls_ca = "ca.pem"
[task.source.ssh]
host = "bastion:22"
user = "ops"
private_key = "./id_ed25519"
host_key_sha256 = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
[task.filter]
include = ["shop.*", "/crm_[0-9]+\\\\..*/"]
exclude = ["shop.tmp_*"]
ignore_own = false
[[task.table]]
match = "shop.users"
to = "crm.people"
drop_columns = ["password"]
rename_columns = { mail = "email", "e mail" = "x" }
[[task.table]]
match = "shop_?.*"
to = "crm_*.*"
[[task.table]]
match = "shard_*.t_*"
to = "all.t_*_*"
[task.target]
hosts = ["10.0.0.2"]
user = "root"
password = "plain text"
ddl = "ignore"
on_conflict = "skip"
apply = "in_order"
lanes = 2
sql_log_bin = false
allow_nontransactional = true
state_database = "state"
[task.kafka]
brokers = ["127.0.0.1:9092"]
sasl = { mechanism = "plain", user = "u", password = "sasl password" }
format = "debezium"
partition_by = "column"
partition_columns = ["id"]
delivery = "exactly_once"
topic_partitions = 3
replication_factor = 2
ddl_topic = "ddl"
row_query = true
oversize = "dead_letter"
on_poison = "dead_letter"
compression = "gzip"
topics = ["a"]
[task.kafka.debezium]
"decimal.handling.mode" = "string"
`;

function issuesOf(text: string): string[] {
  const { issues } = checkConfig(text, { env, baseDir });
  return (issues ?? []).map(({ path, message }) => `${path}: ${message}`);
}

function load(text: string) {
  const result = checkConfig(text, { env, baseDir });
  if (result.config === undefined) throw new Error(JSON.stringify(result.issues));
  return result.config;
}

function task(text: string): TaskConfig {
  const [first] = load(text).tasks;
  if (first === undefined) throw new Error('no task');
  return first;
}

describe('defaults', () => {
  it('are those of the reference', () => {
    const config = load(MINIMAL);
    expect(config).toMatchObject({
      stateDir: join(baseDir, 'state'),
      log: { level: 'info', format: 'auto' },
      http: { listen: '127.0.0.1:9180' },
    });
    expect(config.http.token).toBeUndefined();
    expect(task(MINIMAL)).toMatchObject({
      name: 'shop',
      strategies: ['stream'],
      source: { serverId: 0, heartbeatSeconds: 5, tls: 'verify-identity' },
      filter: { include: undefined, exclude: [], ignoreOwn: true },
      tables: [],
      target: undefined,
      kafka: undefined,
    });
    expect(task(MINIMAL).source?.start).toBeUndefined();
  });

  it('of a target', () => {
    const text = `${MINIMAL}[task.target]\nhosts = ["other:3306"]\nuser = "root"`;
    expect(task(text).target).toMatchObject({
      ddl: 'apply',
      onConflict: 'stop',
      apply: 'auto',
      lanes: 1,
      sqlLogBin: true,
      allowNontransactional: false,
      stateDatabase: 'tailrace',
    });
    expect(task(text).target?.password.reveal()).toBe('');
  });

  it('of Kafka, by format', () => {
    const kafka = (more: string) =>
      task(`${MINIMAL}[task.kafka]\nbrokers = ["b:9092"]\n${more}`).kafka;
    expect(kafka('')).toMatchObject({
      topic: '{database}.{table}',
      format: 'maxwell',
      partitionBy: 'table',
      partitionHash: 'java',
      delivery: 'at_least_once',
      topicPartitions: 12,
      replicationFactor: 1,
      ddlTopic: '',
      rowQuery: false,
      oversize: 'stop',
      onPoison: 'stop',
      compression: 'none',
      group: 'tailrace-shop',
      topics: [],
      tls: 'disabled',
    });
    expect(kafka('format = "canal"')).toMatchObject({ partitionHash: 'canal' });
    expect(kafka('format = "debezium"')).toMatchObject({
      topic: '{prefix}.{database}.{table}',
      partitionBy: 'primary_key',
      partitionHash: 'murmur2',
    });
  });

  it.each([
    ['["127.0.0.1:3306"]', '', 'disabled'],
    ['["unix:/run/mysqld.sock"]', '', 'disabled'],
    ['["localhost:3306", "[::1]:3306"]', '', 'disabled'],
    ['["127.0.0.1:3306", "db.example:3306"]', '', 'verify-identity'],
    ['["localhost.example:3306"]', '', 'verify-identity'],
    ['["127.0.0.1:3306"]', 'tls_ca = "ca.pem"', 'verify-identity'],
    ['["127.0.0.1:3306"]', 'tls = "required"', 'required'],
  ])('TLS to %s with %j is %s', (hosts, more, tls) => {
    const text = `[[task]]\nname="t"\n[task.source]\nuser="u"\nhosts=${hosts}\n${more}`;
    expect(task(text).source?.tls).toBe(tls);
  });
});

describe('everything set', () => {
  it('comes out as it stands there', () => {
    const config = load(FULL);
    expect(config.stateDir).toBe('/var/lib/tailrace');
    expect(config.http.token?.reveal()).toBe('from-the-environment');
    const { source, target, kafka, filter, tables } = task(FULL);
    expect(source).toMatchObject({
      hosts: ['127.0.0.1:3306', 'unix:/run/mysqld.sock', '[::1]:3307'],
      serverId: 4294967295,
      start: { kind: 'time', at: new Date('2026-11-20T10:00:00Z') },
      heartbeatSeconds: 0.5,
      tls: 'verify-ca',
      tlsCa: 'PEM TEXT\n',
      ssh: { host: 'bastion:22', user: 'ops' },
    });
    expect(source?.ssh?.privateKey?.reveal()).toBe('from-id_ed25519\n');
    expect(source?.password.reveal()).toBe('from-a-file');
    expect(source?.password.origin).toBe('file');
    expect(target?.password.origin).toBe('plain');
    expect(filter.include?.[1]?.matches({ database: 'crm_7', table: 'a' })).toBe(true);
    expect(filter.ignoreOwn).toBe(false);
    expect(tables[0]).toMatchObject({
      to: 'crm.people',
      dropColumns: ['password'],
      renameColumns: { mail: 'email', 'e mail': 'x' },
    });
    expect(kafka).toMatchObject({
      sasl: { mechanism: 'plain', user: 'u' },
      partitionColumns: ['id'],
      debezium: { 'decimal.handling.mode': 'string' },
    });
  });

  it('never prints a secret', () => {
    const printed = [
      JSON.stringify(load(FULL)),
      inspect(load(FULL), { depth: 9 }),
      String(load(FULL).http.token),
    ].join();
    expect(printed).not.toMatch(/plain text|sasl password|from-/);
    expect(printed).toContain('***');
  });
});

describe('refusals', () => {
  const inTask = (lines: string) => `[[task]]\nname = "t"\n${lines}`;
  const inSource = (lines: string) =>
    inTask(`[task.source]\nhosts = ["h:1"]\nuser = "u"\n${lines}`);
  const inTarget = (lines: string) =>
    inSource(`[task.target]\nhosts = ["t:1"]\nuser = "u"\n${lines}`);
  const inKafka = (lines: string) => inSource(`[task.kafka]\nbrokers = ["b:1"]\n${lines}`);
  const inSsh = (lines: string) =>
    inSource(`[task.source.ssh]\nhost = "b:22"\nuser = "o"\n${lines}`);
  const KEY = 'private_key = "k"\nknown_hosts = "h"';

  it.each([
    ['', 'task: is required'],
    ['task = []', 'task: there is no [[task]]'],
    ['states_dir = "x"\n' + MINIMAL, 'states_dir: there is no such key; did you mean state_dir?'],
    ['state_dir = 5\n' + MINIMAL, 'state_dir: must be a string, not a number'],
    [
      '[log]\nlevel = "loud"\n' + MINIMAL,
      'log.level: must be one of trace, debug, info, warn, error',
    ],
    ['[http]\nlisten = "9180"\n' + MINIMAL, 'http.listen: not host:port (or "" for off)'],
    [inSource('').replace('"t"', '"Shop"'), 'task[0].name: not 1 to 40 of a-z 0-9 _ -'],
    [inSource('') + inSource(''), 'task[1].name: another task is called "t" too'],
    [inTask(''), 'task[0]: has neither [task.source] nor [task.kafka] to read from'],
    [
      inTask('strategies = ["poll"]\n[task.source]\nhosts = ["h:1"]\nuser = "u"'),
      'task[0].strategies: ["poll"] needs [task.target]',
    ],
    [
      inTask(
        'strategies = ["poll"]\n[task.source]\nhosts = ["h:1"]\nuser = "u"\n[task.target]\nhosts = ["t:1"]\nuser = "u"\n[task.kafka]\nbrokers = ["k:1"]',
      ),
      'task[0].strategies: ["poll"] publishes nothing: [task.kafka] needs "stream" among the strategies',
    ],
    [
      inTask('strategies = ["guess"]\n[task.source]\nhosts = ["h:1"]\nuser = "u"'),
      'task[0].strategies[0]: must be one of stream, poll, inspect',
    ],
    [inTask('[task.source]\nuser = "u"'), 'task[0].source.hosts: is required'],
    [inTask('[task.source]\nhosts = []\nuser = "u"'), 'task[0].source.hosts: names no host'],
    [
      inTask('[task.source]\nhosts = "h:1"\nuser = "u"'),
      'task[0].source.hosts: must be a list, not a string',
    ],
    [
      inTask('[task.source]\nhosts = ["a:b:c"]\nuser = "u"'),
      'task[0].source.hosts[0]: not host:port, [::1]:port or unix:/path',
    ],
    [
      inTask('[task.source]\nhosts = ["h:65536"]\nuser = "u"'),
      'task[0].source.hosts[0]: not host:port, [::1]:port or unix:/path',
    ],
    [inSource('hots = 1'), 'task[0].source.hots: there is no such key; did you mean hosts?'],
    [inSource('zzzzzzzz = 1'), 'task[0].source.zzzzzzzz: there is no such key'],
    [
      inSource('password = { env = "NOT_THERE" }'),
      'task[0].source.password: the environment has no variable NOT_THERE',
    ],
    [
      inSource('password = { env = "A", file = "B" }'),
      'task[0].source.password: not { env = "NAME" }, { file = "PATH" } or a string',
    ],
    [
      inSource('password = 5'),
      'task[0].source.password: not { env = "NAME" }, { file = "PATH" } or a string',
    ],
    [inSource('server_id = -1'), 'task[0].source.server_id: must be at least 0'],
    [inSource('server_id = 4294967296'), 'task[0].source.server_id: must be at most 4294967295'],
    [inSource('server_id = 1.5'), 'task[0].source.server_id: must be a whole number'],
    [inSource('heartbeat_seconds = 0'), 'task[0].source.heartbeat_seconds: must be at least 0.1'],
    [
      inSource('tls = "on"'),
      'task[0].source.tls: must be one of disabled, required, verify-ca, verify-identity',
    ],
    [
      inSource('tls = "disabled"\ntls_ca = "ca.pem"'),
      'task[0].source.tls_ca: has no effect with tls = "disabled"',
    ],
    [inSource('start = "yesterday"'), 'task[0].source.start: "yesterday" is no position'],
    [
      inSource('start = "2026-11-20T10:00:00"'),
      'task[0].source.start: "2026-11-20T10:00:00": a time needs T and a zone, like 2026-11-20T10:00:00Z',
    ],
    [
      inSource('start = 2026-11-20T10:00:00Z'),
      'task[0].source.start: must be a string, not a date (put it in quotes)',
    ],
    [inSsh('known_hosts = "h"'), 'task[0].source.ssh: needs private_key or password'],
    [inSsh('private_key = "k"'), 'task[0].source.ssh: needs host_key_sha256 or known_hosts'],
    [
      inSsh(`${KEY}\npassword = "p"`),
      'task[0].source.ssh: has both private_key and password: one is wanted',
    ],
    [
      inSsh('private_key = "k"\nhost_key_sha256 = "MD5:1"'),
      'task[0].source.ssh.host_key_sha256: not SHA256:… as ssh-keygen -l prints it',
    ],
    [
      inSource('[task.filter]\ninclude = ["shop"]'),
      'task[0].filter.include[0]: "shop" is not database.table (with * and ?) and not /regex/',
    ],
    [
      inSource('[task.filter]\ninclude = []'),
      'task[0].filter.include: names no table: leave it away for all',
    ],
    [
      inSource('[task.filter]\nexclude = ["/(/"]'),
      'task[0].filter.exclude[0]: "/(/": Invalid regular expression: /^(?:()$/su: Unterminated group',
    ],
    [inSource('[[task.table]]\nto = "a.b"'), 'task[0].table[0].match: is required'],
    [
      inSource('[[task.table]]\nmatch = "a.b"\nto = "b"'),
      'task[0].table[0].to: not database.table',
    ],
    [
      inSource('[[task.table]]\nmatch = "a.*"\nto = "*.*"'),
      'task[0].table[0].to: has 2 *, but "a.*" has 1 to stand for',
    ],
    [
      inSource('[[task.table]]\nmatch = "shard_*.*"\nto = "all.*"'),
      "task[0].table[0].to: its * after the dot would stand for the database's glob: write match = '/database_regex\\.(.*)/'",
    ],
    [
      inSource('[[task.table]]\nmatch = "a.b"\n[[task.table]]\nmatch = "a.b"'),
      'task[0].table[1].match: "a.b" stands in an earlier rule, which counts',
    ],
    [
      inSource('[[task.table]]\nmatch = "a.b"\ndrop_columns = ["x"]\nrename_columns = { x = "y" }'),
      'task[0].table[0].rename_columns: "x" is dropped and renamed',
    ],
    [
      inSource('[[task.table]]\nmatch = "a.b"\nrename_columns = { x = "z", y = "z" }'),
      'task[0].table[0].rename_columns: two columns would be called "z"',
    ],
    [inTarget('ddl = "maybe"'), 'task[0].target.ddl: must be one of apply, ignore, stop'],
    [
      inTarget('on_conflict = "x"'),
      'task[0].target.on_conflict: must be one of stop, overwrite, skip',
    ],
    [inTarget('lanes = 0'), 'task[0].target.lanes: must be at least 1'],
    [
      inTarget('sql_log_bin = "yes"'),
      'task[0].target.sql_log_bin: must be true or false, not a string',
    ],
    [
      inTarget(`state_database = "${'x'.repeat(65)}"`),
      'task[0].target.state_database: has more than 64 characters',
    ],
    [
      inTarget('tls = "required"\ntls_ca = "ca.pem"'),
      'task[0].target.tls_ca: has no effect with tls = "required"; verify-ca or verify-identity use it',
    ],
    [
      inSource('[task.target]\nhosts = ["h:1"]\nuser = "u"'),
      'task[0].target.hosts: h:1 is source and target, and no [[task.table]] gives another name',
    ],
    [
      inKafka('topic = "{db}"'),
      'task[0].kafka.topic: knows the placeholders {database} {table} {type} {prefix} only',
    ],
    [
      inKafka('partition_by = "column"'),
      'task[0].kafka.partition_columns: is needed for partition_by = "column"',
    ],
    [
      inKafka('partition_columns = ["id"]'),
      'task[0].kafka.partition_columns: has an effect with partition_by = "column" only',
    ],
    [inKafka('format = "avro"'), 'task[0].kafka.format: must be one of maxwell, canal, debezium'],
    [
      inKafka('sasl = { mechanism = "plain", user = "u" }'),
      'task[0].kafka.sasl.password: not { env = "NAME" }, { file = "PATH" } or a string',
    ],
  ])('%#', (text, issue) => {
    expect(issuesOf(text)).toEqual([issue]);
  });

  it('names files that are not there, by their full path', () => {
    const text = inSource('password = { file = "no-such" }\ntls_ca = "no-ca.pem"');
    expect(issuesOf(text)).toEqual([
      `task[0].source.password: the file ${join(baseDir, 'no-such')} cannot be read (ENOENT)`,
      `task[0].source.tls_ca: the file ${join(baseDir, 'no-ca.pem')} cannot be read (ENOENT)`,
    ]);
  });

  it('come all at once, each with its line', () => {
    const text = `stat_dir = "x"

[[task]]
name = "one"
[task.source]
hosts = 5
user = "u"
password = { env = "NOT_THERE" }

[[task]]
name = "one"
[task.source]
hosts = ["h:1"]
user = "u"
start = "soon"
[[task.table]]
match = "a.b"
[[task.table]]
match = "a.b"
drop_columns = [1]
[task.target]
hosts = ["t:1"]
`;
    const { issues } = checkConfig(text, { env, baseDir });
    expect(issues?.map(({ path, line }) => [path, line])).toEqual([
      ['stat_dir', 1],
      ['task[0].source.hosts', 6],
      ['task[0].source.password', 8],
      ['task[1].name', 11],
      ['task[1].source.start', 15],
      ['task[1].table[1].match', 19],
      ['task[1].table[1].drop_columns[0]', 20],
      ['task[1].target.user', 21],
    ]);
  });

  it('of TOML itself name the place and show nothing of the file', () => {
    const [issue = ''] = issuesOf('[log]\npassword = "hush hush" x\n');
    expect(issue).toMatch(/^: line 2, column \d+: /);
    expect(issue).not.toContain('hush');
  });
});

describe('loadConfig', () => {
  it('reads a file, its paths relative to it', () => {
    const path = join(baseDir, 'tailrace.toml');
    writeFileSync(path, MINIMAL);
    expect(loadConfig(path, { env }).stateDir).toBe(join(baseDir, 'state'));
  });

  it('throws one error with everything in it', () => {
    const path = join(baseDir, 'wrong.toml');
    writeFileSync(path, MINIMAL.replace('hosts', 'host').replace('SOURCE_PASSWORD', 'NONE'));
    const thrown = catchError(() => loadConfig(path, { env }));
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2, place: { path } });
    expect(thrown.message).toBe(
      [
        `${path}: 3 things to mend`,
        '  task[0].source.hosts (line 3): is required',
        '  task[0].source.host (line 4): there is no such key; did you mean hosts?',
        '  task[0].source.password (line 6): the environment has no variable NONE',
      ].join('\n'),
    );
  });

  it('names a file that is not there', () => {
    const thrown = catchError(() => loadConfig(join(baseDir, 'none.toml')));
    expect(thrown.message).toMatch(/^There is no file .*none\.toml$/);
    expect(thrown.next).toContain('-c FILE');
  });
});

function catchError(work: () => unknown): TailraceError {
  try {
    work();
  } catch (error) {
    if (error instanceof TailraceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
