import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServer, startOwnServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';
import { WIRE_TYPE } from '../../../src/binlog/wire-types.ts';
import { captureRows } from './captured-rows.ts';
import type { ValueCase } from './value-cases.ts';
import { ValueChecker } from './value-checker.ts';

const DATABASE = 'tr_old_temporals';

/** Types 7, 11 and 12: without digits they are those of MySQL before 5.6. */
function casesOf(digits: number): ValueCase[] {
  return [
    {
      type: `time(${digits})`,
      values: [
        "'00:00:00'",
        "'-00:00:01'",
        "'838:59:59'",
        "'-838:59:59'",
        "'-01:00:00.100000'",
        "'12:34:56.123456'",
      ],
    },
    {
      type: `datetime(${digits})`,
      values: [
        "'2024-02-29 12:34:56.123456'",
        "'0000-00-00 00:00:00'",
        "'9999-12-31 23:59:59.999999'",
        "'2024-00-15 01:02:03.9'",
      ],
    },
    {
      type: `timestamp(${digits}) null`,
      values: [
        "'2024-03-31 01:30:00.123456'",
        "'0000-00-00 00:00:00'",
        "'1970-01-01 00:00:01'",
        "'2038-01-19 03:14:07.999999'",
      ],
    },
  ];
}

describe('temporal types of MariaDB with mysql56_temporal_format=OFF', () => {
  let server: OwnServer;
  let sql: Sql;

  beforeAll(async () => {
    server = startOwnServer('10', '--mysql56-temporal-format=OFF');
    sql = await openSql(server);
    await sql.run("SET SESSION sql_mode = '', time_zone = '+00:00'", `CREATE DATABASE ${DATABASE}`);
  });

  afterAll(async () => {
    await sql.close();
    server.destroy();
  });

  it('are read, with 0 to 6 digits', async () => {
    const checker = new ValueChecker(sql, DATABASE, false);
    await checker.checkValues('t', [0, 1, 2, 3, 4, 5, 6].flatMap(casesOf));
    const [captured] = await captureRows(sql, DATABASE, () =>
      sql.run(`INSERT INTO ${DATABASE}.t (id) VALUES (9000)`),
    );
    const types = new Set(captured?.tableMap.columnTypes);
    expect([...types]).toEqual([
      WIRE_TYPE.LONG,
      WIRE_TYPE.TIME,
      WIRE_TYPE.DATETIME,
      WIRE_TYPE.TIMESTAMP,
    ]);
  });
});
