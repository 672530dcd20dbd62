import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Replication } from '../support/replication.ts';
import type { Sql } from '../support/sql.ts';

export type Kind = 'mysql56' | 'mysql57' | 'mysql97' | 'mariadb10' | 'mariadb11';

/**
 * Something that users do on a source, with the tables that show whether it arrived. All scenarios of
 * a server are written one after the other and read by one run of the command.
 */
export interface Scenario {
  readonly name: string;
  /** Default: every server. */
  readonly on?: readonly Kind[];
  /** On a session of its own, its default database set. */
  readonly write: (sql: Sql, replication: Replication) => Promise<void>;
  /** Compared on both ends. */
  readonly tables: readonly string[];
  readonly check?: (replication: Replication) => Promise<void>;
}

const MARIADB = ['mariadb10', 'mariadb11'] as const;
const MYSQL = ['mysql56', 'mysql57', 'mysql97'] as const;
/** Larger than the parts in which a transaction is handed on. */
const BIG = "repeat('abcdefgh', 200000)";

const lines = (...statements: string[]) => {
  return (sql: Sql): Promise<void> => sql.run(...statements);
};

async function writeLoadData(sql: Sql, { workspace }: Replication): Promise<void> {
  await sql.run('create table loaded (id int primary key, v varchar(50), n decimal(6,2))');
  const path = join(workspace.dir, 'rows.csv');
  const rows = Array.from({ length: 500 }, (_, i) => `${i},"é ${i}\\, \\"x\\"",${i}.25`);
  writeFileSync(path, `${rows.join('\n')}\n`);
  await sql.connection.query({
    sql: `LOAD DATA LOCAL INFILE 'rows.csv' INTO TABLE loaded CHARACTER SET utf8mb4
      FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'`,
    infileStreamFactory: () => createReadStream(path),
  });
  await sql.run(
    'create table loaded2 like loaded',
    `LOAD DATA INFILE '${path}' INTO TABLE loaded2 CHARACTER SET utf8mb4
      FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' (id, v, @n) SET n = @n * 2`,
  );
}

