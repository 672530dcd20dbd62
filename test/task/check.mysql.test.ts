import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTasks, type CheckFinding } from '../../src/task/check.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startOwnServer, testServer, type OwnServer } from '../support/servers.ts';
import { Workspace, type TaskSetup } from '../support/tailrace.ts';

const DB = 'h_check';
const { signal } = new AbortController();

async function check(setup: TaskSetup): Promise<readonly CheckFinding[]> {
  const workspace = new Workspace();
  try {
    workspace.write({ include: [`${DB}.*`], start: 'now', name: 'h-check', ...setup });
    return await checkTasks({ config: workspace.config, signal });
  } finally {
    workspace.remove();
  }
}

const codes = (findings: readonly CheckFinding[], severity: CheckFinding['severity']): string[] =>
  findings.filter((finding) => finding.severity === severity).map(({ code }) => code);

const find = (findings: readonly CheckFinding[], code: string): CheckFinding => {
  const finding = findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no ${code} in ${JSON.stringify(findings)}`);
  return finding;
};

const TABLES = [
  `DROP DATABASE IF EXISTS ${DB}`,
  `CREATE DATABASE ${DB} DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
  `CREATE TABLE ${DB}.good (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB`,
];

describe('a good setup', () => {
  it.each(['src97', 'src57', 'src10'] as const)('of %s has no error', async (name) => {
    const source = testServer(name);
    const target = testServer('dst10');
    for (const server of [source, target]) {
      const sql = await openSql(server);
      await sql.run(...TABLES);
      await sql.close();
    }
    const findings = await check({ source, target });
    expect(codes(findings, 'error')).toEqual([]);
    expect(find(findings, 'GUARANTEE').severity).toBe('note');
    for (const server of [source, target]) {
      const sql = await openSql(server);
      await sql.run(`DROP DATABASE ${DB}`);
      await sql.close();
    }
  });
});

describe('ends that cannot be asked', () => {
  it('are findings, and the other end is looked at nevertheless', async () => {
    const findings = await check({
      source: { port: 1 },
      target: testServer('dst10'),
    });
    expect(find(findings, 'SOURCE_UNREACHABLE')).toMatchObject({
      severity: 'error',
      end: 'source',
    });
    const other = await check({ source: testServer('src10'), target: { port: 1 } });
    expect(find(other, 'TARGET_UNREACHABLE')).toMatchObject({ severity: 'error', end: 'target' });
    expect(find(other, 'PATTERN_IDLE').finding).toContain(`${DB}.*`);
  });
});

