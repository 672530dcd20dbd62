import type { RowsOutline, Transaction } from '../../../core/transaction.ts';
import type { Change, RowsChange } from '../../../core/change.ts';
import type { TableRoute } from '../../../core/route.ts';
import { formatTableName, type Table } from '../../../core/table.ts';
import type { RowEffect } from '../net-effect.ts';
import type { Bindings } from '../plan.ts';
import type { TableBinding } from '../table-binding.ts';
import { CompactNet, type CompactEffects } from './compact-net.ts';
import type { ImagePlanner } from './image-planner.ts';

/** More changes than a transaction with an outline has: both numbers as one. */
const MOST_CHANGES = 1 << 10;

/** The changes of one table, by number. */
interface TableChanges {
  readonly binding: TableBinding;
  readonly changes: number[];
}

/** What is written of a table; rows that came and went have no image that says so. */
export interface OutlinedTable {
  readonly binding: TableBinding;
  readonly vanished: readonly RowEffect[];
}

/**
 * Plans groups of transactions whose changes are made when they are asked for, without asking for them: see CompactNet.
 * Only where nothing is special about any of their tables; `planGroup` does all.
 */
export class OutlinePlanner {
  readonly #images: ImagePlanner;
  readonly #net = new CompactNet();

  constructor(images: ImagePlanner) {
    this.#images = images;
  }

  /** Writes all but what vanished; undefined: it can't be told here, and what was written counts for nothing. */
  write(
    transactions: readonly Transaction[],
    bindings: Bindings,
  ): readonly OutlinedTable[] | undefined {
    const outlines: RowsOutline[] = [];
    for (const transaction of transactions) {
      const outline = this.#outlineOf(transaction);
      if (outline === undefined) return undefined;
      outlines.push(outline);
    }
    const tables = this.#tablesOf(outlines, bindings);
    if (tables === undefined) return undefined;
    this.#images.begin();
    const written: OutlinedTable[] = [];
    for (const { binding, changes } of tables) {
      const effects = this.#writeTable(binding, changes, outlines);
      if (effects === undefined) return undefined;
      written.push({ binding, vanished: this.#vanished(effects, transactions) });
    }
    return written;
  }

  /** Few are put together event by event, and have their changes; undefined: there is more to it than rows. */
  #outlineOf(transaction: Transaction): RowsOutline | undefined {
    // One row has to fit a statement; that all of them do is seen without looking at each.
    if (transaction.bytes > this.#images.settings.maxEventBytes / 2) return undefined;
    const { rows } = transaction;
    return rows === undefined
      ? MadeRows.of(transaction.changes)
      : rows.changeCount > MOST_CHANGES
        ? undefined
        : rows;
  }

  #writeTable(
    binding: TableBinding,
    changes: readonly number[],
    outlines: readonly RowsOutline[],
  ): CompactEffects | undefined {
    const net = this.#net;
    const { identity } = binding;
    if (identity === undefined) return undefined;
    net.begin();
    for (const change of changes) {
      const rows = outlines[Math.floor(change / MOST_CHANGES)] as RowsOutline;
      if (!net.add(rows.glanceAt(change % MOST_CHANGES), identity, change)) return undefined;
    }
    const effects = net.effects();
    this.#images.writeCompact(binding, net, effects);
    return effects;
  }

  #vanished(
    { vanished }: CompactEffects,
    transactions: readonly Transaction[],
  ): readonly RowEffect[] {
    const net = this.#net;
    return vanished.map((slot): RowEffect => {
      const number = net.changeOf(slot);
      const { changes } = transactions[Math.floor(number / MOST_CHANGES)] as Transaction;
      const change = changes[number % MOST_CHANGES] as RowsChange;
      const row = net.rowOf(slot);
      return {
        key: net.keyOf(slot),
        change,
        row,
        before: undefined,
        beforeRow: row,
        after: undefined,
      };
    });
  }

  /** In the order in which they come; undefined: something is special. */
  #tablesOf(
    outlines: readonly RowsOutline[],
    bindings: Bindings,
  ): readonly TableChanges[] | undefined {
    const tables = new Map<Table, TableChanges>();
    let lastTable: Table | undefined;
    let last: number[] | undefined;
    for (let number = 0; number < outlines.length; number++) {
      const rows = outlines[number] as RowsOutline;
      for (let at = 0; at < rows.changeCount; at++) {
        const table = rows.tableAt(at);
        if (table !== lastTable || last === undefined) {
          lastTable = table;
          last =
            tables.get(table)?.changes ??
            this.#begin(tables, table, bindings.of({ table, route: rows.routeAt(at) }));
          if (last === undefined) return undefined;
        }
        last.push(number * MOST_CHANGES + at);
      }
    }
    return isApart(tables) ? [...tables.values()] : undefined;
  }

  #begin(
    tables: Map<Table, TableChanges>,
    table: Table,
    binding: TableBinding,
  ): number[] | undefined {
    if (!isPlain(binding) || !this.#images.canWriteTable(binding)) return undefined;
    const changes: number[] = [];
    tables.set(table, { binding, changes });
    return changes;
  }
}

/** Changes that were made already. */
class MadeRows implements RowsOutline {
  readonly #changes: readonly RowsChange[];

  private constructor(changes: readonly RowsChange[]) {
    this.#changes = changes;
  }

  static of(changes: readonly Change[]): MadeRows | undefined {
    const areRows = changes.every((change) => change.kind === 'rows' && change.byKey !== true);
    if (!areRows || changes.length > MOST_CHANGES) return undefined;
    return new MadeRows(changes as readonly RowsChange[]);
  }

  get changeCount(): number {
    return this.#changes.length;
  }

  get rowCount(): number {
    let count = 0;
    for (let at = 0; at < this.#changes.length; at++) count += this.rowsAt(at);
    return count;
  }

  actionAt(change: number): RowsChange['action'] {
    return this.glanceAt(change).action;
  }

  tableAt(change: number): Table {
    return this.glanceAt(change).table;
  }

  routeAt(change: number): TableRoute {
    return this.glanceAt(change).route;
  }

  rowsAt(change: number): number {
    const { before, after } = this.glanceAt(change);
    return (after ?? before).length;
  }

  glanceAt(change: number): RowsChange {
    return this.#changes[change] as RowsChange;
  }
}

/** Its rows can be merged by one key alone, whatever they and the other tables' rows are. */
function isPlain(binding: TableBinding): boolean {
  return (
    binding.inOrderReason === undefined &&
    binding.identity?.length === 1 &&
    binding.uniqueKeys.length === 0 &&
    !binding.hasForeignKeys &&
    !binding.hasExtraColumns
  );
}

/** No two go to one table of the target. */
function isApart(tables: ReadonlyMap<Table, TableChanges>): boolean {
  const names = new Set<string>();
  for (const { binding } of tables.values()) names.add(formatTableName(binding.target.name));
  return names.size === tables.size;
}
