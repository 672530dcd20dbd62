import type { Change } from '../../../src/core/change.ts';
import { parseGtidSet } from '../../../src/core/gtid-set-parse.ts';
import type { Position } from '../../../src/core/position.ts';
import type { Router } from '../../../src/core/route.ts';
import type { Delivery } from '../../../src/core/sink.ts';
import type { Table } from '../../../src/core/table.ts';
import type { Transaction } from '../../../src/core/transaction.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createMysqlSink, type MysqlSink } from '../../../src/sink/mysql/mysql-sink.ts';
import type { MysqlSinkOptions } from '../../../src/sink/mysql/mysql-sink-options.ts';
import { fakeChange, identityRoute, type FakeRow } from '../../support/fake-images.ts';
import { testServer, type ServerName, type TestServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';

export const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const never = new AbortController().signal;

/** Everything under its own name. */
export const plainRouter: Router = {
  isIncluded: () => true,
  isDatabaseIncluded: () => true,
  targetName: (name) => name,
  targetDatabase: (database) => database,
  keepsDatabase: () => true,
  targetColumn: (_, column) => column,
  route: identityRoute,
  isMerged: () => false,
  isSkipped: () => false,
  isRenamed: () => false,
};

export function serverOptions({ port }: Pick<TestServer, 'port'>): MysqlSinkOptions['server'] {
  return {
    hosts: [`127.0.0.1:${port}`],
    user: 'root',
    password: '',
    tls: 'disabled',
    tlsCa: undefined,
  };
}

export function sinkOptions(
  server: Pick<TestServer, 'port'>,
  task: string,
  more: Partial<MysqlSinkOptions> = {},
): MysqlSinkOptions {
  return {
    task,
    server: serverOptions(server),
    stateDatabase: 'e2_state',
    onConflict: 'stop',
    apply: 'auto',
    sqlLogBin: true,
    allowNontransactional: false,
    ddl: 'apply',
    router: plainRouter,
    logger: silentLogger,
    ...more,
  };
}

export interface Tickets {
  readonly acked: number[];
  readonly failed: { readonly seq: number; readonly reason: Error }[];
}

/** One sink over a target, with what its tickets said. */
export class SinkHarness implements Tickets {
  readonly acked: number[] = [];
  readonly failed: { readonly seq: number; readonly reason: Error }[] = [];
  readonly sink: MysqlSink;

  constructor(options: MysqlSinkOptions) {
    this.sink = createMysqlSink(options);
  }

  open() {
    return this.sink.open(never);
  }

  delivery(transaction: Transaction): Delivery {
    const { seq } = transaction;
    let settled = 0;
    const once = (): void => {
      settled += 1;
      if (settled > 1) throw new Error(`ticket ${seq} was settled twice`);
    };
    return {
      transaction,
      ticket: {
        seq,
        ack: () => {
          once();
          this.acked.push(seq);
        },
        fail: (reason) => {
          once();
          this.failed.push({ seq, reason });
        },
      },
    };
  }

  /** Accepted, not awaited to be durable. */
  write(...transactions: readonly Transaction[]): Promise<void> {
    return this.sink.write(
      transactions.map((one) => this.delivery(one)),
      never,
    );
  }

  /** Written and durable. */
  async apply(...transactions: readonly Transaction[]): Promise<void> {
    await this.write(...transactions);
    await this.sink.drain();
  }

  close(): Promise<void> {
    return this.sink.close();
  }
}

export function positionAfter(seq: number): Position {
  return {
    kind: 'gtid',
    gtidSet: parseGtidSet(`${UUID}:1-${seq}`, 'mysql'),
    coordinates: { file: 'binlog.000001', offset: 1000 + seq },
  };
}

export function transaction(
  seq: number,
  changes: readonly Change[],
  more: Partial<Transaction> = {},
): Transaction {
  const part = more.part ?? { index: 0, last: true };
  return {
    seq,
    origin: 'binlog',
    gtid: { flavor: 'mysql', source: UUID, number: seq },
    coordinates: { file: 'binlog.000001', offset: 1000 + seq - 1 },
    committedAtMs: 1_700_000_000_000,
    serverId: 1,
    threadId: undefined,
    xid: undefined,
    part,
    changes,
    bytes: 100,
    isTransactional: true,
    resumeAt: part.last ? positionAfter(seq) : undefined,
    schemaDelta: undefined,
    ...more,
  };
}

/** Changes of one table, all under one route as the routing stage would make it. */
export function changesOf(table: Table) {
  const route = identityRoute(table);
  return {
    insert: (...after: FakeRow[]) => fakeChange({ table, route, after }),
    delete: (...before: FakeRow[]) => fakeChange({ table, route, before }),
    update: (before: FakeRow, after: FakeRow) =>
      fakeChange({ table, route, before: [before], after: [after] }),
  };
}

export async function openTarget(name: ServerName, database: string): Promise<Sql> {
  const sql = await openSql(testServer(name));
  await sql.run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
  return sql;
}

/** Forgets what earlier runs left for the task. */
export async function forgetTask(sql: Sql, task: string): Promise<void> {
  const tables = await sql.rows(
    "SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e2_state' AND TABLE_NAME <> 'tailrace_version'",
  );
  for (const { t } of tables) {
    await sql.run(`DELETE FROM e2_state.${String(t)} WHERE task = '${task}'`);
  }
}

export function checkpointSeq(sql: Sql, task: string): Promise<string | null> {
  return sql.value(`SELECT seq FROM e2_state.tailrace_checkpoint WHERE task = '${task}'`);
}
