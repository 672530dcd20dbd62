import { TailraceError } from '../../core/errors.ts';
import type { MessageType } from '../../message/encoder.ts';

export interface TopicRules {
  /** With `{database}` `{table}` `{type}` `{prefix}`. */
  readonly template: string;
  /** topic.prefix of Debezium's. */
  readonly prefix: string;
  /** Empty: DDL is not published. */
  readonly ddlTopic: string;
  /** Of Debezium's transaction metadata and heartbeats. */
  readonly transactionTopic: string;
  readonly heartbeatTopic: string;
  /** A rule that comes before the template (canal's dynamicTopic); undefined: the template says. */
  readonly special?: ((database: string, table: string) => string | undefined) | undefined;
}

const REFUSED = /[^a-zA-Z0-9._-]/g;
const MAX_NAME = 249;

/** Names topics after tables. What Kafka refuses in a name becomes `_`; two tables on one name by that are refused. */
export class TopicNamer {
  readonly #rules: TopicRules;
  readonly #names = new Map<string, string>();
  /** Topic → what it would be called if Kafka took every character. */
  readonly #wanted = new Map<string, string>();

  constructor(rules: TopicRules) {
    this.#rules = rules;
  }

  topicOf(database: string, table: string, type: MessageType): string {
    const { ddlTopic, transactionTopic, heartbeatTopic } = this.#rules;
    if (type === 'ddl') return ddlTopic;
    if (type === 'transaction') return transactionTopic;
    if (type === 'heartbeat') return heartbeatTopic;
    const key = `${type}\0${database}\0${table}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#make(database, table, type);
      this.#names.set(key, name);
    }
    return name;
  }

  #make(database: string, table: string, type: MessageType): string {
    const { template, prefix, special } = this.#rules;
    const values: Readonly<Record<string, string>> = { database, table, type, prefix };
    const wanted =
      special?.(database, table) ??
      template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
    const name = topicName(wanted);
    const other = this.#wanted.get(name);
    if (other !== undefined && other !== wanted) {
      throw new TailraceError(
        'KAFKA_TOPIC_CLASH',
        `"${other}" and "${wanted}" would both be the topic ${name}.`,
        { place: { table: `${database}.${table}` } },
      );
    }
    this.#wanted.set(name, wanted);
    return name;
  }
}

/** What Kafka takes: letters, digits, `.`, `_`, `-`, at most 249, neither `.` nor `..`. */
export function topicName(wanted: string): string {
  const name = wanted.replace(REFUSED, '_').slice(0, MAX_NAME);
  return name === '.' || name === '..' || name === '' ? name.replaceAll('.', '_') || '_' : name;
}