/** MyISAM on the source, InnoDB on the target, which each user makes by hand. */
export async function makeMyisam(
  { source, target, database }: Replication,
  table: string,
  type = 'varchar(20)',
): Promise<void> {
  const columns = `(id int primary key, v ${type})`;
  await source.run(
    'set sql_log_bin = 0',
    `create table ${database}.${table} ${columns} engine=myisam`,
    'set sql_log_bin = 1',
  );
  await target.run(`create table ${database}.${table} ${columns} engine=innodb`);
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'savepoints: what ROLLBACK TO took back never arrives, the rest does',
    tables: ['saved'],
    write: lines(
      'create table saved (id int primary key, v varchar(20))',
      'begin',
      "insert into saved values (1, 'a')",
      'savepoint `s 1`',
      "insert into saved values (2, 'b')",
      'savepoint s2',
      "insert into saved values (3, 'c')",
      'rollback to s2',
      "insert into saved values (4, 'd')",
      'release savepoint s2',
      'rollback to savepoint `s 1`',
      "insert into saved values (5, 'e')",
      'savepoint `S 1`',
      "update saved set v = 'f' where id = 5",
      'rollback to `s 1`',
      "insert into saved values (6, 'g')",
      'commit',
      'begin',
      'insert into saved values (7, 7)',
      'rollback',
      'insert into saved values (8, 8)',
    ),
    check: async (pair) => {
      const ids = await pair.targetValues(`select id from ${pair.database}.saved order by id`);
      expect(ids).toEqual(['1', '5', '6', '8']);
    },
  },
  {
    name: 'savepoints in a transaction larger than one part',
    tables: ['saved_big'],
    write: lines(
      'create table saved_big (id int primary key, v longtext)',
      'begin',
      ...[1, 2].map((id) => `insert into saved_big values (${id}, ${BIG})`),
      'savepoint s1',
      ...[3, 4, 5, 6].map((id) => `insert into saved_big values (${id}, ${BIG})`),
      'rollback to s1',
      ...[7, 8].map((id) => `insert into saved_big values (${id}, ${BIG})`),
      'commit',
    ),
  },
  {
    name: 'ROLLBACK TO beside MyISAM rows stays in the binlog, and is obeyed',
    on: MARIADB,
    tables: ['mixed_t', 'mixed_m'],
    write: async (sql, pair) => {
      await makeMyisam(pair, 'mixed_m');
      await sql.run(
        'create table mixed_t (id int primary key, v varchar(20)) engine=innodb',
        'begin',
        "insert into mixed_t values (1, 'a')",
        'savepoint s1',
        "insert into mixed_t values (2, 'b')",
        "insert into mixed_m values (2, 'kept')",
        'rollback to s1',
        "insert into mixed_t values (3, 'c')",
        'commit',
        'begin',
        "insert into mixed_t values (4, 'd')",
        "insert into mixed_m values (4, 'kept')",
        'rollback',
        'insert into mixed_m select id + 10, v from mixed_t',
        "update mixed_t, mixed_m set mixed_t.v = 'both', mixed_m.v = 'both' where mixed_t.id + 10 = mixed_m.id",
      );
    },
    check: async (pair) => {
      const ids = await pair.targetValues(`select id from ${pair.database}.mixed_m order by id`);
      expect(ids).toEqual(['2', '4', '11', '13']);
    },
  },
  {
    name: 'ROLLBACK TO of rows that were handed on already: read again without them',
    on: MARIADB,
    tables: ['reread_t', 'reread_m'],
    write: async (sql, pair) => {
      await makeMyisam(pair, 'reread_m');
      const insert = (...ids: number[]): string[] =>
        ids.map((id) => `insert into reread_t values (${id}, ${BIG})`);
      await sql.run(
        'create table reread_t (id int primary key, v longtext) engine=innodb',
        'begin',
        ...insert(1),
        'savepoint s1',
        ...insert(2, 3, 4, 5),
        'savepoint s2',
        ...insert(6, 7, 8, 9),
        "insert into reread_m values (1, 'kept')",
        'rollback to s2',
        ...insert(10, 11, 12, 13),
        'rollback to s1',
        ...insert(14, 15),
        'commit',
        "insert into reread_m values (2, 'after')",
      );
    },
    check: async (pair) => {
      const ids = await pair.targetValues(`select id from ${pair.database}.reread_t order by id`);
      expect(ids).toEqual(['1', '14', '15']);
    },
  },
  {
    name: 'ROLLBACK that is in the binlog (a temporary table was made in between)',
    on: MARIADB,
    tables: ['rolled'],
    write: lines(
      'create table rolled (id int primary key, v longtext)',
      'begin',
      "insert into rolled values (1, 'x')",
      'create temporary table rolled_tmp (a int)',
      'rollback',
      'begin',
      ...[2, 3, 4, 5].map((id) => `insert into rolled values (${id}, ${BIG})`),
      'drop temporary table rolled_tmp',
      'rollback',
      "insert into rolled values (6, 'y')",
    ),
  },
  {
    name: 'MyISAM groups, which end with COMMIT instead of XID',
    tables: ['isam', 'isam_t'],
    write: async (sql, pair) => {
      await makeMyisam(pair, 'isam');
      await sql.run(
        'create table isam_t (id int primary key, v varchar(20)) engine=innodb',
        "insert into isam values (1, 'a'), (2, 'b'), (3, 'c')",
        "update isam set v = 'changed' where id <= 2",
        'delete from isam where id = 2',
        'insert into isam_t select * from isam',
        "replace into isam values (1, 'replaced')",
      );
      // A statement that fails half-way leaves what it wrote.
      await sql.run("insert into isam values (10, 'half'), (1, 'twice')").catch(() => undefined);
    },
    check: async (pair) => {
      const ids = await pair.targetValues(`select id from ${pair.database}.isam order by id`);
      expect(ids).toEqual(['1', '3', '10']);
    },
  },
  {
    name: 'LOAD DATA, LOCAL and not',
    tables: ['loaded', 'loaded2'],
    write: writeLoadData,
  },
  {
    name: 'CREATE TABLE … SELECT',
    on: ['mysql97', 'mariadb10', 'mariadb11'],
    tables: ['ctas', 'ctas_key', 'ctas_from'],
    write: lines(
      'create table ctas_from (id int unsigned primary key, v varchar(20), d decimal(8,3))',
      "insert into ctas_from values (1, 'é', 1.5), (4294967295, null, -2)",
      'create table ctas select * from ctas_from',
      "create table ctas_key (id int unsigned not null, extra varchar(10) default 'x', primary key (id)) select id, concat(v, '!') as w from ctas_from",
      "insert into ctas select id, 'later', 3 from ctas_from",
    ),
  },
  {
    name: 'temporary tables leave no trace but the rows copied from them',
    tables: ['from_tmp'],
    write: lines(
      'create table from_tmp (id int primary key, v varchar(20))',
      'create temporary table tmp1 (id int primary key, v varchar(20))',
      "insert into tmp1 values (1, 'a'), (2, 'b')",
      'insert into from_tmp select * from tmp1',
      'alter table tmp1 add column w int',
      'truncate table tmp1',
      'drop temporary table tmp1',
      // Hides the table of the same name for this session alone.
      'create temporary table from_tmp (nothing_like_it blob)',
      "insert into from_tmp values ('hidden')",
      'drop table from_tmp',
    ),
    check: async (pair) => {
      const names = await pair.targetValues(
        `select table_name from information_schema.tables where table_schema = '${pair.database}' and table_name like 'tmp%'`,
      );
      expect(names).toEqual([]);
    },
  },
  {
    name: 'implicit commits: DDL ends the transaction before it',
    tables: ['implicit', 'implicit2'],
    write: lines(
      'create table implicit (id int primary key, v varchar(20))',
      'begin',
      "insert into implicit values (1, 'a')",
      'create table implicit2 (id int primary key)',
      'insert into implicit2 values (1)',
      'alter table implicit add column w int',
      'rollback',
      'begin',
      'insert into implicit values (2, 2, 2)',
      'set autocommit = 0',
      'insert into implicit2 values (3)',
      'truncate table implicit2',
      'insert into implicit2 values (4)',
      'set autocommit = 1',
    ),
  },
  {
    name: 'TRUNCATE, and DROP and RENAME of several tables at once',
    tables: ['trunc', 'renamed_a', 'renamed_b'],
    write: lines(
      'create table trunc (id int auto_increment primary key, v int)',
      'insert into trunc (v) values (1), (2)',
      'truncate trunc',
      'insert into trunc (v) values (3)',
      'create table dropped_a (id int)',
      'create table dropped_b (id int)',
      'insert into dropped_a values (1)',
      'drop table if exists dropped_a, not_there, dropped_b',
      'create table first_a (id int primary key, v varchar(5))',
      'create table first_b (id int primary key, n int)',
      "insert into first_a values (1, 'a')",
      'insert into first_b values (1, 1)',
      'rename table first_a to swap_tmp, first_b to first_a, swap_tmp to first_b',
      'insert into first_a values (2, 2)',
      "insert into first_b values (2, 'b')",
      'rename table first_a to renamed_a, first_b to renamed_b',
      'update renamed_a set n = n + 10',
    ),
    check: async (pair) => {
      const names = await pair.targetValues(
        `select table_name from information_schema.tables where table_schema = '${pair.database}' and (table_name like 'dropped%' or table_name like 'first%')`,
      );
      expect(names).toEqual([]);
    },
  },
  {
    name: 'MINIMAL and NOBLOB row images: absent is not NULL',
    tables: ['images'],
    write: lines(
      'create table images (id int primary key, a varchar(20), b text, c int default 5)',
      "insert into images values (1, 'a', 'long', 1), (2, 'b', 'long', 2), (3, null, null, null)",
      'set binlog_row_image = minimal',
      "insert into images (id, a) values (4, 'd')",
      'update images set c = null where id = 1',
      'update images set id = 20, a = null where id = 2',
      'delete from images where id = 3',
      'set binlog_row_image = noblob',
      'update images set c = 9 where id = 4',
      "update images set b = 'new' where id = 20",
      'set binlog_row_image = full',
    ),
  },
  {
    name: 'GTIDs of several domains',
    on: MARIADB,
    tables: ['domains'],
    write: lines(
      'create table domains (id int primary key, v int)',
      'set gtid_domain_id = 7',
      'insert into domains values (1, 1)',
      'set gtid_domain_id = 4294967295',
      'insert into domains values (2, 2)',
      'set gtid_domain_id = 0, server_id = 4000000000',
      'update domains set v = v + 10',
      'set server_id = 77, gtid_domain_id = 7',
      'insert into domains values (3, 3)',
    ),
  },
  {
    name: 'tagged GTIDs',
    on: ['mysql97'],
    tables: ['tagged'],
    write: lines(
      'create table tagged (id int primary key, v int)',
      "set gtid_next = 'automatic:blue_1'",
      'insert into tagged values (1, 1)',
      'insert into tagged values (2, 2)',
      "set gtid_next = 'automatic:_z'",
      'alter table tagged add column w int',
      'insert into tagged values (3, 3, 3)',
      "set gtid_next = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:tag:5'",
      'insert into tagged values (4, 4, 4)',
      "set gtid_next = 'automatic'",
      'insert into tagged values (5, 5, 5)',
    ),
  },
  {
    name: 'compressed transactions, small and more than 16 MB',
    on: ['mysql97'],
    tables: ['packed', 'packed_big'],
    write: async (sql) => {
      await sql.run(
        'set binlog_transaction_compression = on',
        'create table packed (id int primary key, v varchar(200), j json)',
        `insert into packed values (1, repeat('a', 200), '{"a": [1, 2, {"b": null}]}'), (2, '', null)`,
        "update packed set v = 'changed', j = json_set(j, '$.a[1]', 7)",
        'begin',
        "insert into packed values (3, 'x', '1')",
        'savepoint s1',
        "insert into packed values (4, 'y', '2')",
        'rollback to s1',
        'delete from packed where id = 2',
        'commit',
        'create table packed_big (id int primary key, v longtext)',
        'begin',
        ...Array.from({ length: 12 }, (_, i) => `insert into packed_big values (${i}, ${BIG})`),
        "update packed_big set v = concat('x', v) where id < 3",
        'commit',
        'create table packed_ctas select id, v from packed',
        'alter table packed add column after_it int first',
        "insert into packed values (9, 9, 'nine', null)",
      );
    },
  },
];

export function scenariosOf(kind: Kind): readonly Scenario[] {
  return SCENARIOS.filter(({ on }) => on === undefined || on.includes(kind));
}

export const isMysql = (kind: Kind): boolean => (MYSQL as readonly string[]).includes(kind);
