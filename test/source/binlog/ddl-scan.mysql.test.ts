import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Position } from '../../../src/core/position.ts';
import type { ServerConnection } from '../../../src/server/connect.ts';
import { connectServer } from '../../../src/server/connect.ts';
import { readHead } from '../../../src/source/binlog/read-head.ts';
import { scanDdl } from '../../../src/source/binlog/ddl-scan.ts';
import { testServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';

const database = 'ddl_scan';
const SERVERS = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;

describe.each(SERVERS)('DDL between two positions, %s', (name) => {
  const { port } = testServer(name);
  const server = {
    hosts: [`127.0.0.1:${port}`],
    user: 'root',
    password: '',
    tls: 'disabled',
    tlsCa: undefined,
  } as const;
  let sql: Sql;
  let connection: ServerConnection;

  beforeAll(async () => {
    sql = await openSql({ port });
    connection = await connectServer(server, 'source');
    await sql.run(`drop database if exists ${database}`, `create database ${database}`);
    await sql.run(`use ${database}`, 'create table t (a int primary key, v longtext)');
  });
  afterAll(async () => {
    await sql.run(`drop database if exists ${database}`);
    await sql.close();
    await connection.close();
  });

  const scan = async (from: Position, to: Position): Promise<string[]> => {
    const { flavor, versionNumber } = connection.info;
    const signal = AbortSignal.timeout(30_000);
    const options = { server, flavor, versionNumber, heartbeatSeconds: 1, signal };
    const found = await scanDdl(from, to, options);
    return found
      .filter((ddl) => ddl.database === database)
      .map(({ coordinates: { file, offset }, statement }) => `${file}:${offset} ${statement}`);
  };

  it('is found at its own coordinates, by GTID and by file and offset, over much else', async () => {
    const from = await readHead(connection);
    await sql.run('alter table t add b int');
    // More than one read of the socket.
    for (let id = 0; id < 8; id++) {
      await sql.run(`insert into t values (${id}, repeat('x', 500000), 1)`);
    }
    await sql.run('alter table t drop b', 'begin', 'delete from t', 'commit', 'truncate table t');
    const to = await readHead(connection);
    const { file, offset } = from.coordinates;
    const events = await sql.rows(`show binlog events in '${file}' from ${offset}`);
    const expected = events
      .filter(({ Info }) => /use `ddl_scan`; (alter|truncate)/.test(String(Info)))
      .map(({ Pos, Info }) => {
        const [, statement = ''] = /; (.*?)( \/\* xid=\d+ \*\/)?$/.exec(String(Info)) ?? [];
        return `${file}:${String(Pos)} ${statement}`;
      });
    expect(expected.length).toBe(3);
    expect(await scan(from, to)).toEqual(expected);
    expect(await scan({ kind: 'coordinates', coordinates: from.coordinates }, to)).toEqual(
      expected,
    );
  });
});
