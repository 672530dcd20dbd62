import type { Draft } from './draft.ts';
import type { Settings } from './settings.ts';

const KAFKA = '[task.kafka]';
const CODECS: ReadonlySet<string> = new Set(['none', 'gzip', 'snappy', 'lz4', 'zstd']);

/** What a Java client of Kafka is told, under a prefix. False: it names no brokers. */
export function convertKafkaClient(draft: Draft, settings: Settings, servers: string): void {
  const brokers = settings.takeList(servers);
  draft.set(KAFKA, 'brokers', brokers.length === 0 ? ['127.0.0.1:9092'] : brokers.map(withPort));
  if (brokers.length === 0) draft.note(servers, 'names no broker: set task.kafka.brokers');
}

export function convertCompression(
  draft: Draft,
  settings: Settings,
  ...names: readonly string[]
): void {
  const codec = settings.take(...names)?.toLowerCase();
  if (codec === undefined) return;
  if (CODECS.has(codec)) draft.set(KAFKA, 'compression', codec);
  else draft.note(names[0] ?? '', `${codec} is no compression that we know`);
}

export function convertSecurity(draft: Draft, settings: Settings, prefix: string): void {
  const protocol = settings.take(`${prefix}security.protocol`)?.toUpperCase() ?? '';
  if (protocol.includes('SSL')) {
    draft.set(KAFKA, 'tls', 'required');
    draft.note(
      `${prefix}security.protocol`,
      'tls = "required" encrypts and trusts any certificate: give the authorities as PEM in tls_ca and set verify-identity',
    );
  }
  const mechanism = settings.take(`${prefix}sasl.mechanism`)?.toLowerCase() ?? 'plain';
  const jaas = settings.take(`${prefix}sasl.jaas.config`) ?? '';
  if (!protocol.startsWith('SASL')) return;
  if (MECHANISMS.has(mechanism)) convertSasl(draft, mechanism, jaas);
  else {
    draft.note(
      `${prefix}sasl.mechanism`,
      `${mechanism} is no mechanism of ours: plain, scram-sha-256, scram-sha-512`,
    );
  }
}

function convertSasl(draft: Draft, mechanism: string, jaas: string): void {
  const sasl = '[task.kafka.sasl]';
  const valueOf = (name: string): string | undefined =>
    new RegExp(`${name}\\s*=\\s*"([^"]+)"`).exec(jaas)?.[1];
  draft.set(sasl, 'mechanism', mechanism);
  draft.set(sasl, 'user', valueOf('username') ?? 'tailrace');
  draft.secret(sasl, 'password', {
    value: valueOf('password') ?? 'unknown',
    name: 'KAFKA_PASSWORD',
  });
}

const MECHANISMS: ReadonlySet<string> = new Set(['plain', 'scram-sha-256', 'scram-sha-512']);

function withPort(broker: string): string {
  return /:\d+$/.test(broker) ? broker : `${broker}:9092`;
}

/** What our producer does in its own way, whatever is set. */
export const CLIENT_REASONS: readonly (readonly [RegExp, string])[] = [
  [/kafka\.acks$/, 'always all: a checkpoint never passes what is not on all replicas'],
  [
    /kafka\.(retries|max\.in\.flight.*|enable\.idempotence)$/,
    'sends are idempotent, in order, and tried again for ever',
  ],
  [
    /kafka\.(batch\.size|linger\.ms|buffer\.memory)$/,
    'batches are as large as what waits; memory is bounded by bytes',
  ],
  [
    /kafka\.max\.request\.size$/,
    "the broker's own limit is asked for; oversize says what is done with what is larger",
  ],
  [/kafka\.ssl\./, 'give the authorities as PEM in tls_ca; there are no key stores'],
  [/kafka\.(kerberos|sasl)\./, 'has no counterpart: SASL is plain or scram'],
];
