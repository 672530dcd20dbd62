import { describe, expect, it } from 'vitest';
import { fillTemplate, parseTablePattern } from '../../src/core/table-pattern.ts';

const name = (text: string) => {
  const dot = text.indexOf('.');
  return { database: text.slice(0, dot), table: text.slice(dot + 1) };
};

describe('parseTablePattern', () => {
  it.each([
    ['shop.users', 'shop.users', true],
    ['shop.users', 'shop.users2', false],
    ['shop.users', 'Shop.users', false],
    ['shop.*', 'shop.a.b', true],
    ['shop*.*', 'shop.users', true],
    ['*.users', 'a.users', true],
    ['s?op.t', 'shop.t', true],
    ['s?op.t', 'sop.t', false],
    ['s?op.t', 's😀op.t', true],
    ['a+b.[x]', 'a+b.[x]', true],
    ['a+b.[x]', 'aab.x', false],
    ['a.b\\c', 'a.b\\c', true],
    ['/shop\\.(users|orders)/', 'shop.orders', true],
    ['/shop\\.user/', 'shop.users', false],
    ['/a\\.b|c\\.d/', 'c.d', true],
    ['/.*/', 'any.thing', true],
  ])('%s matches %s: %s', (pattern, table, expected) => {
    expect(parseTablePattern(pattern).matches(name(table))).toBe(expected);
    expect(parseTablePattern(pattern).capture(name(table)) !== undefined).toBe(expected);
  });

  it.each([
    ['shop.*', 'shop', true, true],
    ['shop.t*', 'shop', true, false],
    ['shop.*', 'crm', false, false],
    ['/shop_\\d+\\..*/', 'shop_7', true, true],
    ['/shop_\\d+\\.t.*/', 'shop_7', true, false],
    ['/shop_\\d+\\..*/', 'crm', false, false],
    ['/(a|b)\\.t/', 'b', true, false],
    ['/(a|b)\\.t/', 'c', false, false],
    ['/a\\.t|b\\.t/', 'b', true, false],
    ['/.*/', 'b', true, false],
    ['/(shop\\.a)/', 'shop', true, false],
  ])('%s of database %s: may match %s, covers %s', (pattern, database, may, covers) => {
    expect(parseTablePattern(pattern).mayMatchDatabase(database)).toBe(may);
    expect(parseTablePattern(pattern).coversDatabase(database)).toBe(covers);
  });

  it.each(['shop', '.t', 'shop.', '', '/', '//', '/x', '/(/'])('refuses %j', (text) => {
    expect(() => parseTablePattern(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('fillTemplate', () => {
  it.each([
    ['shop_?.t_*', 'crm_*.x_*', 'shop_7.t_a', 'crm_7.x_a'],
    ['shop.*', 'shop.*_copy', 'shop.a', 'shop.a_copy'],
    ['*.*', '*.all', 'a.b', 'a.all'],
    ['*.$&', 'x.*', '$&.$&', 'x.$&'],
    ['/(\\w+)_old\\.(\\w+)/', '*_new.*', 'a_old.t', 'a_new.t'],
  ])('%s to %s: %s is %s', (pattern, template, from, to) => {
    const captures = parseTablePattern(pattern).capture(name(from)) ?? [];
    expect(fillTemplate(template, captures)).toEqual(name(to));
  });
});