describe('a broken setup', () => {
  let source: OwnServer;
  let target: OwnServer;
  let from: Sql;
  let to: Sql;

  beforeAll(async () => {
    source = startOwnServer('97', '--binlog-row-metadata=MINIMAL', '--max-allowed-packet=64M');
    target = startOwnServer('10', '--max-allowed-packet=1M', '--event-scheduler=ON');
    from = await openSql(source);
    to = await openSql(target);
    await from.run(
      ...TABLES,
      `CREATE TABLE ${DB}.absent (id INT PRIMARY KEY)`,
      `CREATE TABLE ${DB}.narrow (id INT PRIMARY KEY, a INT, b INT)`,
      `CREATE TABLE ${DB}.keyless (a INT)`,
      `CREATE TABLE ${DB}.fired (id INT PRIMARY KEY)`,
      `CREATE TABLE ${DB}.old (id INT PRIMARY KEY)`,
      `CREATE TABLE ${DB}.modern (id INT PRIMARY KEY, t TEXT COLLATE utf8mb4_0900_as_cs)`,
    );
    await to.run(
      ...TABLES,
      `CREATE TABLE ${DB}.narrow (id INT PRIMARY KEY, a INT)`,
      `CREATE TABLE ${DB}.keyless (a INT)`,
      `CREATE TABLE ${DB}.fired (id INT PRIMARY KEY)`,
      `CREATE TRIGGER ${DB}.boom BEFORE INSERT ON ${DB}.fired FOR EACH ROW SET @x = 1`,
      `CREATE TABLE ${DB}.old (id INT PRIMARY KEY) ENGINE=MyISAM`,
      `CREATE TABLE ${DB}.modern (id INT PRIMARY KEY, t TEXT)`,
      `CREATE EVENT ${DB}.tick ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO SET @x = 1`,
    );
  });

  afterAll(async () => {
    await from.close();
    await to.close();
    source.destroy();
    target.destroy();
  });

  it('shows everything at once', async () => {
    const findings = await check({
      source,
      target,
      sourceLines: `server_id = ${await from.value('SELECT @@server_id')}`,
      targetLines: 'on_conflict = "overwrite"',
      tail: `[[task.table]]
match = "${DB}.good"
drop_columns = ["nme"]
[[task.table]]
match = "${DB}.godo"
to = "${DB}.best"
`,
    });
    expect(codes(findings, 'error').sort()).toEqual([
      'SOURCE_SERVER_ID_TAKEN',
      'TARGET_COLUMNS_DIFFER',
      'TARGET_NOT_TRANSACTIONAL',
      'TARGET_TABLE_MISSING',
      'TARGET_TRIGGER',
    ]);
    expect(find(findings, 'TARGET_TABLE_MISSING').finding).toContain(`${DB}.absent`);
    expect(find(findings, 'TARGET_COLUMNS_DIFFER').finding).toContain('no column b');
    expect(codes(findings, 'warning').sort()).toEqual([
      'COLLATION_UNKNOWN',
      'COLUMN_IDLE',
      'EVENT_ENABLED',
      'GUARANTEE',
      'PACKET_SMALLER',
      'PATTERN_IDLE',
      'ROW_METADATA_NOT_FULL',
      'TABLE_WITHOUT_KEY',
    ]);
  });

  it('is mended by the statements it gives', async () => {
    const before = await check({ source, target });
    for (const { end, fixSql } of before) {
      if (fixSql !== undefined) await (end === 'source' ? from : to).run(fixSql);
    }
    await to.run(
      `CREATE TABLE ${DB}.absent (id INT PRIMARY KEY)`,
      `ALTER TABLE ${DB}.narrow ADD b INT`,
    );
    const after = await check({ source, target });
    expect(codes(after, 'error')).toEqual([]);
    expect(codes(after, 'warning')).not.toContain('PACKET_SMALLER');
    expect(codes(after, 'warning')).not.toContain('EVENT_ENABLED');
    expect(codes(after, 'warning')).not.toContain('ROW_METADATA_NOT_FULL');
  });

  it('names the rights that an account lacks, and the grants that give them', async () => {
    await to.run(
      "CREATE USER h_poor@'%' IDENTIFIED BY 'poor-secret'",
      `GRANT SELECT, INSERT ON \`h\\_check\`.* TO h_poor@'%'`,
      'SET GLOBAL read_only = ON',
    );
    // The later of two keys of one name would be refused: the whole target table is written here.
    const poor = {
      source,
      name: 'h-check',
      tail: `[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "h_poor"
password = "poor-secret"
sql_log_bin = false
`,
    };
    const findings = await check(poor);
    expect(find(findings, 'PASSWORD_IN_FILE').end).toBe('config');
    expect(find(findings, 'TARGET_UNAVAILABLE').finding).toContain('read_only');
    expect(findings.map(({ finding }) => finding)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/lacks UPDATE, DELETE, CREATE, .* on h_check/),
        expect.stringMatching(/lacks SELECT, INSERT, UPDATE, DELETE, CREATE on tailrace/),
        expect.stringMatching(/may not set sql_log_bin/),
        expect.stringMatching(/cannot see the triggers/),
        expect.stringMatching(/lacks PROCESS/),
      ]),
    );
    for (const { fixSql } of findings) if (fixSql !== undefined) await to.run(fixSql);
    expect(codes(await check(poor), 'error')).toEqual([]);
  });

  it('says that the login is refused', async () => {
    const findings = await check({
      source,
      tail: `[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "nobody"
password = "x"
`,
    });
    expect(find(findings, 'TARGET_ACCESS_DENIED').end).toBe('target');
  });

  it('asks for a start where nothing says where to begin', async () => {
    const workspace = new Workspace();
    workspace.write({ source, target, include: [`${DB}.*`] });
    const findings = await checkTasks({ config: workspace.config, signal });
    workspace.remove();
    expect(find(findings, 'START_REQUIRED').severity).toBe('error');
  });

  it('says that a position is not there', async () => {
    const findings = await check({ source, target, start: 'binlog.999999:4' });
    expect(codes(findings, 'error')[0]).toMatch(/^SOURCE_POSITION/);
  });
});
