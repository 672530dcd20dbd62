import type { RowsChange } from '../core/change.ts';
import type { TableRoute } from '../core/route.ts';
import type { Table } from '../core/table.ts';
import type { RowsOutline, Transaction } from '../core/transaction.ts';
import type { TableStatus } from '../status/task-status.ts';
import { RateMeter } from './rate-meter.ts';

interface Count {
  readonly table: string;
  inserts: number;
  updates: number;
  deletes: number;
  readonly meter: RateMeter;
}

const SHOWN = 50;

/** Rows by table and kind of change, as they are handed to the sinks. */
export class TableCounter {
  /** By route: one for each definition of a table, so that counting costs one look-up a rows event. */
  readonly #byRoute = new WeakMap<TableRoute, Count>();
  readonly #byName = new Map<string, Count>();

  count(transactions: readonly Transaction[]): void {
    for (const transaction of transactions) {
      const { rows } = transaction;
      if (rows !== undefined) this.#countOutline(rows);
      else
        for (const change of transaction.changes) if (change.kind === 'rows') this.#count(change);
    }
  }

  #countOutline(rows: RowsOutline): void {
    for (let at = 0; at < rows.changeCount; at++) {
      const count = this.#of(rows.routeAt(at), rows.tableAt(at));
      addRows(count, rows.actionAt(at), rows.rowsAt(at));
    }
  }

  #count(change: RowsChange): void {
    const { length } = change.after ?? change.before;
    addRows(this.#of(change.route, change.table), change.action, length);
  }

  #of(route: TableRoute, table: Table): Count {
    return this.#byRoute.get(route) ?? this.#add(route, table);
  }

  /** The busiest first; to be called now and then, since it measures the rates. */
  sample(nowMs: number): TableStatus[] {
    const all = [...this.#byName.values()].map(({ table, inserts, updates, deletes, meter }) => {
      meter.sample(nowMs, inserts + updates + deletes);
      return { table, rowsPerSecond: meter.perSecond, inserts, updates, deletes };
    });
    all.sort((a, b) => b.rowsPerSecond - a.rowsPerSecond || rowsOf(b) - rowsOf(a));
    return all.slice(0, SHOWN);
  }

  #add(route: TableRoute, { database, name }: { database: string; name: string }): Count {
    const table = `${database}.${name}`;
    const count = this.#byName.get(table) ?? {
      table,
      inserts: 0,
      updates: 0,
      deletes: 0,
      meter: new RateMeter(),
    };
    this.#byName.set(table, count);
    this.#byRoute.set(route, count);
    return count;
  }
}

/** By name: a key from a table would make each of these a look-up. */
function addRows(count: Count, action: RowsChange['action'], rows: number): void {
  if (action === 'insert') count.inserts += rows;
  else if (action === 'update') count.updates += rows;
  else count.deletes += rows;
}

function rowsOf({ inserts, updates, deletes }: TableStatus): number {
  return inserts + updates + deletes;
}
