import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, RowsChange } from '../../../../src/core/change.ts';
import type { Transaction } from '../../../../src/core/transaction.ts';
import type { PlannedGroup } from '../../../../src/sink/mysql/group-plans.ts';
import { GroupTouches } from '../../../../src/sink/mysql/lanes/group-touches.ts';
import { computeNetEffect, type NetEffect } from '../../../../src/sink/mysql/net-effect.ts';
import type { TableTouch } from '../../../../src/sink/mysql/plan.ts';
import type { TableBinding } from '../../../../src/sink/mysql/table-binding.ts';
import { fakeChange, fakeColumn } from '../../../support/fake-images.ts';
import {
  HISTORY_TABLES,
  historyBase,
  historyOf,
  ModelTable,
  type HistoryTable,
} from '../histories.ts';
import { applyTo } from '../net-model.ts';
import { transaction } from '../sink-harness.ts';

const [narrow, , textKey, extraUnique] = HISTORY_TABLES as [
  HistoryTable,
  HistoryTable,
  HistoryTable,
  HistoryTable,
];
const many = Array.from({ length: 60 }, (_, index) => index - 20);
/** So many keys that two groups often have none in common. */
const wide: HistoryTable = { ...narrow, pools: [many, [0, 1, 2]] };
const pair: HistoryTable = {
  name: 'pair',
  columns: [fakeColumn('a', 'int'), fakeColumn('v', 'int'), fakeColumn('b', 'int')],
  sql: 'a INT, v INT, b INT, PRIMARY KEY (a, b)',
  keys: [[0, 2]],
  pools: [many.slice(0, 8), [0, 1, 2], many.slice(0, 8)],
};

function bindingOf(of: HistoryTable, more: Partial<TableBinding> = {}): TableBinding {
  const [identity = [], ...uniqueKeys] = of.keys;
  const target = { name: { database: 'db', table: of.name }, uniqueKeys: of.keys };
  const columns = of.columns.map((source, index) => ({
    index,
    source,
    target: { charset: of === textKey ? 'utf8mb4' : undefined },
  }));
  const binding = { identity, uniqueKeys, target, columns, hasForeignKeys: false, ...more };
  return { hasExtraColumns: false, ...binding } as unknown as TableBinding;
}

function netOf(binding: TableBinding, changes: readonly RowsChange[]): NetEffect {
  const net = computeNetEffect(binding, binding.identity ?? [], changes);
  if (typeof net === 'string') throw new Error(net);
  return net;
}

function group(
  changes: readonly Change[],
  touches: readonly TableTouch[] | undefined,
  more: Partial<Transaction> = {},
): PlannedGroup {
  return { of: [transaction(1, changes, more)], packets: [], touches };
}

function touchesOf(binding: TableBinding, changes: readonly RowsChange[]): GroupTouches {
  return GroupTouches.of(group(changes, [{ binding, net: netOf(binding, changes) }]));
}

