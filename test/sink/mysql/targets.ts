import { connectServer } from '../../../src/server/connect.ts';
import type { RowsChange } from '../../../src/core/change.ts';
import { TargetCatalog } from '../../../src/sink/mysql/catalog.ts';
import { dialectOf } from '../../../src/sink/mysql/dialect.ts';
import {
  hasUnexpectedWarnings,
  meetsExpectation,
  type Packet,
  type PlannedStatement,
} from '../../../src/sink/mysql/plan.ts';
import { RowsPlanner } from '../../../src/sink/mysql/planner.ts';
import { TableBinder } from '../../../src/sink/mysql/table-binder.ts';
import { openTargetSession, type TargetSession } from '../../../src/sink/mysql/target-session.ts';
import { testServer, type ServerName } from '../../support/servers.ts';

export const TARGETS = [
  'dst56',
  'dst57',
  'dst97',
  'dst10',
  'dst11',
] as const satisfies ServerName[];

/** A session on a target with everything that plans for it. */
export interface PlanningTarget {
  readonly session: TargetSession;
  readonly catalog: TargetCatalog;
  readonly binder: TableBinder;
  readonly planner: RowsPlanner;
  close(): Promise<void>;
}

export async function openPlanningTarget(name: ServerName): Promise<PlanningTarget> {
  const server = {
    hosts: [`127.0.0.1:${testServer(name).port}`],
    user: 'root',
    password: '',
    tls: 'disabled' as const,
    tlsCa: undefined,
  };
  const session = await openTargetSession(
    { server, sqlLogBin: true },
    new AbortController().signal,
  );
  const connection = await connectServer(server, 'target');
  const catalog = new TargetCatalog(() => connection);
  return {
    session,
    catalog,
    binder: new TableBinder(catalog, { allowNontransactional: false }),
    planner: new RowsPlanner(dialectOf(session.info)),
    close: async () => {
      await session.close();
      await connection.close();
    },
  };
}

/** What went otherwise than planned; empty: all as expected. */
export async function runStatements(
  target: PlanningTarget,
  statements: Iterable<PlannedStatement>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const statement of statements) {
    const checks = `SET foreign_key_checks=${statement.foreignKeyChecks ? 1 : 0}`;
    await target.session.run(checks);
    const { replies, failure } = await target.session.execute([statement.sql]);
    const [reply] = replies;
    const text = statement.sql.subarray(0, 300).toString('latin1');
    if (reply === undefined) problems.push(`${failure?.message ?? 'no answer'}: ${text}`);
    else if (!meetsExpectation(statement.expected, reply)) {
      problems.push(`${reply.affectedRows} rows, ${reply.info}: ${text}`);
    } else if (hasUnexpectedWarnings(statement.expected, reply)) {
      const [shown] = await target.session.run('SHOW WARNINGS');
      problems.push(`${JSON.stringify(shown?.rows)}: ${text}`);
    }
  }
  return problems;
}

/** As the sink would, packet by packet. */
export async function runPackets(
  target: PlanningTarget,
  packets: Iterable<Packet>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const packet of packets) {
    if (packet.kind === 'statements') {
      problems.push(...(await runStatements(target, packet.statements)));
    } else {
      const { failure } = await target.session.execute([packet.sql]);
      if (failure !== undefined) problems.push(`images: ${failure.message}`);
    }
  }
  return problems;
}

export async function applyGroup(
  target: PlanningTarget,
  changes: readonly RowsChange[],
): Promise<string[]> {
  await target.binder.prepare(changes);
  const plan = target.planner.planGroup(changes, target.binder);
  return runPackets(target, plan.packets);
}

export async function applyInOrder(
  target: PlanningTarget,
  changes: readonly RowsChange[],
): Promise<string[]> {
  await target.binder.prepare(changes);
  const problems: string[] = [];
  for (const change of changes) {
    const statements = target.planner.planInOrder(change, target.binder.of(change));
    problems.push(...(await runStatements(target, statements)));
  }
  return problems;
}

export async function rowsOf(target: PlanningTarget, sql: string) {
  const [reply] = await target.session.run(sql);
  return reply?.rows ?? [];
}
