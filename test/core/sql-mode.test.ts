import { describe, expect, it } from 'vitest';
import { sqlModeNames } from '../../src/core/sql-mode.ts';

describe('sqlModeNames', () => {
  it('names bits by family and version', () => {
    const mask = (1n << 4n) | (1n << 9n) | (1n << 28n) | (1n << 32n) | (1n << 34n);
    expect(sqlModeNames(mask, { flavor: 'mysql', majorVersion: 5 })).toEqual([
      'ORACLE',
      'NO_AUTO_CREATE_USER',
    ]);
    expect(sqlModeNames(mask, { flavor: 'mysql', majorVersion: 9 })).toEqual([
      'TIME_TRUNCATE_FRACTIONAL',
    ]);
    expect(sqlModeNames(mask, { flavor: 'mariadb', majorVersion: 10 })).toEqual([
      'IGNORE_BAD_TABLE_OPTIONS',
      'ORACLE',
      'NO_AUTO_CREATE_USER',
      'EMPTY_STRING_IS_NULL',
      'TIME_ROUND_FRACTIONAL',
    ]);
  });
});
