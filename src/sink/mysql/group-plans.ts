import type { Change, RowsChange } from '../../core/change.ts';
import { toTailraceError } from '../../core/errors.ts';
import type { TableRoute } from '../../core/route.ts';
import type { Table } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Histogram } from '../../lib/histogram.ts';
import { Stopwatch } from '../../lib/stopwatch.ts';
import { inOrderPackets } from './in-order-packets.ts';
import type { OwnedTarget } from './owned-target.ts';
import type { Bindings, BoundTable, Packet, StatementPlanner, TableTouch } from './plan.ts';
import { TUNING } from './tuning.ts';

type OtherChange = Exclude<Change, RowsChange>;

/** Finds target tables for changes, ahead of planning. */
export interface Binder extends Bindings {
  /** Whether `prepare` has nothing to ask. */
  isPrepared(changes: readonly BoundTable[]): boolean;
  /** Of prepared ones: does every table take part in a transaction? */
  areTransactional(changes: readonly BoundTable[]): boolean;
  /** undefined: everything was known. */
  prepare(changes: readonly BoundTable[]): Promise<void> | undefined;
}

export interface GroupPlansOptions {
  readonly target: OwnedTarget;
  readonly binder: Binder;
  readonly planner: StatementPlanner;
  readonly isInOrder: boolean;
  /** Who asks what a group touches; undefined: nobody. */
  readonly lanes?: object | undefined;
  /** Told how long the making of each group's statements took. */
  readonly planning: Histogram;
}

/** A group's packets. */
export interface PlannedGroup {
  readonly of: readonly Transaction[];
  readonly packets: Iterable<Packet>;
  /** undefined: not known beforehand. */
  readonly touches: readonly TableTouch[] | undefined;
}

/** Makes groups' packets, where it can while those before them are applied. */
export class GroupPlans {
  readonly #options: GroupPlansOptions;
  #ahead: PlannedGroup[] = [];

  constructor(options: GroupPlansOptions) {
    this.#options = options;
  }

  /**
   * Plans the group that comes next, while the server is busy with the one before. Only where nothing
   * has to be asked of the server: its session is in the middle of something. undefined: at its turn.
   */
  planAhead(transactions: readonly Transaction[]): PlannedGroup | undefined {
    const { binder, isInOrder } = this.#options;
    const tables = tablesOf(transactions);
    if (isInOrder || tables.length === 0 || !binder.isPrepared(tables)) return undefined;
    if (!binder.areTransactional(tables)) return undefined;
    const planned = this.#planGroup(transactions);
    this.#ahead.push(planned);
    return planned;
  }

  /** undefined: planning failed for one of them; going through them one by one names it. */
  async plan(transactions: readonly Transaction[]): Promise<PlannedGroup | undefined> {
    const index = this.#ahead.findIndex(({ of }) => isSame(of, transactions));
    const ahead = this.#ahead[index];
    if (ahead !== undefined) {
      this.#ahead = this.#ahead.slice(index + 1);
      return ahead;
    }
    const tables = tablesOf(transactions);
    const unknown = { of: transactions, touches: undefined };
    if (tables.length === 0) return { ...unknown, packets: [] };
    const { binder, planner, isInOrder, target } = this.#options;
    try {
      await binder.prepare(tables);
      if (!binder.areTransactional(tables)) return undefined;
      if (!isInOrder) return this.#planGroup(transactions);
      const maxBytes = packetBytes(target);
      return {
        ...unknown,
        packets: inOrderPackets(rowsOfAll(transactions), { planner, binder, maxBytes }),
      };
    } catch (thrown) {
      const error = toTailraceError(thrown);
      if (error.isTransient || error.code === 'INTERNAL_FAULT') throw error;
      return undefined;
    }
  }

  #planGroup(transactions: readonly Transaction[]): PlannedGroup {
    const { planner, binder, planning, lanes } = this.#options;
    const watch = new Stopwatch();
    const { packets, touches } =
      (lanes === undefined ? planner.planOutlines?.(transactions, binder) : undefined) ??
      planner.planGroup(rowsOfAll(transactions), binder);
    planning.observeMs(watch.ms);
    // They hold every row that was planned.
    return { of: transactions, packets, touches: lanes && touches };
  }
}

function isSame(a: readonly Transaction[], b: readonly Transaction[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** All that is no rows. */
export function othersOf(transactions: readonly Transaction[]): readonly OtherChange[] {
  const others: OtherChange[] = [];
  for (const transaction of transactions) {
    if (transaction.rows !== undefined) continue;
    for (const change of transaction.changes) if (change.kind !== 'rows') others.push(change);
  }
  return others;
}

/** A loop: `flatMap` would take ten times as long. */
function rowsOfAll(transactions: readonly Transaction[]): RowsChange[] {
  const rows: RowsChange[] = [];
  for (const { changes } of transactions) {
    for (const change of changes) if (change.kind === 'rows') rows.push(change);
  }
  return rows;
}

export function rowsOf(changes: readonly Change[]): RowsChange[] {
  const rows: RowsChange[] = [];
  for (const change of changes) if (change.kind === 'rows') rows.push(change);
  return rows;
}

/** For what is asked of tables, not of rows. */
function tablesOf(transactions: readonly Transaction[]): readonly BoundTable[] {
  const tables = new Map<Table, BoundTable>();
  let last: Table | undefined;
  const add = (table: Table, route: TableRoute): void => {
    if (table === last) return;
    last = table;
    if (!tables.has(table)) tables.set(table, { table, route });
  };
  for (const transaction of transactions) {
    const { rows } = transaction;
    if (rows === undefined) {
      for (const change of transaction.changes) {
        if (change.kind === 'rows') add(change.table, change.route);
      }
    } else for (let at = 0; at < rows.changeCount; at++) add(rows.tableAt(at), rows.routeAt(at));
  }
  return [...tables.values()];
}

function packetBytes({ session }: OwnedTarget): number {
  return Math.min(TUNING.packetBytes, session.maxTextBytes);
}
