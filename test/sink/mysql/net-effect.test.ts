import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeNetEffect, type NetEffect } from '../../../src/sink/mysql/net-effect.ts';
import type { TableBinding } from '../../../src/sink/mysql/table-binding.ts';
import { fakeChange } from '../../support/fake-images.ts';
import {
  HISTORY_TABLES,
  historyBase,
  historyOf,
  ModelTable,
  type HistoryTable,
} from './histories.ts';
import { applyTo } from './net-model.ts';

function bindingOf(of: HistoryTable, more: Partial<TableBinding> = {}): TableBinding {
  const [identity, ...uniqueKeys] = of.keys;
  return { identity, uniqueKeys, hasExtraColumns: false, ...more } as TableBinding;
}

describe('computeNetEffect', () => {
  it.each(HISTORY_TABLES.map((of) => [of.name, of] as const))(
    'leaves what the history leaves: %s',
    (_, of) => {
      const identity = of.keys[0] as readonly number[];
      fc.assert(
        fc.property(historyOf(of, historyBase('db', of)), ({ start, changes, end }) => {
          const net = computeNetEffect(bindingOf(of), identity, changes);
          if (typeof net === 'string') throw new Error(net);
          const model = new ModelTable(of);
          for (const row of start) model.insert(row);
          applyTo(model, net, identity);
          expect(model.sorted()).toEqual(end);
        }),
        { numRuns: 500 },
      );
    },
  );

  const [single, , , extra] = HISTORY_TABLES as [
    HistoryTable,
    HistoryTable,
    HistoryTable,
    HistoryTable,
  ];
  const base = historyBase('db', single);
  const sizes = (net: NetEffect | string) =>
    typeof net === 'string'
      ? net
      : [net.deletes.length, net.vanished.length, net.inserts.length, net.upserts.length];
  const net = (changes: Parameters<typeof computeNetEffect>[2]) =>
    computeNetEffect(bindingOf(single), [0], changes);

  it('tells what stays, comes, goes and never was', () => {
    const changes = [
      fakeChange({ ...base, before: [[1, 0]], after: [[1, 1]] }),
      fakeChange({
        ...base,
        after: [
          [2, 0],
          [3, 0],
        ],
      }),
      fakeChange({
        ...base,
        before: [
          [3, 0],
          [4, 0],
        ],
      }),
    ];
    expect(sizes(net(changes))).toEqual([1, 1, 1, 1]);
  });

  it('puts rows by a key of numbers into its order, each with its own values', () => {
    const edges = [0, -1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 52];
    const keys = fc.uniqueArray(fc.oneof(fc.integer(), fc.constantFrom(...edges)), {
      minLength: 2,
      maxLength: 60,
    });
    fc.assert(
      fc.property(keys, (ids) => {
        const effect = net([fakeChange({ ...base, after: ids.map((id, at) => [id, at]) })]);
        if (typeof effect === 'string') throw new Error(effect);
        const found = effect.inserts.map(({ after, row }) => after?.at(row));
        const expected = ids.map((id, at) => [id, at]).sort(([a = 0], [b = 0]) => a - b);
        expect(found).toEqual(expected);
      }),
    );
  });

  it('makes a row anew whose unique value changed, also when two rows swap theirs', () => {
    const swap = [
      fakeChange({
        ...historyBase('db', extra),
        before: [[1, 'a', 1, 0]],
        after: [[1, null, 1, 0]],
      }),
      fakeChange({
        ...historyBase('db', extra),
        before: [[2, 'b', 2, 0]],
        after: [[2, 'a', 2, 0]],
      }),
      fakeChange({
        ...historyBase('db', extra),
        before: [[1, null, 1, 0]],
        after: [[1, 'b', 1, 0]],
      }),
    ];
    expect(sizes(computeNetEffect(bindingOf(extra), [0], swap))).toEqual([2, 0, 2, 0]);
  });

  it.each([
    [
      'a second insert',
      [
        fakeChange({
          ...base,
          after: [
            [1, 0],
            [1, 1],
          ],
        }),
      ],
    ],
    [
      'a second delete',
      [
        fakeChange({
          ...base,
          before: [
            [1, 0],
            [1, 0],
          ],
        }),
      ],
    ],
    [
      'a change of what is gone',
      [
        fakeChange({ ...base, before: [[1, 0]] }),
        fakeChange({ ...base, before: [[1, 0]], after: [[1, 1]] }),
      ],
    ],
    [
      'a key moved onto another',
      [
        fakeChange({ ...base, after: [[2, 0]] }),
        fakeChange({ ...base, before: [[1, 0]], after: [[2, 1]] }),
      ],
    ],
  ])('does not guess about %s', (_, changes) => {
    expect(net(changes)).toEqual(expect.any(String));
  });

  it('does not make a row anew where the target has columns of its own', () => {
    const binding = bindingOf(single, { hasExtraColumns: true });
    const remade = [
      fakeChange({ ...base, before: [[1, 0]] }),
      fakeChange({ ...base, after: [[1, 0]] }),
    ];
    const moved = [fakeChange({ ...base, before: [[1, 0]], after: [[2, 0]] })];
    expect(computeNetEffect(binding, [0], remade)).toEqual(expect.any(String));
    expect(computeNetEffect(binding, [0], moved)).toEqual(expect.any(String));
  });

  it('sorts by key where keys are numbers', () => {
    const effect = net([
      fakeChange({
        ...base,
        after: [
          [5, 0],
          [-2, 0],
          [3, 0],
        ],
      }),
    ]) as NetEffect;
    expect(effect.inserts.map(({ key }) => key)).toEqual([-2, 3, 5]);
  });
});
