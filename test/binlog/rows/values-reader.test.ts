import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveColumnLayout } from '../../../src/binlog/column/column-layout.ts';
import { EventText } from '../../../src/binlog/rows/event-text.ts';
import { makeRowShape } from '../../../src/binlog/rows/image-shape.ts';
import { PlainRowCode } from '../../../src/binlog/rows/plain-row-code.ts';
import type { RowShape } from '../../../src/binlog/rows/row-code.ts';
import {
  compileValuesReader,
  plainValuesReader,
  type ValuesReader,
} from '../../../src/binlog/rows/values-reader.ts';
import type { Table } from '../../../src/core/table.ts';
import { bitmapOf, FLAVOR, makeTable, randomColumn, randomImage } from './random-rows.ts';

interface Case {
  readonly table: Table;
  readonly shape: RowShape;
  readonly images: readonly Buffer[];
}

const someColumn = fc
  .tuple(randomColumn, fc.integer({ min: 0, max: 9 }))
  .map(([one, dice]) => ({ ...one, column: { ...one.column, isHidden: dice === 0 } }));

const anyCase: fc.Arbitrary<Case> = fc
  .array(fc.tuple(someColumn, fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 20 })
  .chain((some) => {
    const columns = some.map(([column]) => column);
    const present = some.map(([, dice]) => dice > 0);
    const table = makeTable(columns.map(({ column }, i) => ({ ...column, name: `c${i}` })));
    const layouts = columns.map((column) => resolveColumnLayout({ ...column, flavor: FLAVOR }));
    const nullable = columns.map(({ isNullable }) => isNullable);
    return fc.record({
      table: fc.constant(table),
      shape: fc.constant(makeRowShape({ table, layouts, nullable }, bitmapOf(present))),
      images: fc.array(randomImage(columns, present), { minLength: 1, maxLength: 4 }),
    });
  });

/** Values, or what was thrown. */
function read(reader: ValuesReader, bytes: Buffer, at: number, text?: EventText): unknown {
  try {
    return reader(bytes, at, text);
  } catch (thrown) {
    return String(thrown);
  }
}

describe('values of a row', () => {
  it('are the same by compiled code, with the text of the event and without, as by a visitor', () => {
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 0, max: 8 }), ({ table, shape, images }, before) => {
        const compiled = compileValuesReader(shape, table);
        const plain = plainValuesReader(shape, new PlainRowCode(shape), table);
        // Nothing may lie behind: the last bytes of an event may be the last of its chunk.
        const chunk = Buffer.from(
          new Uint8Array(Buffer.concat([Buffer.alloc(before), ...images])).buffer,
        );
        const bytes = chunk.subarray(before >> 1);
        let at = before - (before >> 1);
        const text = new EventText(bytes, at, bytes.length);
        text.make();
        for (const image of images) {
          const values = read(plain, bytes, at);
          expect(read(compiled, bytes, at)).toStrictEqual(values);
          expect(read(compiled, bytes, at, text)).toStrictEqual(values);
          at += image.length;
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are read by a visitor where Node may not generate code', () => {
    const module = new URL('../../../src/binlog/rows/values-reader.ts', import.meta.url);
    const script = `const { valuesReaderOf } = await import(${JSON.stringify(module.href)});
      const shape = { columns: [], nullBytes: 0, signature: '' };
      const code = { visit: () => console.log('visited') };
      console.log(valuesReaderOf(shape, code, { columns: [] })(Buffer.alloc(0), 0).length);`;
    const run = (...flags: string[]): string =>
      execFileSync(
        process.execPath,
        [...flags, '--import', 'tsx', '--input-type=module', '-e', script],
        { encoding: 'utf8' },
      ).trim();
    expect(run()).toBe('0');
    expect(run('--disallow-code-generation-from-strings')).toBe('visited\n0');
  });
});

describe('the text of an event', () => {
  it('gives exactly the values that are ASCII', () => {
    const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 90, max: 0x7f });
    const stains = fc.array(fc.nat({ max: 89 }), { maxLength: 2 });
    fc.assert(
      fc.property(anyBytes, stains, fc.nat({ max: 7 }), (ascii, places, skew) => {
        const bytes = Buffer.alloc(skew + ascii.length).subarray(skew);
        bytes.set(ascii);
        for (const place of places) if (place < bytes.length) bytes[place] = 0x80 + place;
        const text = new EventText(bytes, 0, bytes.length);
        text.make();
        for (let start = 0; start <= bytes.length; start++) {
          for (let end = start; end <= bytes.length; end++) {
            const value = bytes.subarray(start, end);
            const isAscii = value.every((byte) => byte < 0x80);
            expect(text.slice(start, end)).toBe(isAscii ? value.toString('latin1') : undefined);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
