import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowsEvent } from '../../../src/binlog/event.ts';
import { RowsDecoder } from '../../../src/binlog/rows/rows-decoder.ts';
import { WIRE_TYPE } from '../../../src/binlog/wire-types.ts';
import type { RowImages } from '../../../src/core/row.ts';
import { FLAVOR, makeColumn, makeTable, makeTableMap } from './random-rows.ts';

const COLUMNS = [
  { type: WIRE_TYPE.LONG, meta: 0, column: makeColumn('int', { name: 'id' }), isNullable: false },
  {
    type: WIRE_TYPE.VARCHAR,
    meta: 40,
    column: makeColumn('varchar', { name: 'name', charset: 'latin1' }),
    isNullable: true,
  },
  {
    type: WIRE_TYPE.STRING,
    meta: WIRE_TYPE.ENUM | (1 << 8),
    column: makeColumn('enum', { name: 'kind', labels: ['a', 'b,c'], charset: 'latin1' }),
    isNullable: true,
  },
  {
    type: WIRE_TYPE.LONGLONG,
    meta: 0,
    column: makeColumn('bigint', { name: 'hash', isHidden: true }),
    isNullable: true,
  },
] as const;

const ALL = Buffer.of(0b1111);

function image(id: number, name: string | null, kind: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt32LE(id);
  const text = name === null ? [] : [Buffer.of(name.length), Buffer.from(name, 'latin1')];
  return Buffer.concat([Buffer.of(name === null ? 0b1010 : 0b1000), key, ...text, Buffer.of(kind)]);
}

function rowsEvent(
  action: RowsEvent['action'],
  images: readonly Buffer[],
  more: Partial<RowsEvent> = {},
): RowsEvent {
  const rows = Buffer.concat(images);
  // The event is part of a chunk: what is around it must not be read.
  const bytes = Buffer.concat([Buffer.alloc(7, 0xee), rows, Buffer.alloc(9, 0xee)]);
  return {
    kind: 'rows',
    header: { timestamp: 0, typeCode: 30, serverId: 1, eventSize: 0, endLogPos: 0, flags: 0 },
    action,
    isPartial: false,
    tableId: 1,
    flags: 0,
    columnCount: COLUMNS.length,
    presentFirst: ALL,
    presentSecond: action === 'update' ? ALL : undefined,
    bytes,
    start: 7,
    end: 7 + rows.length,
    ...more,
  };
}

function makeDecoder(): RowsDecoder {
  const table = makeTable(COLUMNS.map(({ column }) => column));
  return new RowsDecoder(makeTableMap(COLUMNS), table, FLAVOR);
}

function decode(event: RowsEvent, maxSliceBytes = 1 << 20) {
  return [...makeDecoder().decode(event, maxSliceBytes)];
}

const rowsOf = (images: RowImages | undefined) =>
  Array.from({ length: images?.length ?? 0 }, (_, row) => images?.at(row));

function beforeOf(event: RowsEvent): RowImages {
  const [slice] = decode(event);
  if (slice?.before === undefined) throw new Error('a slice with before images');
  return slice.before;
}

