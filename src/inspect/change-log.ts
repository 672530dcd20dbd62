import type { RowsChange, SchemaChange } from '../core/change.ts';
import type { Gtid } from '../core/gtid-set.ts';
import { compareCoordinates, type BinlogCoordinates, type Position } from '../core/position.ts';
import { formatTableName, type Table } from '../core/table.ts';
import type { Transaction } from '../core/transaction.ts';
import { ImageIdReader, type RowId } from './row-key.ts';
import type { TablePair } from './table-pair.ts';

/** A transaction of the source's binlog, as far as it takes to tell whether a position covers it. */
interface TransactionMark {
  readonly gtid: Gtid | undefined;
  readonly receivedAtMs: number;
  /** undefined: its end has not been read. */
  end: BinlogCoordinates | undefined;
}

/** What is surely in both views: a transaction counts as seen when every one of these covers it. */
export interface SeenPositions {
  /** Visible in the source's view. */
  readonly source: Position;
  /** Applied in the target's view; undefined: nobody knows. */
  readonly target: Position | undefined;
  /** Where the target's place is not known: what came in before this counts as applied. */
  readonly appliedBeforeMs: number;
}

/**
 * Which keys changed lately, from the source's binlog. A key whose last change is not in both views is in
 * flux: its two rows are of different times, and nothing can be said of them. Of every other key the
 * views must agree, whatever is written meanwhile.
 *
 * Only the last change of each key is kept, in the order of the binlog, and forgotten once both views
 * cover it. So memory is what is between the target and the source.
 */
export class ChangeLog {
  readonly #tables = new Map<string, TableChanges>();
  #open: TransactionMark | undefined;
  #size = 0;

  watch(pair: TablePair): void {
    this.#tables.set(formatTableName(pair.name), new TableChanges(pair));
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#size;
  }

  accept(transactions: readonly Transaction[], nowMs: number): void {
    for (const transaction of transactions) {
      const mark = (this.#open ??= {
        gtid: transaction.gtid,
        receivedAtMs: nowMs,
        end: undefined,
      });
      for (const change of transaction.changes) {
        if (change.kind === 'rows') this.#rows(change, mark);
        else if (change.kind === 'ddl') this.#ddl(change, mark);
      }
      if (!transaction.part.last) continue;
      mark.end = transaction.resumeAt?.coordinates;
      this.#open = undefined;
    }
  }

  /** The keys of this table that are in flux; `all`: every one may be. */
  flux(pair: TablePair, seen: SeenPositions): readonly RowId[] | 'all' {
    return this.#tables.get(formatTableName(pair.name))?.flux(seen) ?? [];
  }

  isInFlux(pair: TablePair, id: RowId, seen: SeenPositions): boolean {
    return this.#tables.get(formatTableName(pair.name))?.isInFlux(id, seen) ?? false;
  }

  /** Forgets what both views, and so all later ones, have. */
  prune(seen: SeenPositions): void {
    this.#size = 0;
    for (const table of this.#tables.values()) this.#size += table.prune(seen);
  }

  #rows(change: RowsChange, mark: TransactionMark): void {
    const { database, name } = change.table;
    this.#tables.get(formatTableName({ database, table: name }))?.addRows(change, mark);
  }

  #ddl(change: SchemaChange, mark: TransactionMark): void {
    for (const effect of change.effects) {
      if (!('table' in effect)) continue;
      for (const name of 'to' in effect ? [effect.table, effect.to] : [effect.table]) {
        this.#tables.get(formatTableName(name))?.addAll(mark);
      }
    }
  }
}

class TableChanges {
  readonly #pair: TablePair;
  readonly #readers = new WeakMap<Table, ImageIdReader>();
  /** In the order of the last change. */
  readonly #marks = new Map<RowId, TransactionMark>();
  /** The last change that may have touched any row. */
  #all: TransactionMark | undefined;

  constructor(pair: TablePair) {
    this.#pair = pair;
  }

  addRows(change: RowsChange, mark: TransactionMark): void {
    let reader = this.#readers.get(change.table);
    if (reader === undefined) {
      reader = new ImageIdReader(this.#pair, change.table);
      this.#readers.set(change.table, reader);
    }
    const { length } = change.after ?? change.before;
    for (let row = 0; row < length; row++) {
      const before = change.before === undefined ? undefined : reader.idOf(change.before, row);
      const after = change.after === undefined ? undefined : reader.idOf(change.after, row);
      if (before === undefined && after === undefined) this.addAll(mark);
      if (before !== undefined) this.#add(before, mark);
      if (after !== undefined && after !== before) this.#add(after, mark);
    }
  }

  addAll(mark: TransactionMark): void {
    this.#all = mark;
  }

  flux(seen: SeenPositions): readonly RowId[] | 'all' {
    if (this.#all !== undefined && !isSeen(this.#all, seen)) return 'all';
    const ids: RowId[] = [];
    for (const [id, mark] of this.#marks) if (!isSeen(mark, seen)) ids.push(id);
    return ids;
  }

  isInFlux(id: RowId, seen: SeenPositions): boolean {
    if (this.#all !== undefined && !isSeen(this.#all, seen)) return true;
    const mark = this.#marks.get(id);
    return mark !== undefined && !isSeen(mark, seen);
  }

  prune(seen: SeenPositions): number {
    for (const [id, mark] of this.#marks) {
      if (!isSeen(mark, seen)) break;
      this.#marks.delete(id);
    }
    return this.#marks.size;
  }

  #add(id: RowId, mark: TransactionMark): void {
    this.#marks.delete(id);
    this.#marks.set(id, mark);
  }
}

function isSeen(mark: TransactionMark, seen: SeenPositions): boolean {
  if (!covers(seen.source, mark)) return false;
  if (seen.target !== undefined) return covers(seen.target, mark);
  return mark.receivedAtMs < seen.appliedBeforeMs;
}

function covers(position: Position, { gtid, end }: TransactionMark): boolean {
  if (end === undefined) return false;
  if (position.kind === 'gtid' && gtid?.flavor === position.gtidSet.flavor) {
    return position.gtidSet.contains(gtid);
  }
  return compareCoordinates(end, position.coordinates) <= 0;
}
