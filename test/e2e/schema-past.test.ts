import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOwnServer, testServer, type OwnServer, type TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, type Finished } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const database = 'e2e_past';

async function tail(
  server: Pick<TestServer, 'port'>,
  from: string,
  ...args: string[]
): Promise<Finished> {
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  return runTailrace(['tail', url, '--until', 'head', '--from', from, ...args]);
}

interface Message {
  readonly table: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** `table {column: value, …}` of each row, in order. */
function rowsOf({ code, stdout, stderr }: Finished): string[] {
  expect(code, stderr).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Message)
    .map(({ table, data }) => `${table} ${JSON.stringify(data)}`);
}

async function end(sql: Sql): Promise<string> {
  const rows = await sql.rows('SHOW MASTER STATUS').catch(() => sql.rows('SHOW BINARY LOG STATUS'));
  return `${String(rows[0]?.['File'])}:${String(rows[0]?.['Position'])}`;
}

/** Before the span: tables with rows. In the span: what happens to them. */
const BEFORE = [
  'create table still (id int primary key, a int)',
  'create table changed (id int primary key, a int, b int)',
  'create table moved (id int primary key, a int)',
  'create table gone (id int primary key, a int)',
  'create table indexed (id int primary key, a int, b varchar(10))',
  'create table cut (id int primary key, a int)',
];
const IN_SPAN = [
  'insert into still values (1, 10)',
  'insert into moved values (1, 10)',
  'insert into cut values (1, 10)',
  'create table made (id int primary key, a int, b int)',
  'insert into made values (1, 10, 20)',
  'alter table made change a b int, change b a int, add column c int first',
  'insert into made values (0, 2, 10, 20)',
  'rename table moved to moved2, made to moved',
  'insert into moved2 values (2, 20)',
  'insert into moved values (0, 3, 10, 20)',
  'truncate table cut',
  'insert into cut values (2, 20)',
  'create table passing (id int primary key, z int)',
  'insert into passing values (1, 1)',
  'drop table passing',
  'create table passing (y int, id int primary key)',
  'insert into passing values (2, 2)',
];
const SPAN_ROWS = [
  'still {"id":1,"a":10}',
  'moved {"id":1,"a":10}',
  'cut {"id":1,"a":10}',
  'made {"id":1,"a":10,"b":20}',
  'made {"c":0,"id":2,"b":10,"a":20}',
  'moved2 {"id":2,"a":20}',
  'moved {"c":0,"id":3,"b":10,"a":20}',
  'cut {"id":2,"a":20}',
  'passing {"id":1,"z":1}',
  'passing {"y":2,"id":2}',
];
/** These had another definition in the span than they have now. */
const LOST = [
  'insert into changed values (1, 2, 3)',
  'alter table changed change a b int, change b a int',
  'insert into changed values (2, 2, 3)',
];

const SERVERS = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;

describe.each(SERVERS)('a start in the past without any history, %s', (name) => {
  const server = testServer(name);
  let sql: Sql;
  let start = '';
  let beforeLost = '';
  let afterLost = '';

  beforeAll(async () => {
    sql = await openSql(server);
    await sql.run(`drop database if exists ${database}`, `create database ${database}`);
    await sql.run(`use ${database}`, ...BEFORE);
    start = await end(sql);
    await sql.run(...IN_SPAN);
    beforeLost = await end(sql);
    await sql.run('insert into gone values (1, 2)', 'drop table gone');
    await sql.run(...LOST);
    afterLost = await end(sql);
    await sql.run('insert into changed values (3, 2, 3)', 'insert into still values (3, 3)');
  });
  afterAll(async () => {
    await sql.run(`drop database if exists ${database}`);
    await sql.close();
  });

  const without = ['changed', 'gone'].flatMap((table) => ['--exclude', `${database}.${table}`]);
  const include = ['--include', `${database}.*`];

  it('reads tables that no DDL touched since, that were made since, renamed, truncated and dropped since', async () => {
    const found = await tail(server, start, ...include, ...without);
    expect(rowsOf(found)).toEqual([...SPAN_ROWS, 'still {"id":3,"a":3}']);
  });

  it('stops by name at a table that was altered since, and says the ways out', async () => {
    const found = await tail(server, beforeLost, '--include', `${database}.changed`);
    expect(found.code).toBe(4);
    expect(found.stderr).toContain('SOURCE_SCHEMA_UNKNOWN');
    expect(found.stderr).toContain(`${database}.changed`);
    expect(found.stderr).toMatch(/binlog_row_metadata=FULL.*exclude.*start later/);
    const dropped = await tail(server, beforeLost, '--include', `${database}.gone`);
    expect(dropped.code).toBe(4);
    expect(dropped.stderr).toContain('SOURCE_SCHEMA_UNKNOWN');
  });

  it('reads the same table from behind its ALTER', async () => {
    const found = await tail(server, afterLost, ...include);
    expect(rowsOf(found)).toEqual(['changed {"id":3,"b":2,"a":3}', 'still {"id":3,"a":3}']);
  });
});

describe.each([
  ['97', 'FULL'],
  ['57', 'none'],
  ['11', 'FULL'],
] as const)('earliest and a time, own server %s, row metadata %s', (kind, metadata) => {
  let server: OwnServer;
  let sql: Sql;
  const isFull = metadata === 'FULL';
  let time = '';

  beforeAll(async () => {
    server = startOwnServer(kind, ...(isFull ? ['--binlog-row-metadata=FULL'] : []));
    sql = await openSql(server);
    await sql.run(`create database ${database}`, `use ${database}`, ...BEFORE);
    const now = async (): Promise<number> => Number(await sql.value('select unix_timestamp()'));
    const before = await now();
    // Headers have whole seconds.
    await waitFor('the next second', async () => (await now()) > before);
    time = new Date((before + 1) * 1000).toISOString();
    await sql.run(...IN_SPAN, ...LOST);
  });
  afterAll(async () => {
    try {
      await sql.close();
    } finally {
      server.destroy();
    }
  });

  const lost = ['changed {"id":1,"a":2,"b":3}', 'changed {"id":2,"b":2,"a":3}'];

  it('from the earliest: everything was made in the span', async () => {
    const found = await tail(server, 'earliest', '--include', `${database}.*`);
    expect(rowsOf(found)).toEqual([...SPAN_ROWS, ...lost]);
  });

  it('from a time', async () => {
    const found = await tail(server, time, '--include', `${database}.*`);
    if (isFull) expect(rowsOf(found)).toEqual([...SPAN_ROWS, ...lost]);
    else expect(found.stderr).toContain('SOURCE_SCHEMA_UNKNOWN');
  });
});
