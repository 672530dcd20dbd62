import type { DdlEffect } from '../../../core/change.ts';
import { formatTableName } from '../../../core/table.ts';
import type { ObjectStates, TableState } from './object-state.ts';

/** What a restart does about a statement that may or may not have run. */
export type PendingVerdict =
  /** It has taken effect. */
  | { readonly kind: 'done' }
  /** It has not, or running it again changes nothing. */
  | { readonly kind: 'redo' }
  /** These of its effects are missing. */
  | { readonly kind: 'partial'; readonly missing: readonly DdlEffect[] }
  | { readonly kind: 'undecided' };

type DropEffect = Extract<DdlEffect, { kind: 'create' | 'alter' | 'drop' | 'truncate' }>;
type RenameEffect = Extract<DdlEffect, { kind: 'rename' }>;

const DONE: PendingVerdict = { kind: 'done' };
const REDO: PendingVerdict = { kind: 'redo' };
const UNDECIDED: PendingVerdict = { kind: 'undecided' };
const ABSENT: TableState = { digest: undefined, ids: [] };

/**
 * Compares what the statement's objects were before it with what they are now. Nobody else writes to
 * them meanwhile, and no later change was applied, so whatever differs is the statement's own work.
 *
 * DROP of several tables: each by itself, because MySQL before 8 drops one after the other.
 * RENAME: the states after each single rename are imagined; the present one must be like exactly one
 * of them. Equal tables swapped are told apart by their ids only.
 * All else: unchanged means that running it again is right, or at least harmless (an ALTER that
 * changes nothing that shows is one that may be repeated).
 */
export function decidePending(
  effects: readonly DdlEffect[],
  before: ObjectStates,
  now: ObjectStates,
): PendingVerdict {
  if (effects.length === 0) return UNDECIDED;
  const drops = effects.filter((effect): effect is DropEffect => effect.kind === 'drop');
  if (drops.length === effects.length) return decideDrops(drops, before, now);
  const renames = effects.filter((effect): effect is RenameEffect => effect.kind === 'rename');
  if (renames.length === effects.length) return decideRenames(renames, before, now);
  if (renames.length > 0) return decideAlterWithRename(effects, before, now);
  const verdicts = effects.map((effect) => decideOne(effect, before, now));
  const [first] = verdicts;
  const isOne = verdicts.every((verdict) => verdict.kind === first?.kind);
  return isOne && first !== undefined ? first : UNDECIDED;
}

function decideDrops(
  drops: readonly DropEffect[],
  before: ObjectStates,
  now: ObjectStates,
): PendingVerdict {
  const existed = drops.filter(({ table }) => exists(stateOf(before, formatTableName(table))));
  const left = drops.filter(({ table }) => exists(stateOf(now, formatTableName(table))));
  const isOwn = left.every(({ table }) => {
    const name = formatTableName(table);
    return isSame(stateOf(before, name), stateOf(now, name), before, now);
  });
  if (!isOwn) return UNDECIDED;
  if (left.length === existed.length) return REDO;
  return left.length === 0 ? DONE : { kind: 'partial', missing: left };
}

function decideRenames(
  renames: readonly RenameEffect[],
  before: ObjectStates,
  now: ObjectStates,
): PendingVerdict {
  const fitting: number[] = [];
  const tables = new Map(Object.entries(before.tables));
  for (let done = 0; done <= renames.length; done++) {
    const isFitting = [...tables].every(([name, state]) =>
      isSame(state, stateOf(now, name), before, now),
    );
    if (isFitting) fitting.push(done);
    const next = renames[done];
    if (next === undefined) break;
    tables.set(formatTableName(next.to), tables.get(formatTableName(next.table)) ?? ABSENT);
    tables.set(formatTableName(next.table), ABSENT);
  }
  const [done] = fitting;
  if (done === undefined || fitting.length > 1) return UNDECIDED;
  if (done === 0) return REDO;
  return done === renames.length ? DONE : { kind: 'partial', missing: renames.slice(done) };
}

/** ALTER TABLE … RENAME TO: the definition may change on the way, existence tells. */
function decideAlterWithRename(
  effects: readonly DdlEffect[],
  before: ObjectStates,
  now: ObjectStates,
): PendingVerdict {
  const renames = effects.filter((effect): effect is RenameEffect => effect.kind === 'rename');
  const [rename] = renames;
  if (rename === undefined || renames.length > 1) return UNDECIDED;
  const from = formatTableName(rename.table);
  const to = formatTableName(rename.to);
  const isUnchanged = [from, to].every((name) =>
    isSame(stateOf(before, name), stateOf(now, name), before, now),
  );
  if (isUnchanged) return REDO;
  const isMoved = !exists(stateOf(now, from)) && exists(stateOf(now, to));
  return isMoved && !exists(stateOf(before, to)) ? DONE : UNDECIDED;
}

function decideOne(effect: DdlEffect, before: ObjectStates, now: ObjectStates): PendingVerdict {
  switch (effect.kind) {
    case 'create-database':
      return before.databases[effect.database] !== true && now.databases[effect.database] === true
        ? DONE
        : REDO;
    case 'drop-database':
      return now.databases[effect.database] === true ? REDO : DONE;
    case 'alter-database':
      return REDO;
    case 'rename':
    case 'drop':
      return UNDECIDED;
    case 'create':
    case 'alter':
    case 'truncate':
      return decideTable(effect, before, now);
  }
}

function decideTable(effect: DropEffect, before: ObjectStates, now: ObjectStates): PendingVerdict {
  const name = formatTableName(effect.table);
  const old = stateOf(before, name);
  const present = stateOf(now, name);
  // Emptying it twice is the same as once, as long as nothing was written since.
  if (effect.kind === 'truncate') return exists(present) ? REDO : UNDECIDED;
  if (isSame(old, present, before, now)) return REDO;
  // CREATE OR REPLACE drops first.
  if (!exists(present)) return effect.kind === 'create' ? REDO : UNDECIDED;
  const isComparable = !exists(old) || before.serverVersion === now.serverVersion;
  const isExplained = effect.kind === 'create' || exists(old);
  return isComparable && isExplained ? DONE : UNDECIDED;
}

function stateOf(states: ObjectStates, name: string): TableState {
  return states.tables[name] ?? ABSENT;
}

function exists(state: TableState): boolean {
  return state.digest !== undefined;
}

function isSame(
  old: TableState,
  present: TableState,
  before: ObjectStates,
  now: ObjectStates,
): boolean {
  if (!exists(old) || !exists(present)) return exists(old) === exists(present);
  const areIdsKnown = old.ids !== undefined && present.ids !== undefined;
  if (areIdsKnown && old.ids.join() !== present.ids.join()) return false;
  if (before.serverVersion !== now.serverVersion) return areIdsKnown && old.ids.length > 0;
  return old.digest === present.digest;
}
