import type { ErrorCode } from '../core/error-codes.ts';
import { TailraceError } from '../core/errors.ts';

/** What of an error of kafkajs's is looked at. */
interface LibraryError {
  readonly name: string;
  readonly message: string;
  /** `NOT_LEADER_FOR_PARTITION` …, of errors that a broker answered. */
  readonly type?: string;
  /** ECONNREFUSED …, or the number of `type`. */
  readonly code?: string | number;
  readonly cause?: unknown;
}

/** The error inside kafkajs's "number of retries exceeded" and the like. */
export function rootCause(thrown: unknown): LibraryError {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error : { name: 'Error', message: String(error) };
}

/** The broker's own name for what it refused; undefined: it did not answer. */
export function protocolErrorType(thrown: unknown): string | undefined {
  const { type } = rootCause(thrown);
  return typeof type === 'string' ? type : undefined;
}

const DENIED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
]);

const MISSING = new Set(['INVALID_TOPIC_EXCEPTION']);
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Brokers that say so may say otherwise in a moment. */
const BUSY = new Set([
  // Of a topic that was made a moment ago: one broker knows of it before the next. Whether one is there is asked by itself.
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'REBALANCE_IN_PROGRESS',
  'THROTTLING_QUOTA_EXCEEDED',
]);

const TLS = /certificate|self.signed|tls|ssl|altname|wrong version number/i;

export interface KafkaErrorPlace {
  readonly topic?: string;
}

/** Whatever kafkajs threw as an error that says what to do. */
export function kafkaError(thrown: unknown, place: KafkaErrorPlace = {}): TailraceError {
  if (thrown instanceof TailraceError) return thrown;
  const root = rootCause(thrown);
  const about = place.topic === undefined ? '' : ` (topic ${place.topic})`;
  const said = root.type === undefined ? root.message : `${root.message} [${root.type}]`;
  return new TailraceError(codeOf(root), `Kafka: ${said}${about}`, { cause: thrown });
}

function codeOf(error: LibraryError): ErrorCode {
  const { type, name, message } = error;
  if (type !== undefined) return codeOfType(type);
  if (name === 'KafkaJSSASLAuthenticationError') return 'KAFKA_ACCESS_DENIED';
  if (TLS.test(message) || String(error.code).startsWith('ERR_TLS')) return 'KAFKA_TLS';
  if (name === 'KafkaJSServerDoesNotSupportApiKey') return 'KAFKA_REFUSED';
  return name.startsWith('KafkaJSConnectionClosed') ? 'KAFKA_CONNECTION_LOST' : 'KAFKA_UNREACHABLE';
}

function codeOfType(type: string): ErrorCode {
  if (DENIED.has(type)) return 'KAFKA_ACCESS_DENIED';
  if (MISSING.has(type)) return 'KAFKA_TOPIC_MISSING';
  if (TOO_LARGE.has(type)) return 'KAFKA_MESSAGE_TOO_LARGE';
  return BUSY.has(type) ? 'KAFKA_BUSY' : 'KAFKA_REFUSED';
}
