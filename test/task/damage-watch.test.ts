import { describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { DamageWatch } from '../../src/task/damage-watch.ts';

const damaged = (coordinates: string): TailraceError =>
  new TailraceError('SOURCE_CORRUPT_EVENT', 'wrong checksum', { place: { coordinates } });

const codes = (errors: readonly TailraceError[]): string[] => {
  const watch = new DamageWatch();
  return errors.map((error) => watch.judge(error).code);
};

describe('DamageWatch', () => {
  it('takes damage for lasting once the same place was read five times', () => {
    const lost = new TailraceError('SOURCE_CONNECTION_LOST', 'gone');
    const same = Array.from({ length: 4 }, () => damaged('binlog.000007:1038'));
    expect(codes([...same, lost, damaged('binlog.000007:1038')])).toEqual([
      ...same.map(() => 'SOURCE_CORRUPT_EVENT'),
      'SOURCE_CONNECTION_LOST',
      'SOURCE_BINLOG_DAMAGED',
    ]);
  });

  it('goes on while the damage moves: that is the way, not the file', () => {
    const places = Array.from({ length: 12 }, (_, i) =>
      damaged(`binlog.000007:${String(100 + i)}`),
    );
    expect(new Set(codes(places))).toEqual(new Set(['SOURCE_CORRUPT_EVENT']));
  });
});
