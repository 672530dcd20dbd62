import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Kafka, logLevel, type Admin, type KafkaConfig, type Message } from 'kafkajs';
import { testServer } from './servers.ts';
import { waitFor } from './wait-for.ts';

const script = new URL('../../scripts/servers/kafka.sh', import.meta.url).pathname;

/** A message as an independent reader sees it. */
export interface ReadMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TestBrokerOptions {
  /** `key=value` lines of its server.properties; %PORT% to %PORT2% in them are its ports. */
  readonly settings?: readonly string[];
  /** More arguments for formatting its data. */
  readonly formatArgs?: string;
  /** Of Kafka; default: what the script takes. */
  readonly version?: string;
  /** How a client of the test's own gets in, where the listeners ask for more than an address. */
  readonly client?: Partial<KafkaConfig>;
}

let brokers = 0;

/**
 * A broker of this test file's own, beside the shared servers, which a test may kill and start again on the same
 * port with the same data. The jars come with `scripts/servers/kafka.sh install`.
 */
export class TestBroker {
  readonly #name = `kafka-${process.pid}-${++brokers}`;
  readonly #options: TestBrokerOptions;
  #port = '0';
  #pid = 0;

  constructor(options: TestBrokerOptions = {}) {
    this.#options = options;
    this.start();
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Of a listener of the test's own. */
  get secondPort(): number {
    return Number(this.#port) + 2;
  }

  get pid(): number {
    return this.#pid;
  }

  get kafka(): Kafka {
    const { client } = this.#options;
    return new Kafka({ brokers: [this.bootstrap], logLevel: logLevel.NOTHING, ...client });
  }

  /** Nothing is done to one that runs. */
  start(): void {
    const { settings = [] } = this.#options;
    const output = this.#run('start', this.#name, this.#port, ...settings);
    this.#port = /^bootstrap=.*:(\d+)$/m.exec(output)?.[1] ?? '';
    this.#pid = Number(/^pid=(\d+)$/m.exec(output)?.[1]);
  }

  /** Until it is gone: one that still dies would be taken for one that runs. */
  async kill(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL');
    await waitFor('the broker to be gone', () => commandLine(this.#pid) === '');
  }

  destroy(): void {
    this.#run('destroy', this.#name);
  }

  async withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Makes topics; those that are there already stay. */
  async createTopics(
    topics: Readonly<Record<string, number>>,
    configEntries: { name: string; value: string }[] = [],
  ): Promise<void> {
    await this.withAdmin(async (admin) => {
      await admin.createTopics({
        waitForLeaders: true,
        topics: Object.entries(topics).map(([topic, numPartitions]) => ({
          topic,
          numPartitions,
          configEntries,
        })),
      });
    });
  }

  async send(topic: string, messages: readonly Message[]): Promise<void> {
    const producer = this.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [...messages] });
    await producer.disconnect();
  }

  /** Everything that is committed in these topics, partition by partition. */
  async read(topics: RegExp): Promise<ReadMessage[]> {
    const ends = await this.#ends(topics);
    if (ends.size === 0) return [];
    const names = new Set([...ends.keys()].map((key) => key.slice(0, key.lastIndexOf('/'))));
    return this.#readTo([...names], ends);
  }

  /** A broker that has just come back has no leaders for a moment. */
  async #ends(topics: RegExp): Promise<Map<string, bigint>> {
    const ends = new Map<string, bigint>();
    await waitFor('the topics to have leaders', async () => {
      try {
        await this.withAdmin(async (admin) => {
          for (const topic of (await admin.listTopics()).filter((name) => topics.test(name))) {
            for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
              if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
            }
          }
        });
        return true;
      } catch {
        return false;
      }
    });
    return ends;
  }

  async #readTo(topics: string[], ends: Map<string, bigint>): Promise<ReadMessage[]> {
    const consumer = this.kafka.consumer({ groupId: `reader-${process.hrtime.bigint()}` });
    const found = new Map<string, ReadMessage>();
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    let failure: unknown;
    const reading = consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        const { topic, partition } = batch;
        for (const { key, value, offset, headers = {} } of batch.messages) {
          // A reader that loses its place in the group begins again.
          found.set(`${topic}/${partition}/${offset}`, {
            topic,
            partition,
            offset: BigInt(offset),
            key: key?.toString() ?? null,
            value: value?.toString() ?? null,
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, text]) => [name, String(text)]),
            ),
          });
        }
        // Behind control records too, which no message shows.
        const end = ends.get(`${topic}/${partition}`) ?? 0n;
        if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(`${topic}/${partition}`);
        return Promise.resolve();
      },
    });
    reading.catch((error: unknown) => (failure = error));
    try {
      await waitFor('the reader to be at the end', () => {
        if (failure !== undefined) throw failure as Error;
        return ends.size === 0;
      });
    } finally {
      await consumer.disconnect();
    }
    return [...found.values()].sort(
      (a, b) =>
        a.topic.localeCompare(b.topic) || a.partition - b.partition || Number(a.offset - b.offset),
    );
  }

  #run(...args: readonly string[]): string {
    const { version, formatArgs } = this.#options;
    return execFileSync(script, args, {
      env: {
        ...process.env,
        ...brokerFolders(),
        ...(version === undefined ? {} : { KAFKA_VERSION: version }),
        ...(formatArgs === undefined ? {} : { FORMAT_ARGS: formatArgs }),
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** Empty once a process has ended, though nobody may have waited for it yet. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Beside the shared servers, so that one clean-up finds it. */
function brokerFolders(): Record<string, string> {
  const dir = dirname(dirname(testServer('src57').datadir));
  const cache =
    process.env['TAILRACE_SERVER_CACHE'] ?? join(homedir(), '.cache', 'tailrace-servers');
  return { DIR: dir, CACHE: cache };
}
