import { kafkaOptions } from '../../config/server-options.ts';
import type { KafkaConfig, TaskConfig } from '../../config/schema.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import { stateTopicOf } from '../../kafka/connect-options.ts';
import { describeCluster, describeSettings } from '../../kafka/describe-cluster.ts';
import { listTopics } from '../../kafka/list-topics.ts';
import type { Cluster } from '../../kafka/cluster.ts';
import { silentLogger } from '../../lib/logger.ts';
import { TopicNamer } from '../../sink/kafka/topic-namer.ts';
import type { RoutedTable } from '../../sink/mysql/target-table-problems.ts';
import { topicChoice } from '../consume/topic-choice.ts';
import { topicRules } from '../kafka-setup.ts';
import type { Problem } from './finding.ts';
import { findKafkaProblems } from './kafka-problems.ts';

export interface KafkaCheck {
  readonly task: TaskConfig;
  readonly kafka: KafkaConfig;
  /** The source's tables; undefined: the task has no source, or it could not be asked. */
  readonly tables: readonly RoutedTable[] | undefined;
  readonly signal: AbortSignal;
}

/** Looks at the brokers and the topics that a task sends to, or reads. Throws where there is no way to them. */
export async function checkKafka(check: KafkaCheck): Promise<readonly Problem[]> {
  const { task, kafka, signal } = check;
  const session = new ClusterSession(kafkaOptions(kafka, task.name), silentLogger);
  try {
    const found = await session.once(signal, async (cluster) => {
      const names = await topicsOf(cluster, check);
      const described = await describeCluster(cluster, names);
      const there = described.topics.filter(({ state }) => state === 'there');
      const settings = await describeSettings(
        cluster,
        there.map(({ name }) => name),
      );
      return { cluster: described, settings };
    });
    const produces = task.source !== undefined;
    const problems = findKafkaProblems({ task, kafka, produces, ...found });
    const isIdle = !produces && found.cluster.topics.length === 0;
    return [...plainPassword(kafka), ...(isIdle ? [nothingToRead()] : []), ...problems];
  } finally {
    await session.drop();
  }
}

async function topicsOf(cluster: Cluster, check: KafkaCheck): Promise<readonly string[]> {
  const { task, kafka, tables = [] } = check;
  if (task.source === undefined) {
    const isChosen = topicChoice(task, kafka);
    return [...(await listTopics(cluster)).keys()].filter(isChosen);
  }
  const rules = topicRules(kafka);
  const namer = new TopicNamer(rules);
  const types = rules.template.includes('{type}')
    ? (['insert', 'update', 'delete'] as const)
    : (['insert'] as const);
  const topics = tables.flatMap(({ route }) =>
    types.map((type) => namer.topicOf(route.target.database, route.target.table, type)),
  );
  const own = [rules.ddlTopic, kafka.deadLetterTopic].filter((name) => name !== '');
  return [...new Set([...topics, ...own, stateTopicOf(task.name)])];
}

function plainPassword({ sasl }: KafkaConfig): Problem[] {
  if (sasl?.password.origin !== 'plain') return [];
  const finding =
    'task.kafka.sasl.password stands in the file: use { env = "NAME" } or { file = "PATH" }';
  return [{ severity: 'warning', code: 'PASSWORD_IN_FILE', finding }];
}

function nothingToRead(): Problem {
  const finding = 'no topic fits task.kafka.topics (or the topic template): consume waits for one';
  return { severity: 'warning', code: 'KAFKA_TOPIC_MISSING', finding };
}