describe('RowsDecoder', () => {
  it('gives values again and in any order, of many rows as of one', () => {
    const names = Array.from({ length: 6 }, (_, i) =>
      i === 4 ? 'n\u00e4me' : `a name of row ${i}`,
    );
    const event = rowsEvent(
      'update',
      names.flatMap((name, i) => [image(i, name, 1), image(i, `${name}!`, 2)]),
    );
    const [slice] = decode(event);
    const before = names.map((name, i) => [i, name, 'a', undefined]);
    const after = names.map((name, i) => [i, `${name}!`, 'b,c', undefined]);
    for (let time = 0; time < 2; time++) {
      expect(rowsOf(slice?.after)).toEqual(after);
      expect(rowsOf(slice?.before)).toEqual(before);
    }
    expect(slice?.after?.at(3)).toEqual(after[3]);
  });

  it('gives inserts as after images, deletes as before images', () => {
    const images = [image(1, 'é', 1), image(2, null, 0)];
    const expected = [
      [1, 'é', 'a', undefined],
      [2, null, '', undefined],
    ];
    const [inserted, ...noMore] = decode(rowsEvent('insert', images));
    expect(noMore).toEqual([]);
    expect(inserted?.before).toBeUndefined();
    expect(rowsOf(inserted?.after)).toEqual(expected);
    const [deleted] = decode(rowsEvent('delete', images));
    expect(deleted?.after).toBeUndefined();
    expect(rowsOf(deleted?.before)).toEqual(expected);
  });

  it('pairs the images of updates', () => {
    const event = rowsEvent('update', [
      image(1, 'old', 1),
      image(1, 'new one', 2),
      image(2, null, 1),
      image(3, 'x', 1),
    ]);
    const [slice] = decode(event);
    expect(rowsOf(slice?.before).map((row) => row?.[1])).toEqual(['old', null]);
    expect(rowsOf(slice?.after).map((row) => row?.[1])).toEqual(['new one', 'x']);
    expect(slice?.after?.at(0)[2]).toBe('b,c');
    expect(slice?.before?.byteLength(0)).toBe(image(1, 'old', 1).length);
    expect(slice?.after?.byteLength(1)).toBe(image(3, 'x', 1).length);
  });

  it('cuts a large event into slices of whole rows, none lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30, unit: 'binary-ascii' }), { minLength: 1 }),
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        (names, maxSliceBytes, isUpdate) => {
          const images = names.flatMap((name, i) =>
            isUpdate ? [image(i, 'before', 1), image(i, name, 1)] : [image(i, name, 1)],
          );
          const slices = decode(rowsEvent(isUpdate ? 'update' : 'insert', images), maxSliceBytes);
          const after = slices.flatMap((slice) => rowsOf(slice.after));
          expect(after.map((row) => row?.[1])).toEqual(names);
          for (const { before, after: images } of slices) {
            if (isUpdate) expect(before?.length).toBe(images?.length);
            const lengths = rowsOf(images).map(
              (_, i) => (images?.byteLength(i) ?? 0) + (before?.byteLength(i) ?? 0),
            );
            // Only the last row may go over the limit.
            expect(lengths.slice(0, -1).reduce((sum, length) => sum + length, 0)).toBeLessThan(
              maxSliceBytes,
            );
          }
        },
      ),
    );
  });

  it('tells columns that are not in the image from NULL', () => {
    const key = image(5, null, 0).subarray(1, 5);
    const event = rowsEvent('delete', [Buffer.of(0), key], { presentFirst: Buffer.of(0b0001) });
    const before = beforeOf(event);
    expect(before.present).toEqual([true, false, false, false]);
    expect(before.isFull).toBe(false);
    expect(before.at(0)).toEqual([5, undefined, undefined, undefined]);
    expect(before.hasNull(0, [1])).toBe(false);
    expect(() => before.keyOf([1])).toThrow(/is not in the image/);
  });

  it('takes images for full without hidden columns, which are never present', () => {
    const before = beforeOf(rowsEvent('delete', [image(1, null, 1)]));
    expect(before.isFull).toBe(true);
    expect(before.present).toEqual([true, true, true, false]);
    expect(before.hasNull(0, [0, 1])).toBe(true);
    expect(before.hasNull(0, [0])).toBe(false);
  });

  it('makes keys', () => {
    const [slice] = decode(rowsEvent('insert', [image(-5, 'n', 1), image(7, null, 1)]));
    const after = slice?.after;
    const [ids, names, both] = [[0], [1], [1, 0]].map((columns) => after?.keyOf(columns));
    expect([ids?.(0), ids?.(1)]).toEqual([-5, 7]);
    expect(names?.(0)).not.toBe(names?.(1));
    expect(both?.(0)).not.toBe(both?.(1));
    expect(after?.keyOf([0])(1)).toBe(7);
  });

  it('takes an event without rows', () => {
    expect(decode(rowsEvent('insert', []))).toEqual([]);
    expect(decode(rowsEvent('update', []))).toEqual([]);
  });

  it.each([
    ['a cut row', rowsEvent('insert', [image(1, 'abc', 1).subarray(0, 8)])],
    ['half a pair', rowsEvent('update', [image(1, 'abc', 1)])],
    ['rows without columns', rowsEvent('insert', [Buffer.of(1)], { presentFirst: Buffer.of(0) })],
    ['another number of columns', rowsEvent('insert', [image(1, 'a', 1)], { columnCount: 3 })],
  ])('refuses %s', (_, event) => {
    expect(() => decode(event)).toThrow(
      expect.objectContaining({ code: 'SOURCE_EVENT_UNDECODABLE' }),
    );
  });

  it('refuses a definition with another number of columns', () => {
    const table = makeTable([makeColumn('int')]);
    expect(() => new RowsDecoder(makeTableMap(COLUMNS), table, FLAVOR)).toThrow(
      expect.objectContaining({ code: 'SOURCE_SCHEMA_MISMATCH' }),
    );
  });

  it('refuses a label that the definition does not have, and reads on after it', () => {
    const [slice] = decode(rowsEvent('insert', [image(1, 'a', 3), image(2, 'b', 1)]));
    expect(() => slice?.after?.at(0)).toThrow(
      expect.objectContaining({ code: 'SOURCE_SCHEMA_MISMATCH' }),
    );
    expect(slice?.after?.at(1)).toEqual([2, 'b', 'a', undefined]);
  });

  it('knows no rows beyond its own', () => {
    const [slice] = decode(rowsEvent('insert', [image(1, 'a', 1)]));
    expect(() => slice?.after?.at(1)).toThrow(RangeError);
    expect(() => slice?.after?.at(-1)).toThrow(RangeError);
  });
});
