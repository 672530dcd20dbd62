import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveColumnLayout } from '../../../src/binlog/column/column-layout.ts';
import { compileRowCode, rowCodeOf } from '../../../src/binlog/rows/compiled-row-code.ts';
import { makeRowShape } from '../../../src/binlog/rows/image-shape.ts';
import { PlainRowCode } from '../../../src/binlog/rows/plain-row-code.ts';
import type { RowCode, RowShape } from '../../../src/binlog/rows/row-code.ts';
import {
  bitmapOf,
  FLAVOR,
  makeTable,
  type RandomColumn,
  randomColumn,
  randomImage,
} from './random-rows.ts';
import { RecordingVisitor } from './recording-visitor.ts';

interface Case {
  readonly shape: RowShape;
  readonly present: readonly boolean[];
  readonly images: readonly Buffer[];
}

function shapeOf(columns: readonly RandomColumn[], present: readonly boolean[]): RowShape {
  const layout = {
    table: makeTable(columns.map(({ column }) => column)),
    layouts: columns.map((column) => resolveColumnLayout({ ...column, flavor: FLAVOR })),
    nullable: columns.map(({ isNullable }) => isNullable),
  };
  return makeRowShape(layout, bitmapOf(present));
}

const anyCase: fc.Arbitrary<Case> = fc
  .array(randomColumn, { minLength: 1, maxLength: 20 })
  .chain((columns) => fc.tuple(fc.constant(columns), anyPresence(columns.length)))
  .chain(([columns, present]) =>
    fc.record({
      shape: fc.constant(shapeOf(columns, present)),
      present: fc.constant(present),
      images: fc.array(randomImage(columns, present), { minLength: 1, maxLength: 4 }),
    }),
  );

function anyPresence(length: number): fc.Arbitrary<boolean[]> {
  return fc.oneof(
    fc.constant(new Array<boolean>(length).fill(true)),
    fc.array(fc.boolean(), { minLength: length, maxLength: length }),
  );
}

function hasColumn({ present }: Case): boolean {
  return present.includes(true);
}

function visits(code: RowCode, bytes: Buffer, at: number): string[] {
  const visitor = new RecordingVisitor();
  code.visit(bytes, at, visitor);
  return visitor.calls;
}

describe('compiled row code', () => {
  it('reads what the plain one reads', () => {
    fc.assert(
      fc.property(anyCase, ({ shape, images }) => {
        const compiled = compileRowCode(shape);
        const plain = new PlainRowCode(shape);
        const bytes = Buffer.concat([Buffer.of(1, 2, 3), ...images, Buffer.of(4)]);
        let at = 3;
        for (const image of images) {
          expect(compiled.skip(bytes, at)).toBe(at + image.length);
          expect(plain.skip(bytes, at)).toBe(at + image.length);
          expect(visits(compiled, bytes, at)).toEqual(visits(plain, bytes, at));
          at += image.length;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('makes the keys that the plain one makes, equal for equal columns only', () => {
    const withColumns = anyCase.filter(hasColumn).chain((one) => {
      const indexes = one.present.flatMap((isPresent, i) => (isPresent ? [i] : []));
      return fc.tuple(
        fc.constant(one),
        fc.shuffledSubarray(indexes, { minLength: 1, maxLength: Math.min(3, indexes.length) }),
      );
    });
    fc.assert(
      fc.property(withColumns, ([{ shape, images }, columns]) => {
        const compiled = compileRowCode(shape).keyReader(columns);
        const plain = new PlainRowCode(shape);
        const keys = images.map((image) => compiled(image, 0));
        expect(keys).toEqual(images.map((image) => plain.keyReader(columns)(image, 0)));
        const raw = images.map((image) => rawColumns(plain, image, columns));
        keys.forEach((key, i) => {
          keys.forEach((other, j) => {
            expect(key === other).toBe(raw[i] === raw[j]);
          });
        });
      }),
      { numRuns: 500 },
    );
  });

  it('never ends before the end of a cut image', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), ({ shape, images }, cut) => {
        const [image = Buffer.alloc(0)] = images;
        fc.pre(image.length > 0);
        const short = Buffer.from(image.subarray(0, cut % image.length));
        for (const code of [compileRowCode(shape), new PlainRowCode(shape)]) {
          expect(code.skip(short, 0) <= short.length).toBe(false);
        }
      }),
    );
  });

  it('is shared by shapes that are equal', () => {
    fc.assert(
      fc.property(fc.array(randomColumn, { minLength: 1, maxLength: 4 }), (columns) => {
        const present = columns.map(() => true);
        expect(rowCodeOf(shapeOf(columns, present))).toBe(rowCodeOf(shapeOf(columns, present)));
      }),
      { numRuns: 20 },
    );
  });

  it('is replaced by the plain one where Node may not generate code', () => {
    const module = new URL('../../../src/binlog/rows/compiled-row-code.ts', import.meta.url);
    const script = `const { rowCodeOf } = await import(${JSON.stringify(module.href)});
      const code = rowCodeOf({ columns: [], nullBytes: 0, signature: '' });
      console.log(code.constructor.name);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const run = (...flags: string[]) =>
      execFileSync(process.execPath, [...flags, ...args], { encoding: 'utf8' }).trim();
    expect(run()).toBe('CompiledRowCode');
    expect(run('--disallow-code-generation-from-strings')).toBe('PlainRowCode');
  });
});

/** The columns' own bytes, told apart from NULL. */
function rawColumns(plain: PlainRowCode, image: Buffer, columns: readonly number[]): string {
  const parts = new Map<number, string>();
  plain.eachColumn(image, 0, ({ column }, range) => {
    parts.set(column, range === undefined ? 'NULL' : image.toString('hex', range.start, range.end));
  });
  return columns.map((column) => parts.get(column)).join();
}
