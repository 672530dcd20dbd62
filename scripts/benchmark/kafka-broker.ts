import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { Context } from './context.ts';
import { waitFor } from './support/wait.ts';

const run = promisify(execFile);
const PARTITIONS = 12;

/** A broker of the suite's own, started through scripts/servers. */
export class KafkaBroker {
  readonly address: string;
  readonly version: string;
  readonly pid: number;
  readonly #kafka: Kafka;
  readonly #admin: Admin;

  private constructor(facts: ReadonlyMap<string, string>) {
    this.address = facts.get('bootstrap') ?? '';
    this.version = facts.get('version') ?? 'unknown';
    this.pid = Number(facts.get('pid'));
    this.#kafka = new Kafka({ brokers: [this.address], logLevel: logLevel.NOTHING });
    this.#admin = this.#kafka.admin();
  }

  static async start(context: Context): Promise<KafkaBroker> {
    const script = (...args: string[]): Promise<{ stdout: string }> =>
      run(join(context.root, 'scripts/servers/kafka.sh'), args, {
        env: {
          ...process.env,
          DIR: join(context.work, 's'),
          CACHE: process.env['TAILRACE_SERVER_CACHE'] ?? join(homedir(), '.cache/tailrace-servers'),
        },
      });
    const starting = script('start', 'kafka', '0');
    // One that is on its way up can't be taken down yet.
    context.onEnd(async () => {
      await starting.catch(() => undefined);
      await script('destroy', 'kafka');
    });
    const { stdout } = await starting;
    const facts = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line): [string, string] => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)];
        }),
    );
    const broker = new KafkaBroker(facts);
    await broker.#admin.connect();
    context.onEnd(() => broker.#admin.disconnect());
    return broker;
  }

  /** Made, and every partition has its leader: the answer to the making comes before that. */
  async makeTopic(topic: string): Promise<void> {
    const topics = [{ topic, numPartitions: PARTITIONS }];
    await this.#admin.createTopics({ topics, waitForLeaders: false });
    await this.count(topic);
  }

  async dropTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** How many messages it holds. Right after its making, brokers may not agree yet who leads: asked again. */
  async count(topic: string): Promise<number> {
    return waitFor(() => this.#tryCount(topic), {
      what: `leaders of ${topic}`,
      timeoutMs: 30_000,
      everyMs: 100,
    });
  }

  async #tryCount(topic: string): Promise<number | undefined> {
    try {
      const partitions = await this.#admin.fetchTopicOffsets(topic);
      return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    } catch {
      return undefined;
    }
  }

  /** Every message once, in the order of each partition. */
  async readAll(topic: string, total: number, take: (value: string) => void): Promise<void> {
    const consumer = this.#kafka.consumer({
      groupId: `reads-${topic}`,
      maxWaitTimeInMs: 100,
      retry: { retries: 2 },
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    try {
      await new Promise<void>((resolve, reject) => {
        let seen = 0;
        const timer = setTimeout(() => {
          reject(new Error(`read ${seen} of ${total} messages`));
        }, 120_000);
        consumer
          .run({
            autoCommit: false,
            eachBatch: ({ batch }) => {
              for (const { value } of batch.messages) if (value !== null) take(value.toString());
              seen += batch.messages.length;
              if (seen < total) return Promise.resolve();
              clearTimeout(timer);
              resolve();
              return Promise.resolve();
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
  }
}
