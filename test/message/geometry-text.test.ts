import { describe, expect, it } from 'vitest';
import { geometrySrid, geometryText } from '../../src/message/geometry-text.ts';

function point(x: number, y: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeDoubleLE(x, 0);
  bytes.writeDoubleLE(y, 8);
  return bytes;
}

function counted(parts: readonly Buffer[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(parts.length, 0);
  return Buffer.concat([count, ...parts]);
}

function wkb(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1, type, 0, 0, 0]), body]);
}

function stored(geometry: Buffer, srid = 0): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(srid, 0);
  return Buffer.concat([head, geometry]);
}

const line = counted([point(0, 1), point(1, 2)]);

describe('geometryText', () => {
  it.each([
    ['POINT (3 2)', wkb(1, point(3, 2))],
    ['POINT (-1.5 0.0000001)', wkb(1, point(-1.5, 1e-7))],
    ['POINT (1000000000000000000000000 -0.00025)', wkb(1, point(1e24, -2.5e-4))],
    ['LINESTRING (0 1, 1 2)', wkb(2, line)],
    ['POLYGON ((0 1, 1 2), (0 1, 1 2))', wkb(3, counted([line, line]))],
    ['MULTIPOINT ((1 1), (2 2))', wkb(4, counted([wkb(1, point(1, 1)), wkb(1, point(2, 2))]))],
    ['MULTILINESTRING ((0 1, 1 2))', wkb(5, counted([wkb(2, line)]))],
    ['MULTIPOLYGON (((0 1, 1 2)))', wkb(6, counted([wkb(3, counted([line]))]))],
    [
      'GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 1, 1 2))',
      wkb(7, counted([wkb(1, point(1, 1)), wkb(2, line)])),
    ],
    ['GEOMETRYCOLLECTION EMPTY', wkb(7, counted([]))],
  ])('%s', (text, geometry) => {
    expect(geometryText(stored(geometry))).toBe(text);
  });

  it('has the SRID beside it', () => {
    expect(geometrySrid(stored(wkb(1, point(1, 1)), 4326))).toBe(4326);
  });

  it('is undefined for bytes that are no geometry, without running away', () => {
    const valid = stored(wkb(7, counted([wkb(1, point(1, 1)), wkb(3, counted([line]))])));
    for (let length = 0; length < valid.length; length++) {
      expect(geometryText(valid.subarray(0, length))).toBeUndefined();
    }
    expect(geometryText(stored(wkb(2, Buffer.from([0xff, 0xff, 0xff, 0xff]))))).toBeUndefined();
  });
});
