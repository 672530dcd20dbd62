import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableMapEvent } from '../../src/binlog/event.ts';
import type { BinlogCoordinates } from '../../src/core/position.ts';
import type { Table } from '../../src/core/table.ts';
import { captureSchema } from '../../src/schema/capture.ts';
import { classifyStatement } from '../../src/schema/classify-statement.ts';
import { SchemaHistory, type ScannedDdl } from '../../src/schema/schema-history.ts';
import { connectServer, type ServerConnection } from '../../src/server/connect.ts';
import { startOwnServer, testServer, type OwnServer, type TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { binlogHead, readBinlog, type PlacedEvent } from './binlog-file.ts';

const DATABASE = 'tailrace_schema_hist';

const COMMON = `a tinyint, b tinyint unsigned, c smallint, d mediumint, e int unsigned, f bigint,
  g decimal(65,30), h decimal(5), i float, j double, k bit(1), l bit(33), m year, n date, o time, p time(3),
  q datetime, r datetime(6), s timestamp null, t timestamp(2) null, u char(5), v char(200) charset utf8mb4,
  w varchar(20), x varchar(300) charset utf8, y binary(16), z varbinary(4), aa tinytext, ab text, ac mediumtext,
  ad longtext charset ucs2, ae tinyblob, af blob, ag mediumblob, ah longblob, ai enum('a','b'),
  aj set('x','y','z','1','2','3','4','5','6'), ak point, al geometry, am char(4) not null,
  an varchar(3) charset gbk, ao int not null, ap nchar(3), aq enum('é') charset latin1`;

const MORE: Record<string, string> = {
  src56: '',
  src57: ', ba json, bb int as (ao + 1) virtual, bc int as (ao + 2) stored',
  src97:
    ', ba json, bb int as (ao + 1) virtual, bc int as (ao + 2) stored, bd vector(3), be int invisible',
  src10: `, ba json, bb int as (ao + 1) virtual, bc int as (ao + 2) stored, bd uuid, be int invisible,
    bf inet6, bg inet4, bh varchar(50) compressed, bi text compressed, bj varbinary(9) compressed,
    unique lu (ab), unique lv (af, ao)`,
};
MORE['src11'] = `${MORE['src10'] ?? ''}, bk vector(4)`;

interface Session {
  readonly server: TestServer;
  readonly sql: Sql;
  readonly connection: ServerConnection;
}

async function open(server: TestServer): Promise<Session> {
  const sql = await openSql(server);
  await sql.run(`drop database if exists ${DATABASE}`, `create database ${DATABASE}`);
  await sql.run(`use ${DATABASE}`, "set sql_mode = ''");
  const options = {
    hosts: [`127.0.0.1:${server.port}`],
    user: 'root',
    password: '',
    tls: 'disabled',
    tlsCa: undefined,
  } as const;
  return { server, sql, connection: await connectServer(options, 'source') };
}

async function close({ sql, connection }: Session): Promise<void> {
  await sql.run(`drop database if exists ${DATABASE}`);
  await sql.close();
  await connection.close();
}

function newHistory({ connection }: Session): SchemaHistory {
  const { flavor, versionNumber, lowerCaseTableNames } = connection.info;
  return new SchemaHistory({ flavor, versionNumber, lowerCaseTableNames });
}

const capture = ({ connection }: Session) =>
  captureSchema(connection, { includeTable: ({ database }) => database === DATABASE });

function ddlOf({ event, coordinates }: PlacedEvent, session: Session): ScannedDdl | undefined {
  if (event.kind !== 'query') return undefined;
  const { statement, database, context } = event;
  const { flavor, versionNumber } = session.connection.info;
  const { sqlModeNames } = context;
  const options = { flavor, versionNumber, sqlModeNames, defaultDatabase: database };
  if (classifyStatement(statement, options).kind !== 'ddl') return undefined;
  return { coordinates, statement, database, context };
}

const isOurs = (event: PlacedEvent['event']): event is TableMapEvent =>
  event.kind === 'table-map' && event.database === DATABASE;

const visibleNames = (table: Table): string[] =>
  table.columns.filter((column) => !column.isHidden).map((column) => column.name);

describe.each(['src56', 'src57', 'src97', 'src10', 'src11'] as const)('history on %s', (name) => {
  let session: Session;
  let start: BinlogCoordinates;

  beforeAll(async () => {
    session = await open(testServer(name));
    start = await binlogHead(session.sql);
  });

  afterAll(async () => {
    await close(session);
  });

  it('accepts the table maps of every type, captured and moved', async () => {
    const { sql } = session;
    const head = await binlogHead(sql);
    await sql.run(
      `create table every (${COMMON}${MORE[name] ?? ''}, primary key (ao))`,
      "insert into every (ao, am) values (1, 'x')",
    );
    const learned = newHistory(session);
    learned.learn(await capture(session), []);
    const moved = newHistory(session);
    moved.learn({ databases: [], tables: [], hasExplicitTimestamps: true }, []);
    let maps = 0;
    for (const placed of readBinlog(session.server, head)) {
      const ddl = ddlOf(placed, session);
      // The database was made before: its default is known from the capture alone.
      if (ddl !== undefined && ddl.database === DATABASE) {
        moved.learn({ ...(await capture(session)), tables: [] }, []);
        moved.applyDdl(ddl);
      }
      const { event } = placed;
      if (!isOurs(event)) continue;
      maps++;
      const table = learned.tableFor(event);
      expect(table.columns.length).toBe(event.columnCount);
      expect(moved.tableFor(event)).toEqual(table);
      expect(learned.tableFor({ ...event, body: Buffer.from(event.body) })).toBe(table);
    }
    expect(maps).toBe(1);
  });

  it('reads yesterday by what held yesterday', async () => {
    const { sql } = session;
    const expected: string[] = [];
    const insert = async (table: string): Promise<void> => {
      const columns = await sql.rows(`show columns from ${table}`);
      expected.push(`${table}: ${columns.map((column) => String(column['Field'])).join()}`);
      await sql.run(`insert into ${table} () values ()`);
    };
    await sql.run(
      'create table still (x int, y varchar(3))',
      'create table moving (a int, b varchar(9))',
      'create table gone (a int, b int)',
    );
    const from = await binlogHead(sql);
    await insert('still');
    await sql.run('create table made (p int, q int)');
    await insert('made');
    await sql.run('alter table made add z bigint first');
    await insert('made');
    await sql.run('rename table still to still2');
    await insert('still2');
    await sql.run('alter table made change p q2 int, change q p varchar(5)');
    await insert('made');
    await sql.run('create table swap1 (s1 int, t1 int)', 'create table swap2 (s2 int, t2 int)');
    await insert('swap1');
    await sql.run('rename table swap1 to tmp, swap2 to swap1, tmp to swap2');
    await insert('swap1');
    await insert('swap2');
    await sql.run('drop table made', 'create table made (p int, q int, r int)');
    await insert('made');
    await sql.run('alter table moving add c int first');
    await insert('moving');
    await sql.run('drop table gone', 'create table made_like like made', 'truncate made');
    await insert('made_like');

    const events = readBinlog(session.server, from);
    const span = events.flatMap((placed) => ddlOf(placed, session) ?? []);
    const history = newHistory(session);
    history.learn(await capture(session), span);
    // A restart on the way loses nothing.
    const restored = newHistory(session);
    restored.restore(new Map(history.state()));
    for (const each of [history, restored]) {
      const read: string[] = [];
      for (const placed of events) {
        const ddl = ddlOf(placed, session);
        if (ddl !== undefined) each.applyDdl(ddl);
        if (!isOurs(placed.event)) continue;
        read.push(`${placed.event.table}: ${visibleNames(each.tableFor(placed.event)).join()}`);
      }
      expect(read).toEqual(expected);
    }
  });

  it('does not take today for yesterday', async () => {
    const { sql } = session;
    await sql.run('create table changed (a int, b int)');
    const from = await binlogHead(sql);
    await sql.run(
      'insert into changed values (1, 2)',
      'alter table changed change a b2 int, change b a int',
    );
    await sql.run('insert into changed values (1, 2)');
    const events = readBinlog(session.server, from);
    const span = events.flatMap((placed) => ddlOf(placed, session) ?? []);
    const history = newHistory(session);
    history.learn(await capture(session), span);
    const [before, after] = events.map(({ event }) => event).filter(isOurs);
    if (before === undefined || after === undefined) throw new Error('no table maps');
    expect(() => history.tableFor(before)).toThrow(
      expect.objectContaining({ code: 'SOURCE_SCHEMA_UNKNOWN' }) as Error,
    );
    for (const ddl of span) history.applyDdl(ddl);
    expect(visibleNames(history.tableFor(after))).toEqual(['b2', 'a']);
  });

  it('starts in the past of everything', async () => {
    const events = readBinlog(session.server, start);
    const span = events.flatMap((placed) => ddlOf(placed, session) ?? []);
    const history = newHistory(session);
    history.learn(await capture(session), span);
    let known = 0;
    for (const placed of events) {
      const ddl = ddlOf(placed, session);
      if (ddl !== undefined) history.applyDdl(ddl);
      if (!isOurs(placed.event)) continue;
      expect(history.tableFor(placed.event).columns.length).toBe(placed.event.columnCount);
      known++;
    }
    expect(known).toBeGreaterThan(10);
  });
});

describe.each(['97', '10', '11'] as const)('full row metadata on server %s', (kind) => {
  let server: OwnServer;
  let session: Session;

  beforeAll(async () => {
    server = startOwnServer(kind, '--binlog-row-metadata=FULL');
    session = await open(server);
  });

  afterAll(async () => {
    await session.sql.close();
    await session.connection.close();
    server.destroy();
  });

  it('is enough without a history, and agrees with one', async () => {
    const { sql } = session;
    const from = await binlogHead(sql);
    const columns = `id int unsigned not null, a varchar(9) charset latin1, b enum('a','it''s','ü'), c point,
      d text charset utf8, e set('p','q') charset ucs2, f decimal(9,3), g bigint unsigned, h datetime(3),
      i varbinary(7), j longblob, k char(3) charset utf8mb4, l year, m bit(9), n timestamp(1) null, o tinyint`;
    await sql.run(
      `create table full_ (${columns}, primary key (id))`,
      'insert into full_ (id) values (1)',
    );
    const history = newHistory(session);
    const [event] = readBinlog(session.server, from)
      .map((placed) => placed.event)
      .filter(isOurs);
    if (event === undefined) throw new Error('no table map');
    const fromEvent = history.tableFor(event);
    expect(history.tableFor({ ...event, tableId: 1 })).toBe(fromEvent);
    history.learn(await capture(session), []);
    const captured = history.tableFor(event);
    const comparable = ({ columns: all, primaryKey }: Table) => ({
      primaryKey,
      columns: all.map((column) => ({
        ...column,
        // Widths of integers and years are in no event.
        columnType: column.columnType.replace(/^((?:tiny|small|medium|big)?int|year)\(\d+\)/, '$1'),
      })),
    });
    expect(comparable(captured)).toEqual(comparable(fromEvent));
  });

  it('reads hidden columns', { skip: kind === '97' }, async () => {
    const { sql } = session;
    const from = await binlogHead(sql);
    await sql.run(
      'create table hidden_ (a int, t text unique, u uuid) with system versioning',
      'insert into hidden_ values (1, 2, uuid())',
    );
    const [event] = readBinlog(session.server, from)
      .map((placed) => placed.event)
      .filter(isOurs);
    if (event === undefined) throw new Error('no table map');
    // UUID and BINARY(16) look alike: without a history nobody can tell.
    expect(() => newHistory(session).tableFor(event)).toThrow(
      expect.objectContaining({ code: 'SOURCE_SCHEMA_UNKNOWN' }) as Error,
    );
    const history = newHistory(session);
    history.learn(await capture(session), []);
    const table = history.tableFor(event);
    expect(table.columns.map((column) => [column.name, column.isHidden])).toEqual([
      ['a', false],
      ['t', false],
      ['u', false],
      ['row_start', true],
      ['row_end', true],
      ['DB_ROW_HASH_1', true],
    ]);
  });
});
