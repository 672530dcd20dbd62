import { TailraceError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import type { Cluster, NewTopic } from './cluster.ts';
import type { ClusterSession } from './cluster-session.ts';
import { kafkaError, protocolErrorType } from './kafka-error.ts';

/** What has to be known of a topic before something is sent there. */
export interface TopicInfo {
  readonly name: string;
  readonly partitions: number;
  /** The largest batch that the topic takes. */
  readonly maxBatchBytes: number;
}

export interface TopicDirectoryOptions {
  readonly session: ClusterSession;
  readonly logger: Logger;
  /** Make what is missing; else it is refused. */
  readonly createsTopics: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly onPartitionsChanged?: (topic: string) => void;
}

/** Of brokers that don't let us ask: their default. */
const DEFAULT_MAX_BATCH_BYTES = 1_048_588;
const TOPIC_RESOURCE = 2;
const MAX_BYTES = 'max.message.bytes';
const CREATE_TIMEOUT_MS = 10_000;
const LEADER_WAIT_MS = 50;
const LEADER_ATTEMPTS = 200;

/**
 * The topics that a task sends to: made where they are missing, with their partition counts as the
 * brokers have them. A count that changes under a live topic moves keys to other partitions; it is reported.
 */
export class TopicDirectory {
  readonly #options: TopicDirectoryOptions;
  readonly #topics = new Map<string, TopicInfo>();

  constructor(options: TopicDirectoryOptions) {
    this.#options = options;
  }

  /** undefined: not asked yet, see `ensure`. */
  get(name: string): TopicInfo | undefined {
    return this.#topics.get(name);
  }

  /** A topic of its own settings (the state topic); `settings` hold when it is made now. */
  async ensure(
    name: string,
    signal: AbortSignal,
    settings: Partial<NewTopic> = {},
  ): Promise<TopicInfo> {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const { session } = this.#options;
    const info = await session.until(signal, async (cluster) => {
      const partitions = await this.#made(cluster, name, { settings, signal });
      // Only now: a request for metadata names all of these, and fails as a whole while one of them is missing.
      await cluster.addMultipleTargetTopics([name]);
      if (cluster.findTopicPartitionMetadata(name).length === 0) await cluster.refreshMetadata();
      return { name, partitions, maxBatchBytes: await this.#maxBatchBytes(cluster, name) };
    });
    session.topics.add(name);
    this.#topics.set(name, info);
    return info;
  }

  /** Takes over new partition counts and tells of those that changed. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#topics.size === 0) return;
    const { session, logger, onPartitionsChanged } = this.#options;
    const counts = await session.once(signal, async (cluster) => {
      await cluster.refreshMetadata();
      return new Map(
        [...this.#topics.keys()].map((name) => [
          name,
          cluster.findTopicPartitionMetadata(name).length,
        ]),
      );
    });
    for (const [name, count] of counts) {
      const known = this.#topics.get(name);
      if (known === undefined || count === 0 || known.partitions === count) continue;
      logger.warn(
        { topic: name, before: known.partitions, now: count },
        'The number of partitions changed under a live topic: keys go to other partitions from now on',
      );
      this.#topics.set(name, { ...known, partitions: count });
      onPartitionsChanged?.(name);
    }
  }

  /** Makes it where it is missing and waits for its leaders; gives the number of its partitions. */
  async #made(
    cluster: Cluster,
    name: string,
    { settings, signal }: { settings: Partial<NewTopic>; signal: AbortSignal },
  ): Promise<number> {
    for (let attempt = 0; attempt < LEADER_ATTEMPTS; attempt++) {
      const found = await lookUp(cluster, name);
      if (found === 'missing') await this.#create(cluster, name, settings);
      else if (found > 0) return found;
      await sleep(LEADER_WAIT_MS, signal);
    }
    throw new TailraceError('KAFKA_BUSY', `Topic ${name} has partitions without a leader.`);
  }

  async #create(cluster: Cluster, name: string, settings: Partial<NewTopic>): Promise<void> {
    const { createsTopics, partitions, replicationFactor, logger } = this.#options;
    if (!createsTopics && settings.topic === undefined) {
      throw new TailraceError('KAFKA_TOPIC_MISSING', `There is no topic ${name}.`);
    }
    const topic: NewTopic = {
      numPartitions: partitions,
      replicationFactor,
      configEntries: [],
      ...settings,
      topic: name,
    };
    const controller = await cluster.findControllerBroker();
    try {
      await controller.createTopics({
        topics: [topic],
        validateOnly: false,
        timeout: CREATE_TIMEOUT_MS,
      });
      logger.info({ topic: name, partitions: topic.numPartitions }, 'Made a topic');
    } catch (thrown) {
      // kafkajs gives one error for a list of topics; there is one here.
      const [inner] = thrown instanceof AggregateError ? thrown.errors : innerErrors(thrown);
      const error: unknown = inner ?? thrown;
      if (protocolErrorType(error) === 'TOPIC_ALREADY_EXISTS') return;
      throw kafkaError(error, { topic: name });
    }
  }

  async #maxBatchBytes(cluster: Cluster, name: string): Promise<number> {
    try {
      const broker = await cluster.findControllerBroker();
      const answer = await broker.describeConfigs({
        resources: [{ type: TOPIC_RESOURCE, name, configNames: [MAX_BYTES] }],
      });
      const entry = answer.resources[0]?.configEntries.find((one) => one.configName === MAX_BYTES);
      const bytes = Number(entry?.configValue);
      return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : DEFAULT_MAX_BATCH_BYTES;
    } catch (thrown) {
      // Asking needs a right of its own; a fault of the connection shows at the next request.
      this.#options.logger.debug({ topic: name, error: kafkaError(thrown) }, 'No limit learned');
      return DEFAULT_MAX_BATCH_BYTES;
    }
  }
}

/** How many partitions it has, asked for it alone; 0: not all of them have a leader yet. */
async function lookUp(cluster: Cluster, name: string): Promise<number | 'missing'> {
  const broker = await cluster.findControllerBroker();
  try {
    const { topicMetadata } = await broker.metadata([name]);
    const partitions = topicMetadata[0]?.partitionMetadata ?? [];
    return partitions.every(({ leader }) => leader >= 0) ? partitions.length : 0;
  } catch (thrown) {
    const type = protocolErrorType(thrown);
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return 'missing';
    if (type === 'LEADER_NOT_AVAILABLE') return 0;
    throw kafkaError(thrown, { topic: name });
  }
}

function innerErrors(thrown: unknown): readonly unknown[] {
  const { errors } = Object(thrown) as { readonly errors?: unknown };
  return Array.isArray(errors) ? (errors as unknown[]) : [];
}
