import type { KafkaConfig, TaskConfig } from '../../config/schema.ts';
import { stateTopicOf } from '../../kafka/connect-options.ts';
import {
  mayDo,
  OPERATION,
  type DescribedCluster,
  type DescribedTopic,
} from '../../kafka/describe-cluster.ts';
import type { Problem } from './finding.ts';

/** What a task needs of Kafka, and what was found there. */
export interface KafkaView {
  readonly task: TaskConfig;
  readonly kafka: KafkaConfig;
  /** The task sends; else it only reads. */
  readonly produces: boolean;
  readonly cluster: DescribedCluster;
  /** By topic; of the brokers under ''. */
  readonly settings: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const NAMED = 5;
/** As many bytes as our batches have at most; a topic that takes less gets smaller ones. */
const USUAL_LIMIT = 1_000_000;

export function findKafkaProblems(view: KafkaView): readonly Problem[] {
  const { cluster, produces, task } = view;
  const there = cluster.topics.filter(({ state }) => state === 'there');
  return [
    ...missingTopics(view),
    ...cluster.topics.filter(({ state }) => state === 'denied').map(denied),
    ...there.flatMap((topic) => leaderless(topic)),
    ...(produces
      ? there.flatMap((topic) => [...partitionCount(topic, view), ...replicas(topic, view)])
      : []),
    ...(produces ? there.flatMap((topic) => limits(topic, view)) : []),
    ...rights(view, there),
    ...(produces ? transactions(view) : []),
    ...(task.target === undefined ? [] : guarantee(there)),
  ];
}

function problem(severity: Problem['severity'], code: string, finding: string): Problem {
  return { severity, code, finding };
}

function list(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return names.slice(0, NAMED).join(', ') + more;
}

function missingTopics({ cluster, kafka, produces, task }: KafkaView): Problem[] {
  const missing = cluster.topics.filter(({ state }) => state === 'missing').map(({ name }) => name);
  const found: Problem[] = [];
  const own = stateTopicOf(task.name);
  const names = missing.filter((name) => name !== own);
  if (!produces || missing.length === 0) return found;
  const { replicationFactor, topicPartitions, createTopics } = kafka;
  if (names.length > 0 && !createTopics) {
    found.push(
      problem(
        'error',
        'KAFKA_TOPIC_MISSING',
        `there is no topic ${list(names)}: make it, or set task.kafka.create_topics = true`,
      ),
    );
  } else if (names.length > 0) {
    const how = `${topicPartitions} partitions and ${replicationFactor} replicas`;
    found.push(
      problem('note', 'TOPIC_MADE', `made at the first message, with ${how}: ${list(names)}`),
    );
  }
  if (replicationFactor > cluster.brokers) {
    const finding = `task.kafka.replication_factor = ${replicationFactor}, and the cluster has ${cluster.brokers} broker(s): topics cannot be made; lower it`;
    found.push(problem('error', 'REPLICATION_FACTOR', finding));
  }
  if (!mayDo(cluster.operations, OPERATION.create)) {
    const finding = `the account may not make topics, and these are missing: ${list(missing)}. Grant CREATE on the cluster, or make them (the state topic with cleanup.policy=compact and one partition)`;
    found.push(problem('warning', 'KAFKA_ACCESS_DENIED', finding));
  }
  return found;
}

function denied({ name }: DescribedTopic): Problem {
  const finding = `the account may not see the topic ${name}: grant it DESCRIBE, READ and WRITE there`;
  return problem('error', 'KAFKA_ACCESS_DENIED', finding);
}

function leaderless({ name, leaderless: count }: DescribedTopic): Problem[] {
  if (count === 0) return [];
  const finding = `${name}: ${count} partition(s) have no leader: a broker is away; the task waits for it`;
  return [problem('warning', 'KAFKA_BUSY', finding)];
}

/** Which partition a key goes to depends on it: where another producer's messages are, it must be theirs. */
function partitionCount(topic: DescribedTopic, { kafka, task }: KafkaView): Problem[] {
  const { name, partitions } = topic;
  if (name === stateTopicOf(task.name) || partitions === kafka.topicPartitions) return [];
  const finding = `${name} has ${partitions} partition(s), task.kafka.topic_partitions says ${kafka.topicPartitions}: what is there counts`;
  return [problem('note', 'PARTITION_COUNT', finding)];
}

function replicas(topic: DescribedTopic, { settings, cluster }: KafkaView): Problem[] {
  const { name, replicas: count, inSync } = topic;
  const wanted = Number(settings.get(name)?.get('min.insync.replicas') ?? 1);
  if (wanted > count) {
    const finding = `${name}: min.insync.replicas = ${wanted} with ${count} replica(s): nothing can ever be sent; lower it, or add replicas`;
    return [problem('error', 'MIN_INSYNC', finding)];
  }
  if (inSync < wanted) {
    const finding = `${name}: ${inSync} of ${count} replicas are in sync, min.insync.replicas = ${wanted}: the task waits until there are more`;
    return [problem('warning', 'MIN_INSYNC', finding)];
  }
  if (wanted === count && count > 1) {
    const finding = `${name}: min.insync.replicas = ${wanted} of ${count}: with one broker away nothing can be sent; lower it by one, or add a replica`;
    return [problem('warning', 'MIN_INSYNC', finding)];
  }
  if (count === 1 && cluster.brokers > 1) {
    const finding = `${name} has one replica: what is in it is lost with its broker; add replicas`;
    return [problem('warning', 'REPLICAS', finding)];
  }
  return [];
}

function limits({ name }: DescribedTopic, { kafka, settings, task }: KafkaView): Problem[] {
  const known = settings.get(name);
  if (known === undefined) return [];
  const found: Problem[] = [];
  const compacts = known.get('cleanup.policy')?.includes('compact') === true;
  if (name === stateTopicOf(task.name)) {
    if (!compacts) {
      const finding = `${name} keeps the task's position and must be compacted: set its cleanup.policy=compact, or what is older than its retention is lost`;
      found.push(problem('error', 'STATE_TOPIC', finding));
    }
    return found;
  }
  if (compacts && kafka.format === 'canal') {
    const finding = `${name} is compacted, and canal's messages have no key: the broker refuses them; set cleanup.policy=delete`;
    found.push(problem('error', 'CLEANUP_POLICY', finding));
  }
  const limit = Number(known.get('max.message.bytes') ?? USUAL_LIMIT);
  if (limit < USUAL_LIMIT) {
    const then =
      kafka.oversize === 'stop'
        ? 'the task stops there by name'
        : 'it is put aside as a dead letter';
    const finding = `${name} takes messages of ${limit} bytes at most (max.message.bytes): a row may be larger as a message, and then ${then}`;
    found.push(problem('warning', 'KAFKA_MESSAGE_TOO_LARGE', finding));
  }
  return found;
}

function rights({ cluster, produces }: KafkaView, there: readonly DescribedTopic[]): Problem[] {
  const operation = produces ? OPERATION.write : OPERATION.read;
  const refused = there.filter(({ operations }) => !mayDo(operations, operation));
  const found: Problem[] = [];
  if (refused.length > 0) {
    const right = produces ? 'WRITE' : 'READ';
    const finding = `the account may not ${right} ${list(refused.map(({ name }) => name))}: grant it`;
    found.push(problem('error', 'KAFKA_ACCESS_DENIED', finding));
  }
  const mayBeIdempotent =
    mayDo(cluster.operations, OPERATION.idempotentWrite) ||
    there.some(({ operations }) => mayDo(operations, OPERATION.write));
  if (produces && !mayBeIdempotent) {
    const finding =
      'the account may not produce idempotently: grant IDEMPOTENT_WRITE on the cluster (Kafka 2.8 and later: WRITE on a topic is enough)';
    found.push(problem('warning', 'KAFKA_ACCESS_DENIED', finding));
  }
  return found;
}

function transactions({ kafka, cluster, settings }: KafkaView): Problem[] {
  if (kafka.delivery !== 'exactly_once') return [];
  const factor = Number(settings.get('')?.get('transaction.state.log.replication.factor') ?? 1);
  if (factor <= cluster.brokers) return [];
  const finding = `exactly_once needs the brokers' topic of transactions: transaction.state.log.replication.factor = ${factor}, and the cluster has ${cluster.brokers} broker(s); lower it there`;
  return [problem('warning', 'REPLICATION_FACTOR', finding)];
}

/** Between a task that also consumes and its target. */
function guarantee(topics: readonly DescribedTopic[]): Problem[] {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions, 0);
  if (partitions < 2) return [];
  const finding =
    'consume keeps order in each partition; across partitions the target is no prefix of the source: a reader may see one table ahead of another';
  return [problem('note', 'GUARANTEE', finding)];
}
