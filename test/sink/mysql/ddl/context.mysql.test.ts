import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementContext } from '../../../../src/core/change.ts';
import type { DdlHost } from '../../../../src/sink/mysql/ddl/host.ts';
import { DdlBench, TARGETS, isMariadb, makeChange } from './ddl-fixtures.ts';

const LATIN1_SWEDISH = 8;
const UTF8MB4_0900 = 255;

describe.each(TARGETS)('context of a DDL on %s', (name) => {
  const db = 'e3_ctx';
  let bench: DdlBench;
  const apply = (
    statement: string,
    context: Partial<StatementContext> = {},
    host: Partial<DdlHost> = {},
  ) =>
    bench.apply(makeChange(statement, { database: db, context, isMariadb: isMariadb(name) }), host);
  const definition = async (table: string): Promise<string> => {
    const [row] = await bench.sql.rows(`SHOW CREATE TABLE ${db}.${table}`);
    return String(row?.['Create Table']);
  };
  const value = (select: string) => bench.sql.value(select);

  beforeAll(async () => {
    bench = await DdlBench.open(name, 'e3_ctx_state');
    await bench.sql.run(
      `DROP DATABASE IF EXISTS ${db}`,
      `CREATE DATABASE ${db} CHARACTER SET utf8mb4`,
    );
  });
  afterAll(async () => {
    await bench.sql.run(`DROP DATABASE IF EXISTS ${db}`);
    await bench.close();
  });

  it('reads double quotes as ANSI_QUOTES says', async () => {
    await apply('CREATE TABLE "ansi" ("a b" INT)', { sqlModeNames: ['ANSI_QUOTES'] });
    expect(await definition('ansi')).toContain('`a b` int');
  });

  it('reads backslashes as NO_BACKSLASH_ESCAPES says', async () => {
    const sqlModeNames = ['NO_BACKSLASH_ESCAPES'];
    await apply(String.raw`CREATE TABLE slash (a VARCHAR(9) DEFAULT 'x\')`, { sqlModeNames });
    await apply(String.raw`CREATE TABLE noslash (a VARCHAR(9) DEFAULT 'x\\')`);
    await bench.sql.run(`INSERT INTO ${db}.slash VALUES ()`, `INSERT INTO ${db}.noslash VALUES ()`);
    expect(await value(`SELECT a FROM ${db}.slash`)).toBe('x\\');
    expect(await value(`SELECT a FROM ${db}.noslash`)).toBe('x\\');
  });

  it('keeps what a latin1 client wrote, with an introducer and without', async () => {
    await apply(
      `CREATE TABLE latin (a VARCHAR(9) CHARACTER SET utf8 DEFAULT 'é', b VARCHAR(9) CHARACTER SET utf8 DEFAULT _latin1'é', ü INT)`,
      { characterSetClient: LATIN1_SWEDISH, collationConnection: LATIN1_SWEDISH },
    );
    await bench.sql.run(`INSERT INTO ${db}.latin (ü) VALUES (1)`);
    expect(await value(`SELECT HEX(CONCAT(a, b)) FROM ${db}.latin`)).toBe('C3A9C3A9');
  });

  it('has the time of the source', async () => {
    await apply('CREATE TABLE timed (id INT)');
    await bench.sql.run(`INSERT INTO ${db}.timed VALUES (1)`);
    await apply(
      'ALTER TABLE timed ADD COLUMN d DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)',
      {
        timestamp: 1_600_000_000,
        timestampMicros: 42,
        timeZone: '+03:00',
      },
    );
    expect(await value(`SELECT d FROM ${db}.timed`)).toBe('2020-09-13 15:26:40.000042');
  });

  it('takes the offset of a zone that the target does not know and that never changed', async () => {
    const table = (n: number) =>
      `CREATE TABLE zone${n} (t TIMESTAMP DEFAULT '2020-01-01 10:00:00')`;
    await apply(table(1), { timeZone: 'Asia/Dubai' });
    const code = 'TARGET_STATEMENT_REFUSED';
    const known = await value("SELECT CONVERT_TZ('2020-01-01', 'UTC', 'Europe/Berlin')");
    if (known === null) {
      await expect(apply(table(2), { timeZone: 'Europe/Berlin' })).rejects.toMatchObject({ code });
    }
    await apply(
      table(3),
      { timeZone: 'SYSTEM' },
      {
        source: { flavor: 'mysql', versionNumber: 90_704, systemTimeZone: '-02:00' },
      },
    );
    await bench.sql.run(
      "SET time_zone = '+00:00'",
      `INSERT INTO ${db}.zone1 VALUES ()`,
      `INSERT INTO ${db}.zone3 VALUES ()`,
    );
    expect(await value(`SELECT t FROM ${db}.zone1`)).toBe('2020-01-01 06:00:00');
    expect(await value(`SELECT t FROM ${db}.zone3`)).toBe('2020-01-01 12:00:00');
  });

  it('has the checks of the source', async () => {
    const child = 'CREATE TABLE child (p INT, FOREIGN KEY (p) REFERENCES nowhere (id))';
    await apply(child, { noForeignKeyChecks: true });
    expect(await definition('child')).toContain('REFERENCES');
    await bench.sql.run(`DROP TABLE ${db}.child`);
  });

  it('counts as the source counted', async () => {
    const alter = (table: string) =>
      `ALTER TABLE ${db}.${table} ADD id INT AUTO_INCREMENT PRIMARY KEY`;
    await bench.sql.run(
      ...['counted', 'expected'].flatMap((table) => [
        `CREATE TABLE ${db}.${table} (v INT)`,
        `INSERT INTO ${db}.${table} VALUES (1), (2)`,
      ]),
      'SET auto_increment_increment = 10, auto_increment_offset = 7',
      alter('expected'),
      'SET auto_increment_increment = 1, auto_increment_offset = 1',
    );
    await apply(alter('counted'), {
      autoIncrementIncrement: 10,
      autoIncrementOffset: 7,
    });
    const ids = (table: string) => value(`SELECT GROUP_CONCAT(id ORDER BY id) FROM ${db}.${table}`);
    expect(await ids('counted')).toBe(await ids('expected'));
    expect(await ids('counted')).toMatch(/7,\d?\d7/);
  });

  it('gives TIMESTAMP columns the defaults that they got on the source', async () => {
    if (name === 'dst56') return;
    await apply(
      'CREATE TABLE stamps (t TIMESTAMP)',
      {},
      {
        source: { flavor: 'mysql', versionNumber: 50_729 },
      },
    );
    await apply('CREATE TABLE stamps2 (t TIMESTAMP)', { explicitDefaultsForTimestamp: true });
    expect(await definition('stamps')).toMatch(/NOT NULL DEFAULT current_timestamp/i);
    expect(await definition('stamps2')).toMatch(/`t` timestamp NULL DEFAULT NULL/i);
  });

  it('means utf8mb4_general_ci by utf8mb4 where the source did', async () => {
    await apply(
      'CREATE TABLE general (a VARCHAR(9)) CHARSET utf8mb4',
      {},
      {
        source: {
          flavor: isMariadb(name) ? 'mariadb' : 'mysql',
          versionNumber: isMariadb(name) ? 101_119 : 50_729,
        },
      },
    );
    const collation = `SELECT TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${db}' AND TABLE_NAME = 'general'`;
    expect(await value(collation)).toBe('utf8mb4_general_ci');
  });

  it('makes a database with the collation of the source or not at all', async () => {
    const context = { collationServer: UTF8MB4_0900 };
    const known = await value(
      "SELECT COUNT(*) FROM information_schema.COLLATIONS WHERE COLLATION_NAME = 'utf8mb4_0900_ai_ci'",
    );
    await bench.sql.run('DROP DATABASE IF EXISTS e3_ctx_new');
    if (known === '1') {
      await apply('CREATE DATABASE e3_ctx_new', context);
      const collation = await value(
        "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'e3_ctx_new'",
      );
      if (!isMariadb(name)) expect(collation).toBe('utf8mb4_0900_ai_ci');
    } else {
      await expect(apply('CREATE DATABASE e3_ctx_new', context)).rejects.toMatchObject({
        code: 'TARGET_STATEMENT_REFUSED',
      });
      await apply('CREATE DATABASE e3_ctx_new CHARACTER SET latin1', context);
    }
    await bench.sql.run('DROP DATABASE IF EXISTS e3_ctx_new');
  });

  it('stops before a mode that the target does not have and that changes the meaning', async () => {
    const change = apply('CREATE TABLE oracle (a INT)', { sqlModeNames: ['ORACLE'] });
    if (name === 'dst97')
      await expect(change).rejects.toMatchObject({ code: 'TARGET_STATEMENT_REFUSED' });
    else expect(await change).toMatchObject({ kind: 'applied' });
  });

  it('writes no binlog where sql_log_bin is off', async () => {
    await apply('CREATE TABLE unlogged_e3 (a INT)', {}, { sqlLogBin: false });
    const files = await bench.sql.rows('SHOW BINARY LOGS');
    const events = await bench.sql.rows(
      `SHOW BINLOG EVENTS IN '${String(files.at(-1)?.['Log_name'])}'`,
    );
    const own = events.filter((e) =>
      /^(use .*)?\/\* tailrace \*\/ CREATE TABLE unlogged_e3/.test(String(e['Info'])),
    );
    expect(own).toEqual([]);
    expect(await definition('unlogged_e3')).toContain('`a` int');
  });
});