describe('what two groups touch', () => {
  it.each([wide, pair].map((of) => [of.name, of] as const))(
    'leaves the same in either order where it is apart: %s',
    (_, of) => {
      const binding = bindingOf(of);
      let apart = 0;
      fc.assert(
        fc.property(
          historyOf(of, historyBase('db', of)),
          fc.nat(),
          ({ start, changes, end }, cut) => {
            const at = cut % (changes.length + 1);
            const [first, second] = [changes.slice(0, at), changes.slice(at)];
            const touches = [first, second].map((part) => touchesOf(binding, part));
            const [a, b] = touches as [GroupTouches, GroupTouches];
            expect(a.isApartFrom(b)).toBe(b.isApartFrom(a));
            if (!a.isApartFrom(b)) return;
            if (at > 0 && at < changes.length) apart += 1;
            const model = new ModelTable(of);
            for (const row of start) model.insert(row);
            for (const part of [second, first]) {
              applyTo(model, netOf(binding, part), binding.identity ?? []);
            }
            expect(model.sorted()).toEqual(end);
          },
        ),
        { numRuns: 1000 },
      );
      expect(apart).toBeGreaterThan(50);
    },
  );

  const base = historyBase('db', wide);
  const insert = (...ids: number[]) => fakeChange({ ...base, after: ids.map((id) => [id, 0]) });
  const plain = bindingOf(wide);

  it('of the same table is told apart by keys, in ranges that meet too', () => {
    const odd = touchesOf(plain, [insert(1, 3, 5)]);
    expect(odd.isApartFrom(touchesOf(plain, [insert(2, 4)]))).toBe(true);
    expect(odd.isApartFrom(touchesOf(plain, [insert(6, 7)]))).toBe(true);
    expect(odd.isApartFrom(touchesOf(plain, [insert(4, 5)]))).toBe(false);
    const moved = fakeChange({ ...base, before: [[9, 0]], after: [[3, 0]] });
    expect(odd.isApartFrom(touchesOf(plain, [moved]))).toBe(false);
  });

  it.each([
    ['a further unique key', bindingOf({ ...wide, keys: [[0], [1]] })],
    ['a text as its key', bindingOf(textKey)],
    ['rows that go in order', bindingOf(wide, { inOrderReason: 'a reason' })],
    ['no key', bindingOf(wide, { identity: undefined })],
  ])('of a table with %s is the table', (_, binding) => {
    const one = touchesAll(binding, [insert(1)]);
    expect(one.isApartFrom(touchesAll(binding, [insert(2)]))).toBe(false);
    const elsewhere = bindingOf({ ...wide, name: 'other' });
    expect(one.isApartFrom(touchesOf(elsewhere, [insert(1)]))).toBe(true);
  });

  /** With a net effect as of a table that has one. */
  function touchesAll(binding: TableBinding, changes: readonly RowsChange[]): GroupTouches {
    return GroupTouches.of(group(changes, [{ binding, net: netOf(plain, changes) }]));
  }

  it('of tables with foreign keys is all of them', () => {
    const parent = bindingOf({ ...wide, name: 'parent' }, { hasForeignKeys: true });
    const child = bindingOf({ ...wide, name: 'child' }, { hasForeignKeys: true });
    const one = touchesOf(parent, [insert(1)]);
    expect(one.isApartFrom(touchesOf(child, [insert(2)]))).toBe(false);
    expect(one.isApartFrom(touchesOf(plain, [insert(2)]))).toBe(true);
  });

  it('of one target that two source tables write to is the table', () => {
    const net = netOf(plain, [insert(1)]);
    const twice = group(
      [],
      [
        { binding: plain, net },
        { binding: bindingOf(wide), net },
      ],
    );
    const other = touchesOf(plain, [insert(9)]);
    expect(GroupTouches.of(twice).isApartFrom(other)).toBe(false);
  });

  it.each([
    ['a part', group([], [], { part: { index: 0, last: false } })],
    ['a change of definitions', group([], [], { schemaDelta: new Map() })],
    ['rows by key', group([{ ...insert(1), byKey: true }], [])],
    ['no plan', group([], undefined)],
    ['XA', group([{ kind: 'xa-end' } as unknown as Change], [])],
  ])('of %s is anything', (_, of) => {
    expect(GroupTouches.of(of).isKnown).toBe(false);
    expect(GroupTouches.of(of).isApartFrom(touchesOf(plain, [insert(1)]))).toBe(false);
    expect(touchesOf(plain, [insert(1)]).isApartFrom(GroupTouches.of(of))).toBe(false);
  });

  it('of two histories with a unique key beside the identity is never apart', () => {
    const binding = bindingOf(extraUnique);
    fc.assert(
      fc.property(historyOf(extraUnique, historyBase('db', extraUnique)), ({ changes }) => {
        if (changes.length < 2) return;
        const [one, two] = [changes.slice(0, 1), changes.slice(1)];
        expect(touchesOf(binding, one).isApartFrom(touchesOf(binding, two))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
