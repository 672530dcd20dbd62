import type { Delivery } from '../../core/sink.ts';
import type { Table } from '../../core/table.ts';
import type { TableRoute } from '../../core/route.ts';
import { countRows, hasDdl, type Transaction } from '../../core/transaction.ts';
import { TUNING } from './tuning.ts';

/** What is applied as one: a target transaction, a part of one, or a DDL with its neighbours. */
export type Unit =
  | { readonly kind: 'group'; readonly deliveries: readonly Delivery[] }
  | { readonly kind: 'part'; readonly delivery: Delivery }
  /** The transaction holds a DDL: nothing is grouped with it. */
  | { readonly kind: 'ddl'; readonly delivery: Delivery };

export interface GroupLimits {
  readonly groupTransactions: number;
  readonly groupRows: number;
  readonly groupBytes: number;
}

/**
 * Waiting deliveries, taken out as units. A group is a run of whole transactions up to the limits; it
 * ends before a DDL, before a part, and before a table whose definition differs from the one
 * that the group has for the same target table.
 */
export class GroupBuilder {
  readonly #limits: GroupLimits;
  #waiting: Delivery[] = [];
  #next = 0;
  #queuedBytes = 0;
  #queuedRows = 0;

  constructor(limits: GroupLimits = TUNING) {
    this.#limits = limits;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** The next group would not grow by waiting. */
  get hasFullGroup(): boolean {
    const { groupTransactions, groupRows, groupBytes } = this.#limits;
    return (
      this.#queuedBytes >= groupBytes ||
      this.#queuedRows >= groupRows ||
      this.#waiting.length - this.#next >= groupTransactions
    );
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#queuedRows += countRows(delivery.transaction);
    this.#queuedBytes += delivery.transaction.bytes;
  }

  /** The next unit, as large as the limits allow and as what waits gives. */
  take(): Unit | undefined {
    const first = this.#waiting[this.#next];
    if (first === undefined) return undefined;
    const { part } = first.transaction;
    if (part.index > 0 || !part.last) return { kind: 'part', delivery: this.#shift(first) };
    if (hasDdl(first.transaction)) return { kind: 'ddl', delivery: this.#shift(first) };
    return { kind: 'group', deliveries: this.#takeGroup() };
  }

  /** Takes those out that are chosen, wherever they stand. */
  takeOut(isChosen: (delivery: Delivery) => boolean): Delivery[] {
    const waiting = this.clear();
    const chosen: Delivery[] = [];
    for (const delivery of waiting) {
      if (isChosen(delivery)) chosen.push(delivery);
      else this.push(delivery);
    }
    return chosen;
  }

  /** Gives up everything that waits. */
  clear(): Delivery[] {
    const rest = this.#waiting.slice(this.#next);
    this.#waiting = [];
    this.#next = 0;
    this.#queuedBytes = 0;
    this.#queuedRows = 0;
    return rest;
  }

  #takeGroup(): Delivery[] {
    const deliveries: Delivery[] = [];
    const tables = new GroupTables();
    let rows = 0;
    let bytes = 0;
    for (;;) {
      const delivery = this.#waiting[this.#next];
      if (delivery === undefined || !isPlain(delivery)) break;
      const { transaction } = delivery;
      if (!tables.admit(transaction) && deliveries.length > 0) break;
      deliveries.push(this.#shift(delivery));
      rows += countRows(transaction);
      bytes += transaction.bytes;
      if (deliveries.length >= this.#limits.groupTransactions) break;
      if (rows >= this.#limits.groupRows || bytes >= this.#limits.groupBytes) break;
    }
    return deliveries;
  }

  #shift(delivery: Delivery): Delivery {
    this.#next += 1;
    this.#queuedBytes -= delivery.transaction.bytes;
    this.#queuedRows -= countRows(delivery.transaction);
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#next >= COMPACT_AT) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return delivery;
  }
}

/** Taken deliveries are let go of in stretches. */
const COMPACT_AT = 1024;

function isPlain({ transaction }: Delivery): boolean {
  const { part } = transaction;
  return part.index === 0 && part.last && !hasDdl(transaction);
}

export function isDdlDelivery({ transaction }: Delivery): boolean {
  return hasDdl(transaction);
}

/**
 * How much of the room for what waits a transaction takes: its bytes, and no less than its share of a group. What is
 * made of a small transaction takes far more memory than its bytes, and no group grows by more that waits.
 */
export function roomOf(transaction: Transaction): number {
  return Math.max(transaction.bytes, ROOM_OF_TRANSACTION, countRows(transaction) * ROOM_OF_ROW);
}

const ROOM_OF_TRANSACTION = TUNING.groupBytes / TUNING.groupTransactions;
const ROOM_OF_ROW = TUNING.groupBytes / TUNING.groupRows;

/** One definition for each target table. */
class GroupTables {
  readonly #seen = new Set<TableRoute>();
  readonly #byTarget = new Map<string, Table>();

  /** False: one of these changes has another definition of a table that the group has already. */
  admit(transaction: Transaction): boolean {
    const { rows } = transaction;
    if (rows !== undefined) {
      for (let at = 0; at < rows.changeCount; at++) {
        if (!this.#admitTable(rows.routeAt(at), rows.tableAt(at))) return false;
      }
      return true;
    }
    for (const change of transaction.changes) {
      if (change.kind === 'rows' && !this.#admitTable(change.route, change.table)) return false;
    }
    return true;
  }

  #admitTable(route: TableRoute, table: Table): boolean {
    if (this.#seen.has(route)) return true;
    const { target } = route;
    const name = `${target.database}\0${target.table}`;
    if ((this.#byTarget.get(name) ?? table) !== table) return false;
    this.#byTarget.set(name, table);
    this.#seen.add(route);
    return true;
  }
}
