import { describe, expect, it } from 'vitest';
import {
  decodeTableMap,
  hasTableMapBody,
  tableMapIdentity,
} from '../../../src/binlog/events/table-map.ts';
import { EventFixture, makeFrame } from '../../support/binlog-frames.ts';

const mysql97 = new EventFixture('mysql97');
const mariadb10 = new EventFixture('mariadb10');
const mariadb11 = new EventFixture('mariadb11');

/** Columns whose flag is set, by name. */
function named(names: readonly string[] | undefined, flags: readonly boolean[] | undefined) {
  return names?.filter((_, i) => flags?.[i]);
}

function collationsByName(map: ReturnType<typeof tableMap>): Record<string, number> {
  const { collationIds, columnNames } = map.metadata;
  return Object.fromEntries(
    [...(collationIds ?? [])].map(([i, id]) => [String(columnNames?.[i]), id] as const),
  );
}

function tableMap(fixture: EventFixture, name: string) {
  return fixture.decode(name, 'table-map');
}

describe('decodeTableMap', () => {
  it('reads types and metadata without row metadata', () => {
    const map = tableMap(new EventFixture('mysql57'), 'table-map');
    expect([map.database, map.table, map.columnCount]).toEqual(['b1_ev', 't', 14]);
    expect([...map.columnTypes]).toEqual([
      3, 15, 254, 254, 255, 13, 8, 246, 4, 16, 18, 254, 254, 252,
    ]);
    // varchar(20) latin1 · enum and set with their own type · decimal(10,2) · char(200) utf8 = 600 bytes
    expect([...map.columnMeta]).toEqual([
      0, 20, 0x01f7, 0x01f8, 4, 0, 0, 0x020a, 4, 0x0101, 6, 0x58de, 0x10fe, 2,
    ]);
    expect(map.nullable).toEqual([false, ...new Array<boolean>(13).fill(true)]);
    expect(map.metadata).toMatchObject({ isUnsigned: undefined, columnNames: undefined });
  });

  it('reads full row metadata of MySQL', () => {
    const map = tableMap(mysql97, 'table-map');
    const { metadata } = map;
    expect(metadata.columnNames).toEqual([
      ...['id', 's', 'e', 'f', 'g', 'y', 'u', 'd', 'fl', 'b', 't6', 'c', 'bin', 'tx'],
    ]);
    expect(named(metadata.columnNames, metadata.isUnsigned)).toEqual(['id', 'y', 'u', 'd']);
    expect(collationsByName(map)).toEqual({ s: 8, e: 8, f: 255, c: 33, bin: 63, tx: 33 });
    const labels = [...(metadata.labels ?? [])].map(([i, list]) => [i, list.map(String)]);
    expect(Object.fromEntries(labels)).toEqual({ 2: ['a', 'b,c', "d'e"], 3: ['x', 'y'] });
    expect(metadata.geometryTypes).toEqual(new Map([[4, 0]]));
    expect(metadata.primaryKey).toEqual([0]);
    expect(metadata.hasPrefixKeyPart).toBe(false);
  });

  it('keeps the order of the key and tells prefixes', () => {
    expect(tableMap(mysql97, 'table-map-prefix-key').metadata).toMatchObject({
      primaryKey: [2, 1],
      hasPrefixKeyPart: true,
    });
  });

  it('MySQL: a vector has a byte of metadata, dimensions and a place in the charset list', () => {
    const map = tableMap(mysql97, 'table-map-vector');
    expect([...map.columnMeta]).toEqual([0, 4, 4, 0, 10]);
    expect(collationsByName(map)).toEqual({ v: 63, s: 8 });
    expect(map.metadata.vectorDimensions).toEqual(new Map([[2, 3]]));
    expect(named(map.metadata.columnNames, map.metadata.isUnsigned)).toEqual(['z']);
    expect(named(map.metadata.columnNames, map.metadata.isVisible)).toEqual([
      'id',
      'doc',
      'v',
      'z',
    ]);
  });

  it.each([
    ['10.11', mariadb10, { utf8: 45, utf16: 54, json: 46, geometry: 63 }],
    ['11.8', mariadb11, { utf8: 2304, utf16: 2816, json: 46, geometry: 63 }],
  ])('MariaDB %s counts geometry, compressed and its own types as text', (_, fixture, ids) => {
    const map = tableMap(fixture, 'table-map-types');
    const { metadata } = map;
    expect(collationsByName(map)).toEqual({
      g: ids.geometry,
      c: 8,
      d: ids.utf16,
      u: 63,
      i: 63,
      n4: 63,
      vc: 8,
      bc: 63,
      j: ids.json,
      e: ids.utf8,
      last: 7,
    });
    expect(named(metadata.columnNames, metadata.isUnsigned)).toEqual([
      ...['y', 'ti', 'ui', 'fl', 'dc'],
    ]);
    expect(metadata.labels?.get(16)?.map(String)).toEqual(['é', 'z']);
    expect(metadata.geometryTypes).toEqual(new Map([[0, 1]]));
  });

  it('MariaDB: a vector is a binary string, hidden columns are named', () => {
    const vector = tableMap(mariadb11, 'table-map-vector');
    expect([...vector.columnTypes]).toEqual([3, 15, 15, 8]);
    expect(collationsByName(vector)).toEqual({ v: 63, s: 8 });
    expect(tableMap(mariadb10, 'table-map-hidden').metadata.columnNames).toEqual([
      'a',
      'row_start',
      'row_end',
    ]);
  });

  it('passes over optional metadata that is not known', () => {
    const body = tableMapBody([3], [], [200, 2, 1, 2, 4, 2, 1, 0x61]);
    const frame = makeFrame(19, body);
    const map = decodeTableMap(frame, headerOf(), 'mysql');
    expect(map.metadata.columnNames).toEqual(['a']);
  });

  it('refuses metadata that does not fit the types', () => {
    const frame = makeFrame(19, tableMapBody([3], [1, 2], []));
    expect(() => decodeTableMap(frame, headerOf(), 'mysql')).toThrow(/does not fit/);
  });
});

describe('tableMapIdentity', () => {
  it('gives id and body, and tells equal bodies from others', () => {
    const frame = mysql97.frame('table-map');
    const map = tableMap(mysql97, 'table-map');
    const { tableId, body } = tableMapIdentity(frame);
    expect(tableId).toBe(map.tableId);
    expect(body.equals(map.body)).toBe(true);
    expect(hasTableMapBody(frame, map.body)).toBe(true);
    expect(hasTableMapBody(mysql97.frame('table-map-vector'), map.body)).toBe(false);
  });
});

function headerOf() {
  return { timestamp: 0, typeCode: 19, serverId: 1, eventSize: 0, endLogPos: 0, flags: 0 };
}

function tableMapBody(types: number[], meta: number[], optional: number[]): Buffer {
  return Buffer.from([
    ...[1, 0, 0, 0, 0, 0, 1, 0],
    ...[1, 0x64, 0, 1, 0x74, 0],
    ...[types.length, ...types, meta.length, ...meta, 0],
    ...optional,
  ]);
}
