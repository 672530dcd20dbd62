import type { ServerKind } from './options.ts';
import { rows, textOf, value, type Sql } from './server.ts';

export interface BinlogPlace {
  readonly file: string;
  readonly position: number;
  /** Everything up to here, in the server's notation. */
  readonly gtid: string;
}

export interface ReplicaSource {
  readonly port: number;
  readonly from: BinlogPlace;
  readonly workers: number;
}

/** Where servers differ in how they are asked and told. */
export interface Dialect {
  readonly isMariadb: boolean;
  /** For both ends: the best the server has for its own replication. */
  readonly serverArgs: readonly string[];
  place(sql: Sql): Promise<BinlogPlace>;
  /** Neither binlogs nor a source, as after the server's first start; no rows are touched. */
  reset(sql: Sql): Promise<void>;
  setUpReplica(sql: Sql, source: ReplicaSource): Promise<void>;
  startReplica(sql: Sql): Promise<void>;
  stopReplica(sql: Sql): Promise<void>;
  /** Why the replica does not run, if it does not. */
  replicaError(sql: Sql): Promise<string | undefined>;
}

export function dialectOf(kind: ServerKind): Dialect {
  switch (kind) {
    case 'mariadb10':
    case 'mariadb11':
      return MARIADB;
    case 'mysql57':
      return { ...MYSQL, ...MYSQL57 };
    case 'mysql9':
      return MYSQL;
  }
}

const MARIADB: Dialect = {
  isMariadb: true,
  serverArgs: ['--log-slave-updates=ON'],
  place: async (sql) => ({
    ...(await coordinates(sql, 'SHOW MASTER STATUS')),
    gtid: await value(sql, 'SELECT @@gtid_binlog_pos'),
  }),
  reset: (sql) =>
    all(sql, ['STOP SLAVE', 'RESET SLAVE ALL', 'RESET MASTER', "SET GLOBAL gtid_slave_pos=''"]),
  setUpReplica: (sql, { port, from, workers }) =>
    all(sql, [
      `SET GLOBAL slave_parallel_threads=${workers}`,
      "SET GLOBAL slave_parallel_mode='optimistic'",
      `SET GLOBAL gtid_slave_pos='${from.gtid}'`,
      `CHANGE MASTER TO master_host='127.0.0.1', master_port=${port}, master_user='root', master_use_gtid=slave_pos`,
    ]),
  startReplica: (sql) => all(sql, ['START SLAVE']),
  stopReplica: (sql) => all(sql, ['STOP SLAVE']),
  replicaError: (sql) => errorIn(sql, 'SHOW SLAVE STATUS', ['Last_IO_Error', 'Last_SQL_Error']),
};

const MYSQL: Dialect = {
  isMariadb: false,
  serverArgs: [],
  place: async (sql) => ({
    ...(await coordinates(sql, 'SHOW BINARY LOG STATUS')),
    gtid: (await value(sql, 'SELECT @@GLOBAL.gtid_executed')).replaceAll('\n', ''),
  }),
  reset: (sql) => all(sql, ['STOP REPLICA', 'RESET REPLICA ALL', 'RESET BINARY LOGS AND GTIDS']),
  setUpReplica: (sql, { port, from, workers }) =>
    all(sql, [
      `SET GLOBAL replica_parallel_workers=${workers}`,
      `SET GLOBAL gtid_purged='${from.gtid}'`,
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, SOURCE_USER='root',
        SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1`,
    ]),
  startReplica: (sql) => all(sql, ['START REPLICA']),
  stopReplica: (sql) => all(sql, ['STOP REPLICA']),
  replicaError: (sql) => errorIn(sql, 'SHOW REPLICA STATUS', ['Last_IO_Error', 'Last_SQL_Error']),
};

const MYSQL57: Partial<Dialect> = {
  // Its parallel workers need row hashes in the source's binlog; since 8.0.26 every source writes them.
  serverArgs: [
    '--log-slave-updates=ON',
    '--transaction-write-set-extraction=XXHASH64',
    '--binlog-transaction-dependency-tracking=WRITESET',
    '--relay-log-info-repository=TABLE',
    '--master-info-repository=TABLE',
  ],
  place: async (sql) => ({
    ...(await coordinates(sql, 'SHOW MASTER STATUS')),
    gtid: (await value(sql, 'SELECT @@GLOBAL.gtid_executed')).replaceAll('\n', ''),
  }),
  reset: (sql) => all(sql, ['STOP SLAVE', 'RESET SLAVE ALL', 'RESET MASTER']),
  setUpReplica: (sql, { port, from, workers }) =>
    all(sql, [
      "SET GLOBAL slave_parallel_type='LOGICAL_CLOCK'",
      `SET GLOBAL slave_parallel_workers=${workers}`,
      `SET GLOBAL gtid_purged='${from.gtid}'`,
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='root', MASTER_AUTO_POSITION=1`,
    ]),
  startReplica: (sql) => all(sql, ['START SLAVE']),
  stopReplica: (sql) => all(sql, ['STOP SLAVE']),
  replicaError: (sql) => errorIn(sql, 'SHOW SLAVE STATUS', ['Last_IO_Error', 'Last_SQL_Error']),
};

async function all(sql: Sql, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.query(statement);
}

async function coordinates(
  sql: Sql,
  statement: string,
): Promise<{ file: string; position: number }> {
  const [status] = await rows(sql, statement);
  return { file: textOf(status?.['File']), position: Number(status?.['Position']) };
}

async function errorIn(
  sql: Sql,
  statement: string,
  columns: readonly string[],
): Promise<string | undefined> {
  const [status] = await rows(sql, statement);
  const texts = columns.map((column) => textOf(status?.[column])).filter((text) => text !== '');
  return texts.length === 0 ? undefined : texts.join('; ');
}
