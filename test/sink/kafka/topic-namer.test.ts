import { describe, expect, it } from 'vitest';
import { parseDynamicTopic } from '../../../src/message/canal/canal-rules.ts';
import { TopicNamer, type TopicRules } from '../../../src/sink/kafka/topic-namer.ts';

const rules = (more: Partial<TopicRules>): TopicRules => ({
  template: '{database}.{table}',
  prefix: 'fulfillment',
  ddlTopic: '',
  transactionTopic: 'fulfillment.transaction',
  heartbeatTopic: '__debezium-heartbeat.fulfillment',
  ...more,
});

describe('topics', () => {
  it("have Debezium's names", () => {
    const names = new TopicNamer(
      rules({ template: '{prefix}.{database}.{table}', ddlTopic: 'fulfillment' }),
    );
    expect(names.topicOf('inventory', 'orders', 'insert')).toBe('fulfillment.inventory.orders');
    expect(names.topicOf('inventory', 'orders', 'truncate')).toBe('fulfillment.inventory.orders');
    expect(names.topicOf('inventory', '', 'ddl')).toBe('fulfillment');
    expect(names.topicOf('', '', 'transaction')).toBe('fulfillment.transaction');
    expect(names.topicOf('', '', 'heartbeat')).toBe('__debezium-heartbeat.fulfillment');
  });

  it("follow canal's rules first, then the template", () => {
    const special = parseDynamicTopic('all:shop,one:shop\\.orders');
    const names = new TopicNamer(rules({ template: 'example', special }));
    expect(names.topicOf('shop', 'orders', 'insert')).toBe('one');
    expect(names.topicOf('shop', 'users', 'update')).toBe('all');
    expect(names.topicOf('other', 'users', 'update')).toBe('example');
  });

  it('take _ for what Kafka refuses, and refuse two tables on one name by that', () => {
    const names = new TopicNamer(rules({}));
    expect(names.topicOf('shop', 'a b', 'insert')).toBe('shop.a_b');
    expect(names.topicOf('shop', 'a b', 'delete')).toBe('shop.a_b');
    expect(() => names.topicOf('shop', 'a?b', 'insert')).toThrow('would both be the topic');
  });
});
