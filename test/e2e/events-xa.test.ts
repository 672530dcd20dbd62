import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Replication } from '../support/replication.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';

const PAIRS = [
  ['src56', 'dst56'],
  ['src57', 'dst57'],
  ['src97', 'dst97'],
  ['src10', 'dst10'],
  ['src11', 'dst11'],
] as const;

const database = 'e2e_xa';
const BIG = "repeat('0123456789abcdef', 100000)";

/** A prepared group ends with its session on MySQL 5.6, so each keeps its own until it is committed. */
class XaSession {
  readonly sql: Sql;
  readonly xid: string;

  private constructor(sql: Sql, xid: string) {
    this.sql = sql;
    this.xid = xid;
  }

  static async prepare(port: number, xid: string, ...statements: string[]): Promise<XaSession> {
    const sql = await openSql({ port }, { database });
    await sql.run(`xa start ${xid}`, ...statements, `xa end ${xid}`, `xa prepare ${xid}`);
    return new XaSession(sql, xid);
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    await this.sql.run(`xa ${how} ${this.xid}`);
    await this.sql.close();
  }
}

describe.each(PAIRS)('XA, %s → %s', (sourceName, targetName) => {
  const [source, target] = [testServer(sourceName), testServer(targetName)];
  /** 5.6 logs an XA transaction at its commit, like any other. */
  const isPrepareLogged = sourceName !== 'src56';
  let pair: Replication;
  let open: XaSession[] = [];

  const prepare = async (xid: string, ...statements: string[]): Promise<XaSession> => {
    const session = await XaSession.prepare(source.port, xid, ...statements);
    open.push(session);
    return session;
  };

  beforeAll(async () => {
    pair = await Replication.open({ database, source, target });
    await pair.source.run(
      "create table t (id int primary key, v varchar(50), e enum('a','b') default 'b')",
      'create table big (id int primary key, v longtext)',
      "insert into t values (1, 'one', 'a'), (2, 'two', 'b')",
    );
    // The first copy, by hand.
    await pair.target.run(
      `use ${database}`,
      "create table t (id int primary key, v varchar(50), e enum('a','b') default 'b')",
      'create table big (id int primary key, v longtext)',
      "insert into t values (1, 'one', 'a'), (2, 'two', 'b')",
    );
    await pair.catchUp();
  });
  afterEach(async () => {
    // What a failed test left prepared would keep its locks for ever.
    for (const session of open) await session.end('rollback').catch(() => undefined);
    open = [];
  });
  afterAll(() => pair.close());

  it('a restart between prepare and commit loses nothing; ROLLBACK leaves nothing; ONE PHASE is as any other', async () => {
    const committed = await prepare(
      "X'00ff2722','b''q',7",
      "insert into t values (10, 'xa', 'a')",
      "update t set v = 'by xa' where id = 1",
      'delete from t where id = 2',
    );
    const rolledBack = await prepare("'gone'", "insert into t values (11, 'never', 'a')");
    const large = await prepare(
      "'large','branch',2147483647",
      ...[1, 2, 3, 4, 5].map((id) => `insert into big values (${id}, ${BIG})`),
    );
    await pair.source.run("insert into t values (12, 'between', 'a')");
    await pair.catchUp();
    expect(await pair.targetValues(`select id from ${database}.t order by id`)).toEqual([
      '1',
      '2',
      '12',
    ]);
    if (isPrepareLogged) {
      const kept = `select count(distinct xid) from ${pair.stateDatabase}.tailrace_prepared_xa`;
      expect(await pair.targetValues(kept)).toEqual(['3']);
    }
    await committed.end('commit');
    await rolledBack.end('rollback');
    await large.end('commit');
    const once = await openSql(source, { database });
    await once.run(
      "xa start 'one'",
      "insert into t values (13, 'one phase', 'a')",
      "xa end 'one'",
      "xa commit 'one' one phase",
      "xa start 'same run'",
      "insert into t values (14, 'same run', 'a')",
      "xa end 'same run'",
      "xa prepare 'same run'",
      "xa commit 'same run'",
      "xa start 'empty'",
      "xa end 'empty'",
      "xa prepare 'empty'",
      "xa commit 'empty'",
      "insert into t values (15, 'after', 'b')",
    );
    await once.close();
    await pair.catchUp();
    await pair.expectSame('t', 'big');
    const left = `select count(*) from ${pair.stateDatabase}.tailrace_prepared_xa`;
    expect(await pair.targetValues(left)).toEqual(['0']);
  });

  it('tail shows an XA transaction where it commits', async () => {
    const from = await pair.sourceEnd();
    const session = await prepare("'shown'", "insert into t values (20, 'shown', 'a')");
    await pair.source.run("insert into t values (21, 'before it', 'a')");
    await session.end('commit');
    const rows = await pair.tail(from);
    const ids = rows.map((row) => (row['data'] as { id: number }).id);
    expect(ids).toEqual([21, 20]);
    await pair.catchUp();
    await pair.expectSame('t');
  });

  it.runIf(isPrepareLogged)(
    'XA COMMIT of what was prepared before the start stops by name, and position skip goes past it',
    async () => {
      const session = await prepare("'early','x',3", "insert into t values (30, 'early', 'a')");
      const other = await prepare("'early2'", "insert into t values (31, 'early2', 'a')");
      const ended = await prepare("'early3'", "insert into t values (32, 'early3', 'a')");
      await pair.catchUp('--from', 'now', '--force');
      await ended.end('rollback');
      await session.end('commit');
      await other.end('commit');
      await pair.source.run("insert into t values (33, 'after', 'a')");
      const stop = await pair.expectStop(4, 'SOURCE_XA_UNKNOWN');
      expect(stop.stderr + stop.stdout).toContain('position skip');
      expect(stop.stderr + stop.stdout).toContain("X'6561726c79',X'78',3");
      await pair.skip('prepared before the start');
      await pair.expectStop(4, 'SOURCE_XA_UNKNOWN');
      await pair.skip('that one, too');
      await pair.catchUp();
      const ids = await pair.targetValues(
        `select id from ${database}.t where id >= 30 order by id`,
      );
      expect(ids).toEqual(['33']);
      const audit = `select reason from ${pair.stateDatabase}.tailrace_audit where action = 'position skip' order by id`;
      expect(await pair.targetValues(audit)).toEqual([
        'prepared before the start',
        'that one, too',
      ]);
    },
  );
});
