import { TailraceError } from '../core/errors.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { kafkaError, protocolErrorType } from './kafka-error.ts';

/** Answers to a produce request, by number. Source: the Kafka protocol documentation, "Error Codes". */
const ANSWERS: Readonly<Record<number, readonly [name: string, code: ErrorCode]>> = {
  2: ['CORRUPT_MESSAGE', 'KAFKA_BUSY'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_BUSY'],
  5: ['LEADER_NOT_AVAILABLE', 'KAFKA_BUSY'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'KAFKA_BUSY'],
  7: ['REQUEST_TIMED_OUT', 'KAFKA_BUSY'],
  10: ['MESSAGE_TOO_LARGE', 'KAFKA_MESSAGE_TOO_LARGE'],
  13: ['NETWORK_EXCEPTION', 'KAFKA_BUSY'],
  17: ['INVALID_TOPIC_EXCEPTION', 'KAFKA_TOPIC_MISSING'],
  18: ['RECORD_LIST_TOO_LARGE', 'KAFKA_MESSAGE_TOO_LARGE'],
  19: ['NOT_ENOUGH_REPLICAS', 'KAFKA_BUSY'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'KAFKA_BUSY'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_ACCESS_DENIED'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'KAFKA_ACCESS_DENIED'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'KAFKA_PRODUCER_LOST'],
  47: ['INVALID_PRODUCER_EPOCH', 'KAFKA_PRODUCER_LOST'],
  48: ['INVALID_TXN_STATE', 'KAFKA_PRODUCER_LOST'],
  49: ['INVALID_PRODUCER_ID_MAPPING', 'KAFKA_PRODUCER_LOST'],
  53: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'KAFKA_ACCESS_DENIED'],
  56: ['KAFKA_STORAGE_ERROR', 'KAFKA_BUSY'],
  59: ['UNKNOWN_PRODUCER_ID', 'KAFKA_PRODUCER_LOST'],
  74: ['FENCED_LEADER_EPOCH', 'KAFKA_BUSY'],
  90: ['PRODUCER_FENCED', 'KAFKA_PRODUCER_LOST'],
};

/** The broker has the batch already: the reply to an earlier attempt was lost. */
const DUPLICATE = 46;

export function isAccepted(errorCode: number): boolean {
  return errorCode === 0 || errorCode === DUPLICATE;
}

export function produceError(errorCode: number, topic: string): TailraceError {
  const [name, code] = ANSWERS[errorCode] ?? [`error ${errorCode}`, 'KAFKA_REFUSED'];
  return new TailraceError(code, `Kafka: the batch was refused: ${name} (topic ${topic})`);
}

const LOST = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
  'TRANSACTION_COORDINATOR_FENCED',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
]);

/** Of requests about transactions. */
export function transactionError(thrown: unknown): TailraceError {
  const type = protocolErrorType(thrown);
  if (type === undefined || !LOST.has(type)) return kafkaError(thrown);
  return new TailraceError('KAFKA_PRODUCER_LOST', `Kafka: the transaction was refused: ${type}`, {
    cause: thrown,
  });
}
