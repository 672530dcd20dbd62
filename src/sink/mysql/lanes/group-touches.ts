import type { RowKey } from '../../../core/row.ts';
import type { Transaction } from '../../../core/transaction.ts';
import type { PlannedGroup } from '../group-plans.ts';
import type { NetEffect, RowEffect } from '../net-effect.ts';
import type { TableTouch } from '../plan.ts';
import type { TableBinding } from '../table-binding.ts';

/**
 * What a group writes, as far as two groups have to be told apart: rows by the primary key where nothing else ties rows
 * of a table together, whole tables elsewhere, and all tables with foreign keys as if they were one.
 */
export class GroupTouches {
  readonly #tables: ReadonlyMap<string, KeysTouched | 'all'> | undefined;

  private constructor(touches: readonly TableTouch[] | undefined) {
    this.#tables = touches && byTable(touches);
  }

  /** Of what is not known, or not rows alone: it may touch anything. */
  static unknown(): GroupTouches {
    return new GroupTouches(undefined);
  }

  static of({ of, touches }: PlannedGroup): GroupTouches {
    return new GroupTouches(of.every(isPlain) ? touches : undefined);
  }

  get isKnown(): boolean {
    return this.#tables !== undefined;
  }

  /** Nothing that one writes, the other reads or writes: the target is the same in either order. */
  isApartFrom(other: GroupTouches): boolean {
    if (this.#tables === undefined || other.#tables === undefined) return false;
    for (const [name, mine] of this.#tables) {
      const theirs = other.#tables.get(name);
      if (theirs === undefined) continue;
      if (mine === 'all' || theirs === 'all' || mine.meets(theirs)) return false;
    }
    return true;
  }
}

/** Whole, and nothing but rows. Of a row by key nobody knows whether it is there: it is written whatever is. */
function isPlain(transaction: Transaction): boolean {
  const { part, schemaDelta } = transaction;
  if (part.index > 0 || !part.last || schemaDelta !== undefined) return false;
  if (transaction.rows !== undefined) return true;
  return transaction.changes.every((change) => change.kind === 'rows' && change.byKey !== true);
}

const FOREIGN_KEYS = '';

function byTable(touches: readonly TableTouch[]): ReadonlyMap<string, KeysTouched | 'all'> {
  const tables = new Map<string, KeysTouched | 'all'>();
  for (const { binding, net } of touches) {
    const { database, table } = binding.target.name;
    if (binding.hasForeignKeys) tables.set(FOREIGN_KEYS, 'all');
    const keys = net === undefined || !isByKeyAlone(binding) ? 'all' : new KeysTouched(net);
    const name = `${database}\0${table}`;
    tables.set(name, tables.has(name) ? 'all' : keys);
  }
  return tables;
}

/** Its identity is the only value that must be unique, and other bytes are another value: not so of text. */
function isByKeyAlone({ identity, target, inOrderReason, columns }: TableBinding): boolean {
  if (identity === undefined || inOrderReason !== undefined) return false;
  if (target.uniqueKeys.length !== 1) return false;
  return columns.every(
    (column) => column.target.charset === undefined || !identity.includes(column.index),
  );
}

/** The keys of the rows that a group writes in one table. */
class KeysTouched {
  readonly #effects: readonly (readonly RowEffect[])[];
  readonly #count: number;
  /** Of keys that are all numbers; else -Infinity to Infinity. */
  readonly #least: number;
  readonly #greatest: number;
  #keys: ReadonlySet<RowKey> | undefined;

  constructor({ deletes, vanished, inserts, upserts }: NetEffect) {
    this.#effects = [deletes, vanished, inserts, upserts];
    let least = Infinity;
    let greatest = -Infinity;
    let count = 0;
    for (const effects of this.#effects) {
      count += effects.length;
      for (const { key } of effects) {
        const [low, high] = typeof key === 'number' ? [key, key] : [-Infinity, Infinity];
        if (low < least) least = low;
        if (high > greatest) greatest = high;
      }
    }
    this.#count = count;
    this.#least = least;
    this.#greatest = greatest;
  }

  meets(other: KeysTouched): boolean {
    if (this.#greatest < other.#least || other.#greatest < this.#least) return false;
    const [smaller, larger] = this.#count < other.#count ? [this, other] : [other, this];
    const keys = (larger.#keys ??= larger.#collect());
    return smaller.#effects.some((effects) => effects.some(({ key }) => keys.has(key)));
  }

  #collect(): ReadonlySet<RowKey> {
    const keys = new Set<RowKey>();
    for (const effects of this.#effects) for (const { key } of effects) keys.add(key);
    return keys;
  }
}
