import { expect, it } from 'vitest';
import { parseTablePattern } from '../../src/core/table-pattern.ts';
import type { KafkaConfig } from '../../src/config/schema.ts';
import { topicChoice } from '../../src/task/consume/topic-choice.ts';

function choice(include: readonly string[] | undefined, more: Partial<KafkaConfig> = {}) {
  const kafka = {
    topic: '{database}.{table}',
    topics: [],
    ddlTopic: '',
    debezium: { 'topic.prefix': 'tailrace' },
    ...more,
  } as unknown as KafkaConfig;
  const filter = { include: include?.map(parseTablePattern), exclude: [], ignoreOwn: true };
  return topicChoice({ filter, tables: [] }, kafka);
}

it('reads what the template gives for the tables of the filter', () => {
  const isChosen = choice(['shop.*'], { ddlTopic: 'ddl' });
  expect(['shop.users', 'shop.a.b', 'ddl'].filter(isChosen)).toHaveLength(3);
  expect(['other.users', 'shop', '__consumer_offsets'].filter(isChosen)).toEqual([]);
});

it('reads every topic of that form where names in topics say too little', () => {
  expect(choice(undefined)('any.thing')).toBe(true);
  // Its topic is called shop.gr__e.
  expect(choice(['shop.größe'])('shop.gr__e')).toBe(true);
});

it('reads the topics that are named', () => {
  const isChosen = choice(['x.*'], { topics: ['maxwell', 'db1.*'] });
  expect(['maxwell', 'db1.t', 'db1_t', 'maxwell2'].filter(isChosen)).toEqual(['maxwell', 'db1.t']);
});

it('knows the prefix of Debezium', () => {
  const isChosen = choice(['shop.*'], {
    topic: '{prefix}.{database}.{table}',
    debezium: { 'topic.prefix': 'p.1' } as KafkaConfig['debezium'],
  });
  expect(['p.1.shop.t', 'px1.shop.t', 'shop.t'].filter(isChosen)).toEqual(['p.1.shop.t']);
});
