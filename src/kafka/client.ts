import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Logger } from '../lib/logger.ts';
import { registerCodecs } from './codecs.ts';
import type { KafkaConnectOptions } from './connect-options.ts';

export interface KafkaClientOptions {
  /** The library's own attempts at one request. Default 3: who calls has a loop of its own. */
  readonly retries?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** kafkajs for this cluster: TLS, SASL, codecs; its log goes to ours at level debug, errors are reported by who calls. */
export function createKafkaClient(
  options: KafkaConnectOptions,
  logger: Logger,
  { retries = 3 }: KafkaClientOptions = {},
): Kafka {
  registerCodecs();
  const ssl = tlsOptions(options);
  const sasl = saslOptions(options);
  const config: KafkaConfig = {
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries },
    logLevel: logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, log }) => {
        logger.debug({ part: namespace, broker: textOf(log['broker']) }, `kafkajs: ${log.message}`);
      },
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  };
  return new Kafka(config);
}

function tlsOptions({ tls, tlsCa }: KafkaConnectOptions): KafkaConfig['ssl'] {
  if (tls === 'disabled') return undefined;
  const ca = tlsCa === undefined ? {} : { ca: tlsCa };
  if (tls === 'required') return { ...ca, rejectUnauthorized: false };
  if (tls === 'verify-identity') return ca;
  return { ...ca, checkServerIdentity: () => undefined };
}

function saslOptions({ sasl }: KafkaConnectOptions): SASLOptions | undefined {
  if (sasl === undefined) return undefined;
  return { mechanism: sasl.mechanism, username: sasl.user, password: sasl.password };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
