import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/core/table.ts';
import { valueFit, type ValueFit } from '../../../src/sink/mysql/value-fit.ts';
import { fakeColumn } from '../../support/fake-images.ts';

function fit(type: ColumnType, sourceType: string, targetType: string): ValueFit | undefined {
  const scale = /^(?:time|datetime|timestamp)\((\d)\)/.exec(sourceType)?.[1];
  const source = fakeColumn('v', type, {
    columnType: sourceType,
    scale: scale === undefined ? undefined : Number(scale),
  });
  const target = {
    name: 'v',
    dataType: targetType.replace(/\W.*/, ''),
    columnType: targetType,
    charset: source.charset,
    collation: source.collation,
    isNullable: true,
    canBeOmitted: true,
    isGenerated: false,
    labels: undefined,
  };
  return valueFit({ index: 0, source, target });
}

const bytesOf = (one: ValueFit | undefined, text: string): boolean | undefined => {
  const bytes = Buffer.from(`<${text}>`);
  return one?.bytes?.(bytes, 1, bytes.length - 1);
};

describe('what the target would change without a warning', () => {
  it('parts of a second that it has no digits for', () => {
    const digits = fit('datetime', 'datetime(6)', 'datetime(3)');
    expect(digits?.ascii?.('2020-01-01 00:00:00.123000')).toBe(true);
    expect(digits?.ascii?.('2020-01-01 00:00:00.123400')).toBe(false);
    expect(fit('time', 'time(1)', 'time')?.ascii?.('-10:00:00.5')).toBe(false);
    expect(fit('timestamp', 'timestamp', 'timestamp(6)')).toBeUndefined();
  });

  it('fractions in whole numbers', () => {
    expect(fit('double', 'double', 'int')?.double?.(1.5)).toBe(false);
    expect(fit('double', 'double', 'int')?.double?.(-3)).toBe(true);
    expect(fit('decimal', 'decimal(10,2)', 'bigint(20)')?.ascii?.('1.25')).toBe(false);
    expect(fit('decimal', 'decimal(10,2)', 'bigint(20)')?.ascii?.('1.00')).toBe(true);
    expect(fit('int', 'int(11)', 'bigint')).toBeUndefined();
  });

  it('numbers that a float cannot hold', () => {
    expect(fit('double', 'double', 'float')?.double?.(0.1)).toBe(false);
    expect(fit('double', 'double', 'float')?.double?.(0.5)).toBe(true);
    expect(fit('int', 'int', 'float')?.integer?.(16_777_217)).toBe(false);
    expect(fit('bigint', 'bigint', 'double')?.integer?.(9_007_199_254_740_993n)).toBe(false);
    expect(fit('bigint', 'bigint', 'double')?.integer?.(2n ** 60n)).toBe(true);
  });

  it('spaces at the end of CHAR, and what BINARY fills up', () => {
    const char = fit('varchar', 'varchar(10)', 'char(10)');
    expect(['a', 'a ', '', ' '].map((text) => bytesOf(char, text))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(bytesOf(fit('varbinary', 'varbinary(4)', 'binary(2)'), 'ab')).toBe(true);
    expect(bytesOf(fit('varbinary', 'varbinary(4)', 'binary(3)'), 'ab')).toBe(false);
    expect(fit('char', 'char(5)', 'varchar(5)')).toBeUndefined();
  });

  it('is told by column and both types', () => {
    const error = fit('double', 'double', 'int(11)')?.refuse('1.5');
    expect(error?.code).toBe('TARGET_VALUE_REFUSED');
    expect(error?.message).toContain('v, int(11), would change 1.5');
    expect(error?.place).toEqual({ column: 'v' });
  });
});
