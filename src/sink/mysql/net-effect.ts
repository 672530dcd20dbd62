import type { RowsChange } from '../../core/change.ts';
import type { RowImages, RowKey } from '../../core/row.ts';
import { sortByNumber } from '../../lib/sort-by-number.ts';
import type { RowRef } from './plan.ts';
import type { TableBinding } from './table-binding.ts';

/** What became of one row identity over a group. `change` and `row`: the last event about it; `after` is of that row. */
export interface RowEffect extends RowRef {
  readonly key: RowKey;
  /** The row as it was before the group; undefined: it was not there. */
  readonly before: RowImages | undefined;
  readonly beforeRow: number;
  /** The row as it is after the group; undefined: it is gone. */
  readonly after: RowImages | undefined;
}

/** Applied in this order: deletes (with vanished), inserts, upserts. */
export interface NetEffect {
  /** There before; gone, or to be made anew because a unique value changed. */
  readonly deletes: readonly RowEffect[];
  /** Came and went within the group: a target that has such a row is not what the source was. */
  readonly vanished: readonly RowEffect[];
  /** Not there once the deletes are done. */
  readonly inserts: readonly RowEffect[];
  /** There before and after, all unique values as they were. */
  readonly upserts: readonly RowEffect[];
}

/** A class for its one constant shape: there is one of these for each row of a group. */
class Effect implements RowEffect {
  readonly key: RowKey;
  readonly before: RowImages | undefined;
  readonly beforeRow: number;
  change: RowsChange;
  row: number;
  after: RowImages | undefined;

  constructor(key: RowKey, change: RowsChange, row: number, fate: Fate) {
    this.key = key;
    this.change = change;
    this.row = row;
    this.before = fate === 'appears' ? undefined : change.before;
    this.beforeRow = row;
    this.after = fate === 'disappears' ? undefined : change.after;
  }

  moveTo(change: RowsChange, row: number, after: RowImages | undefined): void {
    this.change = change;
    this.row = row;
    this.after = after;
  }
}

type Fate = 'appears' | 'changes' | 'disappears';

/**
 * The net effect of a closed run of changes of one table, by row identity: the first image before and
 * the last image after.
 *
 * Why it is right: the source satisfied its unique keys at the run's end, so the final images clash neither with each other
 * nor with rows that the run does not touch. Rows that lose or change a unique value are deleted first, so what is
 * inserted after them meets nothing. Identities and unique values are compared by their bytes, which is finer than any
 * collation: a change may be seen where the collation sees none (costs a delete), never the other way round.
 *
 * A sequence that cannot happen on a source (a key inserted twice, a row changed that is gone) gives a text that
 * says so: the caller then goes in order, where the target decides.
 */
export function computeNetEffect(
  binding: TableBinding,
  identity: readonly number[],
  changes: readonly RowsChange[],
): NetEffect | string {
  const effects = new EffectMap();
  for (const change of changes) {
    const problem = addChange(effects, change, identity);
    if (problem !== undefined) return problem;
  }
  const net = sortEffects(binding, effects.all());
  if (binding.hasExtraColumns && (effects.hasRemade || mayRemake(net))) {
    return 'a row would be made anew and lose what the target has in columns of its own';
  }
  return net;
}

function addChange(
  effects: EffectMap,
  change: RowsChange,
  identity: readonly number[],
): string | undefined {
  switch (change.action) {
    case 'insert':
      return addInserts(effects, change, change.after.keyOf(identity));
    case 'delete':
      return addDeletes(effects, change, change.before.keyOf(identity));
    case 'update':
      return addUpdates(effects, change, identity);
  }
}

type KeyOf = (row: number) => RowKey;

function addInserts(effects: EffectMap, change: RowsChange, keyOf: KeyOf): string | undefined {
  for (let row = 0; row < (change.after?.length ?? 0); row++) {
    if (!effects.appear(keyOf(row), change, row)) return 'a key is inserted twice';
  }
  return undefined;
}

