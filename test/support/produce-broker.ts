import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { testServer } from './servers.ts';

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

/** A broker that a test may kill and start again, on the same port with the same data. */
export class OwnBroker {
  readonly #name = `kafka-produce-${process.pid}`;
  readonly #folders = brokerFolders();
  readonly #settings: readonly string[];
  #port = '0';
  #pid = 0;

  constructor(settings: readonly string[] = []) {
    this.#settings = settings;
    this.start();
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get kafka(): Kafka {
    return new Kafka({ brokers: [this.bootstrap], logLevel: logLevel.NOTHING });
  }

  start(): void {
    const output = this.#run('start', this.#name, this.#port, ...this.#settings);
    this.#port = /^bootstrap=.*:(\d+)$/m.exec(output)?.[1] ?? '';
    this.#pid = Number(/^pid=(\d+)$/m.exec(output)?.[1]);
  }

  kill(): void {
    process.kill(this.#pid, 'SIGKILL');
  }

  destroy(): void {
    this.#run('destroy', this.#name);
  }

  /** Everything that is committed in these topics, partition by partition. */
  async read(topics: RegExp): Promise<ReadMessage[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    const names = (await admin.listTopics()).filter((topic) => topics.test(topic));
    const ends = new Map<string, bigint>();
    for (const topic of names) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
      }
    }
    await admin.disconnect();
    return ends.size === 0 ? [] : this.#readTo(names, ends);
  }

  async #readTo(topics: string[], ends: Map<string, bigint>): Promise<ReadMessage[]> {
    const consumer = this.kafka.consumer({ groupId: `reader-${process.hrtime.bigint()}` });
    const found: ReadMessage[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const { topic, partition } = batch;
            for (const { key, value, offset, headers = {} } of batch.messages) {
              found.push({
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
            if (ends.size === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
      setTimeout(resolve, 15_000).unref();
    });
    await consumer.disconnect();
    return found.sort(
      (a, b) =>
        a.topic.localeCompare(b.topic) || a.partition - b.partition || Number(a.offset - b.offset),
    );
  }

  #run(...args: readonly string[]): string {
    return execFileSync(script, args, {
      env: { ...process.env, ...this.#folders },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** Beside the shared servers, so that one clean-up finds it. */
function brokerFolders(): Record<string, string> {
  const dir = dirname(dirname(testServer('src57').datadir));
  return { DIR: dir, CACHE: process.env['TAILRACE_SERVER_CACHE'] ?? join(dir, 'cache') };
}

/** A folder for what a broker is configured with. */
export function settingsFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tailrace-broker-'));
}
