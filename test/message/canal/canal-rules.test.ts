import { describe, expect, it } from 'vitest';
import { parseDynamicTopic, parsePartitionHash } from '../../../src/message/canal/canal-rules.ts';

describe('dynamicTopic', () => {
  it.each([
    // The examples of canal's own documentation.
    ['test\\.test', 'test.test', 'test_test'],
    ['.*\\..*', 'Shop.Orders', 'shop_orders'],
    ['test', 'test.orders', 'test'],
    ['test\\..*', 'test.orders', 'test_orders'],
    ['test,test1\\.test1', 'test1.test1', 'test1_test1'],
    ['test0:test,test1:test1\\.test1', 'test.any', 'test0'],
    ['test0:test,test1:test1\\.test1', 'test1.test1', 'test1'],
    ['test0:test;test1:test1\\.test1', 'TEST1.Test1', 'test1'],
    // A name that is no expression fits tables and schemas.
    ['shop.orders', 'shop.orders', 'shop_orders'],
    // An expression without an escaped dot is of schemas alone.
    ['s.*', 'shop.orders', 'shop'],
    ['s.*orders', 'shop.orders', undefined],
    // A rule of tables goes before one of schemas that stands in front of it.
    ['all:shop,one:shop\\.orders', 'shop.orders', 'one'],
    ['all:shop,one:shop\\.orders', 'shop.users', 'all'],
    ['shop', 'other.orders', undefined],
  ])('%s sends %s to %s', (rules, name, topic) => {
    const [database = '', table = ''] = name.split('.');
    expect(parseDynamicTopic(rules)(database, table)).toBe(topic);
  });

  it('names a rule that is no expression', () => {
    expect(() => parseDynamicTopic('shop\\.(')).toThrow('canal\'s rule "shop\\.("');
  });
});

describe('partitionHash', () => {
  it.each([
    ['test.test:id', 'test.test', { kind: 'columns', columns: ['id'] }],
    ['test.test:id^name', 'Test.Test', { kind: 'columns', columns: ['id', 'name'] }],
    ['.*\\..*:id', 'test.orders', { kind: 'columns', columns: ['id'] }],
    ['.*\\..*:$PK$', 'test.orders', { kind: 'primary_key' }],
    ['test.test', 'test.test', { kind: 'table' }],
    ['test.test,.*\\..*:$pk$', 'test.test', { kind: 'table' }],
    ['test.test,.*\\..*:$pk$', 'test.other', { kind: 'primary_key' }],
    ['test.test', 'test.other', { kind: 'none' }],
  ])('%s spreads %s by %o', (rules, name, by) => {
    const [database = '', table = ''] = name.split('.');
    expect(parsePartitionHash(rules)(database, table)).toEqual(by);
  });
});
