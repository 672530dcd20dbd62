import type { Transaction } from '../core/transaction.ts';
import type { TableRoute } from '../core/route.ts';
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
    for (const { changes } of transactions) {
      for (const change of changes) {
        if (change.kind !== 'rows') continue;
        const count = this.#byRoute.get(change.route) ?? this.#add(change.route, change.table);
        // By name: a key from a table would make each of these a look-up.
        if (change.action === 'insert') count.inserts += change.after.length;
        else if (change.action === 'update') count.updates += change.after.length;
        else count.deletes += change.before.length;
      }
    }
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

function rowsOf({ inserts, updates, deletes }: TableStatus): number {
  return inserts + updates + deletes;
}
