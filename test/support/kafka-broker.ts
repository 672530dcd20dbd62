import { execFileSync } from 'node:child_process';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { testServer } from './servers.ts';

const script = new URL('../../scripts/servers/kafka.sh', import.meta.url).pathname;

export interface TestBroker {
  readonly bootstrap: string;
  readonly kafka: Kafka;
  /** Makes topics; those that are there already stay. */
  createTopics(topics: Readonly<Record<string, number>>): Promise<void>;
  send(topic: string, messages: readonly Message[]): Promise<void>;
  stop(): void;
}

/**
 * A broker of this test file's own, beside the shared servers; TAILRACE_TEST_KAFKA names one that runs already. The
 * jars come with `scripts/servers/kafka.sh install`.
 */
export function startBroker(): TestBroker {
  const given = process.env['TAILRACE_TEST_KAFKA'];
  const name = `kafka-${process.pid}`;
  const bootstrap = given ?? start(name);
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  return {
    bootstrap,
    kafka,
    createTopics: async (topics) => {
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({
        waitForLeaders: true,
        topics: Object.entries(topics).map(([topic, numPartitions]) => ({ topic, numPartitions })),
      });
      await admin.disconnect();
    },
    send: async (topic, messages) => {
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic, messages: [...messages] });
      await producer.disconnect();
    },
    stop: () => {
      if (given === undefined) run(['destroy', name]);
    },
  };
}

function start(name: string): string {
  const output = run(['start', name, '0']);
  return /^bootstrap=(.*)$/m.exec(output)?.[1] ?? '';
}

function run(args: readonly string[]): string {
  const dir = testServer('dst10').datadir.replace(/\/[^/]+\/data$/, '');
  const cache = process.env['TAILRACE_SERVER_CACHE'] ?? `${dir}/cache`;
  return execFileSync(script, args, {
    env: { ...process.env, DIR: dir, CACHE: cache },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
