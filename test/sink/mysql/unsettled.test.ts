import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/core/sink.ts';
import { createSinkCounters } from '../../../src/sink/mysql/sink-counters.ts';
import { UnsettledDeliveries } from '../../../src/sink/mysql/unsettled.ts';
import { fakeColumn, fakeTable } from '../../support/fake-images.ts';
import { changesOf, transaction } from './sink-harness.ts';

const rows = changesOf(fakeTable('d', 't', [fakeColumn('id', 'int')], [0]));

/** Parts of one transaction have its number; only the last ends it. */
interface Part {
  readonly seq: number;
  readonly last: boolean;
}

function world() {
  const counters = createSinkCounters();
  const unsettled = new UnsettledDeliveries(counters);
  const acknowledged: Part[] = [];
  const add = ({ seq, last }: Part): void => {
    const tx = transaction(seq, [rows.insert([seq], [-seq])], {
      bytes: 10,
      part: { index: 0, last },
    });
    const ack = (): void => void acknowledged.push({ seq, last });
    const delivery: Delivery = { transaction: tx, ticket: { seq, ack, fail: () => undefined } };
    unsettled.add(delivery);
  };
  return { counters, unsettled, acknowledged, add };
}

const PARTS = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 })
  .map((counts) =>
    counts.flatMap((count, at) =>
      Array.from({ length: count }, (_, part) => ({ seq: at + 1, last: part === count - 1 })),
    ),
  );

describe('UnsettledDeliveries', () => {
  it('settles each once, in order, up to what is durable', () => {
    fc.assert(
      fc.property(PARTS, fc.array(fc.nat(25), { maxLength: 8 }), (parts, marks) => {
        const { counters, unsettled, acknowledged, add } = world();
        for (const part of parts) add(part);
        let highest = 0;
        for (const mark of marks) {
          unsettled.settleUpTo(mark);
          highest = Math.max(highest, mark);
          expect(acknowledged).toEqual(parts.filter(({ seq }) => seq <= highest));
        }
        expect(counters).toMatchObject({
          transactions: acknowledged.filter(({ last }) => last).length,
          rows: acknowledged.length * 2,
          bytes: acknowledged.length * 10,
        });
        const left = unsettled.takeAll();
        expect(left.map(({ seq }) => seq)).toEqual(
          parts.filter(({ seq }) => seq > highest).map(({ seq }) => seq),
        );
        expect(unsettled.takeAll()).toEqual([]);
      }),
    );
  });

  it('settles those that are durable wherever they stand', () => {
    fc.assert(
      fc.property(PARTS, fc.uniqueArray(fc.integer({ min: 1, max: 20 })), (parts, durable) => {
        const { unsettled, acknowledged, add } = world();
        for (const part of parts) add(part);
        unsettled.settleThose(({ seq }) => durable.includes(seq));
        expect(acknowledged).toEqual(parts.filter(({ seq }) => durable.includes(seq)));
        unsettled.settleUpTo(parts.length);
        expect(acknowledged).toHaveLength(parts.length);
        expect(unsettled.takeAll()).toEqual([]);
      }),
    );
  });
});
