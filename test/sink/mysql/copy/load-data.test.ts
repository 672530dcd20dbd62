import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowBlock } from '../../../../src/core/copy.ts';
import { loadText } from '../../../../src/sink/mysql/copy/load-data.ts';
import { writeLength } from '../../../../src/snapshot/dump/parse-values.ts';

type Row = readonly (Uint8Array | null)[];

function blockOf(rows: readonly Row[], width: number): RowBlock {
  const fields = rows.flat().map((value) => {
    if (value === null) return Buffer.from([0xfb]);
    const head = Buffer.alloc(9);
    return Buffer.concat([head.subarray(0, writeLength(head, 0, value.length)), value]);
  });
  return {
    kind: 'block',
    columns: Array.from({ length: width }, (_, at) => at),
    bytes: Buffer.concat(fields),
    rowCount: rows.length,
    hasEnumIndexes: true,
  };
}

/** As the server reads it. */
function readBack(text: string): (string | null)[][] {
  const escapes: Record<string, string> = { '0': '\0', t: '\t', n: '\n', '\\': '\\' };
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line.split('\t').map((field) => {
        if (field === '\\N') return null;
        return field.replaceAll(/\\(.)/gs, (_, char: string) => escapes[char] ?? char);
      }),
    );
}

describe('loadText', () => {
  it('writes any bytes so that the server reads them back', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0, 9, 10, 13, 0x4e, 0x5c),
    );
    const value = fc.array(byte, { maxLength: 20 }).map((bytes) => Uint8Array.from(bytes));
    const row = fc.array(fc.option(value), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
        const text = loadText(blockOf(rows, 3)).latin1Slice();
        const expected = rows.map((fields) =>
          fields.map((field) => (field === null ? null : Buffer.from(field).latin1Slice())),
        );
        expect(readBack(text)).toEqual(expected);
      }),
    );
  });
});
