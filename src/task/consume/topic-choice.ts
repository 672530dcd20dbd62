import type { KafkaConfig } from '../../config/schema.ts';

const PLACEHOLDER = /\{(database|table|type|prefix)\}/;
const ANY = '[A-Za-z0-9._-]+';

/** Which topics a task reads: those that are named (with `*`), else what the topic template can give. */
export function topicChoice(kafka: KafkaConfig): (topic: string) => boolean {
  const prefix = kafka.debezium['topic.prefix'];
  const named = kafka.topics.map(globExpression);
  const patterns = named.length > 0 ? named : [templateExpression(kafka.topic, prefix)];
  const { ddlTopic } = kafka;
  return (topic) => {
    // Kafka's own, Debezium's heartbeats, tailrace's state.
    if (topic.startsWith('__')) return false;
    if (named.length === 0 && ddlTopic !== '' && topic === ddlTopic) return true;
    return patterns.some((pattern) => pattern.test(topic));
  };
}

function globExpression(glob: string): RegExp {
  return new RegExp(`^${glob.split('*').map(escaped).join(ANY)}$`);
}

function templateExpression(template: string, prefix: string): RegExp {
  const source = template
    .replaceAll('{prefix}', prefix)
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : ANY))
    .join('');
  return new RegExp(`^${source}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '\\$&');
}
