import type { KafkaConfig, TaskConfig } from '../../config/schema.ts';
import type { TableName } from '../../core/table.ts';

const PLACEHOLDER = /\{(database|table|type|prefix)\}/;
const ANY = '[A-Za-z0-9._-]+';
/** Kafka allows nothing else in names; what else a table's name has became `_`. */
const PLAIN = /^[A-Za-z0-9._*?-]+$/;

/**
 * Which topics a task reads: those that are named (with `*`), else what the topic template can give for the tables that
 * the filter includes, and the topic of DDL.
 */
export function topicChoice(
  task: Pick<TaskConfig, 'filter' | 'tables'>,
  kafka: KafkaConfig,
): (topic: string) => boolean {
  const named = kafka.topics.map(globExpression);
  if (named.length > 0) return (topic) => named.some((pattern) => pattern.test(topic));
  const template = new TopicTemplate(kafka.topic, kafka.debezium['topic.prefix']);
  const { ddlTopic } = kafka;
  return (topic) => {
    // Kafka's own, Debezium's heartbeats, tailrace's state.
    if (topic.startsWith('__')) return false;
    if (ddlTopic !== '' && topic === ddlTopic) return true;
    const name = template.parse(topic);
    return name !== undefined && mayHold(task, name);
  };
}

/** May the producer of this task's file send rows of a table under this name? */
function mayHold(
  { filter, tables }: Pick<TaskConfig, 'filter' | 'tables'>,
  name: TopicName,
): boolean {
  const { include } = filter;
  if (include?.every(({ text }) => PLAIN.test(text)) !== true) return true;
  const isRenamed = tables.some(({ to }) => to !== undefined);
  if (isRenamed || name.database === undefined) return true;
  const { database, table } = name;
  if (table === undefined) return include.some((pattern) => pattern.mayMatchDatabase(database));
  const full: TableName = { database, table };
  return include.some((pattern) => pattern.matches(full));
}

interface TopicName {
  readonly database: string | undefined;
  readonly table: string | undefined;
}

/** Reads the names in a topic back; a database's name has no dot. */
class TopicTemplate {
  readonly #pattern: RegExp;

  constructor(template: string, prefix: string) {
    const seen = new Set<string>();
    const source = template
      .replaceAll('{prefix}', prefix)
      .split(PLACEHOLDER)
      .map((part, index) => {
        if (index % 2 === 0) return escaped(part);
        if ((part !== 'database' && part !== 'table') || seen.has(part)) return ANY;
        seen.add(part);
        return part === 'database' ? '(?<database>[A-Za-z0-9_-]+)' : `(?<table>${ANY})`;
      })
      .join('');
    this.#pattern = new RegExp(`^${source}$`);
  }

  parse(topic: string): TopicName | undefined {
    const match = this.#pattern.exec(topic);
    return match === null
      ? undefined
      : { database: match.groups?.['database'], table: match.groups?.['table'] };
  }
}

function globExpression(glob: string): RegExp {
  return new RegExp(`^${glob.split('*').map(escaped).join(ANY)}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '\\$&');
}
