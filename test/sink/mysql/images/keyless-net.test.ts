import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeKeylessNet, type Copies } from '../../../../src/sink/mysql/images/keyless-net.ts';
import { fakeChange, fakeColumn, fakeTable, identityRoute } from '../../../support/fake-images.ts';
import { asWireChange } from '../../../support/wire-images.ts';

const table = fakeTable('db', 'log', [fakeColumn('v', 'int')]);
const base = { table, route: identityRoute(table) };

/** How many rows of each value; taking away what is not there throws, as a server would refuse. */
class Rows {
  readonly counts: number[];

  constructor(counts: readonly number[]) {
    this.counts = [...counts];
  }

  add(value: number, count = 1): void {
    const now = (this.counts[value] ?? 0) + count;
    if (now < 0) throw new Error(`row ${value} is not there`);
    this.counts[value] = now;
  }
}

type Step = { readonly from: number | undefined; readonly to: number | undefined };

const values = fc.integer({ min: 0, max: 3 });
const steps = fc.array(
  fc.oneof(
    fc.record({ from: fc.constant(undefined), to: values }),
    fc.record({ from: values, to: fc.constant(undefined) }),
    fc.record({ from: values, to: values }),
  ),
  { maxLength: 15 },
);

const changeOf = ({ from, to }: Step) =>
  asWireChange(
    fakeChange({
      ...base,
      ...(from === undefined ? {} : { before: [[from]] }),
      ...(to === undefined ? {} : { after: [[to]] }),
    }),
  );

const valueOf = ({ images, row }: Copies) => images.bytes.readInt32LE(images.endOf(row) - 4);

function attempt(start: readonly number[], work: (rows: Rows) => void): readonly number[] | string {
  const rows = new Rows(start);
  try {
    work(rows);
  } catch {
    return 'a row is missing';
  }
  return rows.counts;
}

describe('the net effect on a table without a key', () => {
  it('leaves what the changes leave, and misses a row wherever one of them would', () => {
    const start = fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 2 })));
    fc.assert(
      fc.property(start, steps, (counts, history) => {
        const rowByRow = attempt(counts, (rows) => {
          for (const { from, to } of history) {
            if (from !== undefined) rows.add(from, -1);
            if (to !== undefined) rows.add(to);
          }
        });
        const { removed, added } = computeKeylessNet(history.map(changeOf));
        const merged = attempt(counts, (rows) => {
          for (const copies of removed) rows.add(valueOf(copies), -copies.count);
          for (const copies of added) rows.add(valueOf(copies), copies.count);
        });
        expect(merged).toEqual(rowByRow);
      }),
      { numRuns: 500 },
    );
  });

  it('writes no version that was overwritten, and each number of equal rows once', () => {
    const history: Step[] = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
      { from: 0, to: undefined },
      { from: undefined, to: 3 },
    ];
    const { removed, added } = computeKeylessNet(history.map(changeOf));
    const told = (copies: readonly Copies[]) => copies.map((one) => [valueOf(one), one.count]);
    expect({ removed: told(removed), added: told(added) }).toEqual({
      removed: [[0, 2]],
      added: [[3, 2]],
    });
  });
});
