import { describe, expect, it } from 'vitest';
import {
  deserializePosition,
  parsePositionRequest,
  serializePosition,
} from '../../src/core/position-parse.ts';
import { parseGtidSet } from '../../src/core/gtid-set-parse.ts';
import { describePosition, formatPosition, type Position } from '../../src/core/position.ts';

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

describe('parsePositionRequest', () => {
  it('reads the words', () => {
    expect(parsePositionRequest('now')).toEqual({ kind: 'now' });
    expect(parsePositionRequest(' Earliest ')).toEqual({ kind: 'earliest' });
  });

  it.each([
    ['binlog.000003:4711', 'binlog.000003', 4711],
    ['a-b.c.000001:4', 'a-b.c.000001', 4],
    ['mysql-bin.000001:5000000000', 'mysql-bin.000001', 5_000_000_000],
  ])('reads coordinates %s', (text, file, offset) => {
    expect(parsePositionRequest(text)).toEqual({
      kind: 'coordinates',
      coordinates: { file, offset },
    });
  });

  it.each([`${UUID}:1-5`, `${UUID}:1-5:tag:7`, '0-1-100', '0-1-100,1-2-3', `${UUID}:7`])(
    'reads the GTID set %s',
    (text) => {
      const read = parsePositionRequest(text);
      expect(read.kind === 'gtid' && read.gtidSet.toString()).toBe(text);
    },
  );

  it.each([
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00:00.25+02:00', '2026-11-20T08:00:00.250Z'],
    ['2024-02-29t00:00:00z', '2024-02-29T00:00:00.000Z'],
  ])('reads the time %s', (text, iso) => {
    const read = parsePositionRequest(text);
    expect(read.kind === 'time' && read.at.toISOString()).toBe(iso);
  });

  it.each([
    '',
    'yesterday',
    'latest',
    '2026-11-20',
    '2026-11-20 10:00:00Z',
    '2026-11-20T10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    'binlog.000003',
    'binlog.000003:',
    'binlog.000003:3',
    'binlog:4711',
    'binlog.000003:4711x',
    UUID,
    '4711',
    '1-2',
  ])('refuses %j', (text) => {
    expect(() => parsePositionRequest(text)).toThrow(
      expect.objectContaining({ code: 'POSITION_INVALID' }),
    );
  });
});

describe('serializePosition', () => {
  const coordinates = { file: 'binlog.000003', offset: 5_000_000_000 };
  const positions: readonly Position[] = [
    { kind: 'coordinates', coordinates },
    { kind: 'gtid', coordinates, gtidSet: parseGtidSet(`${UUID}:1-3:tag:5`, 'mysql') },
    { kind: 'gtid', coordinates, gtidSet: parseGtidSet('0-1-100,3-1-2', 'mariadb') },
    { kind: 'gtid', coordinates, gtidSet: parseGtidSet('', 'mariadb') },
  ];

  it.each(positions)('comes back as it was: $kind', (position) => {
    const back = deserializePosition(serializePosition(position));
    expect(formatPosition(back)).toBe(formatPosition(position));
    expect(back.coordinates).toEqual(coordinates);
    expect(back.kind === 'gtid' && back.gtidSet.flavor).toBe(
      position.kind === 'gtid' && position.gtidSet.flavor,
    );
  });

  it.each(['', '{', 'null', '{"kind":"gtid","file":"a","offset":4}', '{"kind":"x"}'])(
    'refuses %j',
    (text) => {
      expect(() => deserializePosition(text)).toThrow(/cannot be read/);
    },
  );
});

describe('describePosition', () => {
  it('shows coordinates where the GTID set is empty, as at the beginning of a binlog', () => {
    const coordinates = { file: 'binlog.000001', offset: 4 };
    const at = (text: string): Position => ({
      kind: 'gtid',
      gtidSet: parseGtidSet(text, 'mysql'),
      coordinates,
    });
    expect(describePosition(at(''))).toBe('binlog.000001:4');
    expect(describePosition(at(`${UUID}:1-5`))).toBe(`${UUID}:1-5`);
  });
});