function addDeletes(effects: EffectMap, change: RowsChange, keyOf: KeyOf): string | undefined {
  for (let row = 0; row < (change.before?.length ?? 0); row++) {
    if (!effects.disappear(keyOf(row), change, row)) return 'a row is deleted twice';
  }
  return undefined;
}

function addUpdates(
  effects: EffectMap,
  change: RowsChange & { action: 'update' },
  identity: readonly number[],
): string | undefined {
  const keyBefore = change.before.keyOf(identity);
  const keyAfter = change.after.keyOf(identity);
  for (let row = 0; row < change.before.length; row++) {
    const before = keyBefore(row);
    const after = keyAfter(row);
    const isPossible =
      before === after
        ? effects.change(before, change, row)
        : effects.disappear(before, change, row) && effects.appear(after, change, row);
    if (!isPossible) return 'a row is changed that is gone, or its new key is taken';
  }
  return undefined;
}

class EffectMap {
  /** A row was deleted and came again under the same identity. */
  hasRemade = false;
  readonly #effects = new Map<RowKey, Effect>();

  all(): IterableIterator<RowEffect> {
    return this.#effects.values();
  }

  /** False: it is there already. */
  appear(key: RowKey, change: RowsChange, row: number): boolean {
    const known = this.#effects.get(key);
    if (known === undefined) {
      this.#effects.set(key, new Effect(key, change, row, 'appears'));
      return true;
    }
    if (known.after !== undefined) return false;
    if (known.before !== undefined) this.hasRemade = true;
    known.moveTo(change, row, change.after);
    return true;
  }

  /** False: it is gone already. */
  disappear(key: RowKey, change: RowsChange, row: number): boolean {
    const known = this.#effects.get(key);
    if (known === undefined) {
      this.#effects.set(key, new Effect(key, change, row, 'disappears'));
      return true;
    }
    if (known.after === undefined) return false;
    known.moveTo(change, row, undefined);
    return true;
  }

  /** False: it is gone. */
  change(key: RowKey, change: RowsChange, row: number): boolean {
    const known = this.#effects.get(key);
    if (known === undefined) {
      this.#effects.set(key, new Effect(key, change, row, 'changes'));
      return true;
    }
    if (known.after === undefined) return false;
    known.moveTo(change, row, change.after);
    return true;
  }
}

function sortEffects(binding: TableBinding, effects: Iterable<RowEffect>): NetEffect {
  const net = {
    deletes: [] as RowEffect[],
    vanished: [] as RowEffect[],
    inserts: [] as RowEffect[],
    upserts: [] as RowEffect[],
  };
  for (const effect of effects) {
    if (effect.before === undefined) {
      (effect.after === undefined ? net.vanished : net.inserts).push(effect);
    } else if (effect.after === undefined) {
      net.deletes.push(effect);
    } else if (hasSameUniqueValues(binding, effect)) {
      net.upserts.push(effect);
    } else {
      net.deletes.push(effect);
      net.inserts.push(effect);
    }
  }
  for (const list of Object.values(net)) sortByKey(list);
  return net;
}

/** A row that leaves and a row that comes may be one row whose key changed. */
function mayRemake(net: NetEffect): boolean {
  return net.deletes.length !== 0 && net.inserts.length !== 0;
}

function hasSameUniqueValues(binding: TableBinding, effect: RowEffect): boolean {
  const { before, after } = effect;
  if (before === undefined || after === undefined) return false;
  return binding.uniqueKeys.every(
    (columns) => before.keyOf(columns)(effect.beforeRow) === after.keyOf(columns)(effect.row),
  );
}

/** Rows in key order are cheaper for the target; only numbers are cheap to sort. */
function sortByKey(effects: RowEffect[]): void {
  for (const { key } of effects) if (typeof key !== 'number') return;
  sortByNumber(effects, ({ key }) => key as number);
}
