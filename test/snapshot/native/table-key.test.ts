import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableKey } from '../../../src/snapshot/native/table-key.ts';
import { fakeTable } from '../../support/fake-change.ts';

const table = fakeTable({
  columns: [
    ['a', 'int'],
    ['b', 'int'],
    ['c', 'int'],
    ['f', 'float'],
    ['t', 'varchar', { charset: 'gbk' }],
  ],
  primaryKey: [0, 1, 2],
});

/** SQL's conditions on these columns, read as the server reads them. */
function holds(condition: string, row: readonly number[]): boolean {
  let text = condition.replaceAll(/`(\w)` (>=|>|=) (\d+)/g, (_, name: string, sign, value) => {
    const have = row['abc'.indexOf(name)] ?? 0;
    const isTrue = sign === '>' ? have > +value : sign === '=' ? have === +value : have >= +value;
    return isTrue ? 'T' : 'F';
  });
  for (let before = ''; before !== text;) {
    before = text;
    text = text
      .replaceAll(/\(([TF])\)/g, '$1')
      .replaceAll(/([TF]) AND ([TF])/g, (_, a, b) => (a === 'T' && b === 'T' ? 'T' : 'F'))
      .replaceAll(/(?<!AND )([TF]) OR ([TF])(?! AND)/g, (_, a, b) =>
        a === 'T' || b === 'T' ? 'T' : 'F',
      );
  }
  return text === 'T';
}

describe('TableKey', () => {
  it('finds exactly the rows behind a key', () => {
    const key = TableKey.of(table, [0, 1, 2]) as TableKey;
    const row = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3));
    fc.assert(
      fc.property(row, row, (from, other) => {
        const isBehind = from.join() < other.join();
        expect(holds(key.after(from.map(String)), other)).toBe(isBehind);
      }),
    );
  });

  it('writes literals in the character set of the column', () => {
    const key = TableKey.of({ ...table, primaryKey: [4] }, [4]);
    expect(key?.literal(0, Buffer.from([0xc4, 0xe3]))).toBe("_gbk x'c4e3'");
  });

  it('is none where a value cannot be told from its text, or is not read', () => {
    expect(TableKey.of({ ...table, primaryKey: [3] }, [3])).toBe(undefined);
    expect(TableKey.of(table, [0, 1])).toBe(undefined);
    expect(TableKey.of({ ...table, primaryKey: [] }, [0])).toBe(undefined);
  });
});
