import { TailraceError, toTailraceError } from '../core/errors.ts';
import { createBackoff } from '../lib/backoff.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import { abortReason, untilAborted } from '../lib/until-aborted.ts';
import { createKafkaClient } from './client.ts';
import { createCluster, type Cluster } from './cluster.ts';
import type { KafkaConnectOptions } from './connect-options.ts';
import { kafkaError } from './kafka-error.ts';

const RETRY = { minMs: 20, maxMs: 2000 };
/** For connections to close by themselves. */
const DROP_TIMEOUT_MS = 500;
/** Longer than any request may take: joining a group waits for its other members. */
const ANSWER_LIMIT_MS = 120_000;
/** A transaction of Kafka's that follows another at once is often refused, for some milliseconds. */
const QUIET_MS = 1000;
/** While brokers are away a line each that often is enough. */
const WARN_EVERY_MS = 10_000;

/**
 * A cluster of connections that is made anew after a fault: kafkajs's own repairs leave connections half
 * alive now and then, and nothing is lost with them, because numbers and bytes of what is under way are kept here.
 */
export class ClusterSession {
  readonly #options: KafkaConnectOptions;
  readonly #logger: Logger;
  #cluster: Cluster | undefined;
  #warnedAtMs = -Infinity;
  /** Topics whose metadata are kept. */
  readonly topics = new Set<string>();

  constructor(options: KafkaConnectOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Does the work once; what may pass is thrown as a transient error. */
  async once<T>(signal: AbortSignal, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    try {
      return await inTime(untilAborted(this.#withCluster(work), signal));
    } catch (thrown) {
      if (signal.aborted) throw abortReason(signal);
      const error = kafkaError(thrown);
      if (isConnectionFault(error)) await this.drop();
      throw error;
    }
  }

  /** Does the work again and again until it succeeds or can't pass by itself. */
  async until<T>(signal: AbortSignal, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const backoff = createBackoff(RETRY);
    const sinceMs = performance.now();
    for (;;) {
      try {
        return await this.once(signal, work);
      } catch (thrown) {
        if (signal.aborted) throw abortReason(signal);
        const error = toTailraceError(thrown);
        if (!error.isTransient || error.code === 'KAFKA_PRODUCER_LOST') throw error;
        if (performance.now() - sinceMs >= QUIET_MS) this.#warn(error);
        await backoff.wait(signal);
        if (!isConnectionFault(error)) await this.refresh(signal).catch(() => undefined);
      }
    }
  }

  /** Asks for the metadata again: after a change of leaders, and now and then. */
  async refresh(signal: AbortSignal): Promise<void> {
    await this.once(signal, (cluster) => cluster.refreshMetadata());
  }

  /** kafkajs waits for answers that are still due, and after a fault some never come. */
  async drop(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    if (cluster === undefined) return;
    const timeout = new AbortController();
    const overdue = sleep(DROP_TIMEOUT_MS, timeout.signal).catch(() => undefined);
    await Promise.race([cluster.disconnect().catch(() => undefined), overdue]);
    timeout.abort();
  }

  async #withCluster<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#cluster === undefined) {
      const cluster = createCluster(createKafkaClient(this.#options, this.#logger));
      try {
        await cluster.connect();
        await cluster.addMultipleTargetTopics([...this.topics]);
      } catch (thrown) {
        void cluster.disconnect().catch(() => undefined);
        throw thrown;
      }
      this.#cluster = cluster;
    }
    return work(this.#cluster);
  }

  #warn(error: TailraceError): void {
    const nowMs = Date.now();
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return;
    this.#warnedAtMs = nowMs;
    this.#logger.warn({ error }, 'Kafka did not take a batch; trying again until it does');
  }
}

/** A broker that is frozen, or gone without a word, must not be waited for for ever. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TailraceError('KAFKA_CONNECTION_LOST', 'Kafka: no broker answered'));
    }, ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything but an answer of a broker's own. */
function isConnectionFault(error: TailraceError): boolean {
  return error.code === 'KAFKA_UNREACHABLE' || error.code === 'KAFKA_CONNECTION_LOST';
}
