/** What a Kafka sink has done since it was made; for status and metrics. */
export interface KafkaCounters {
  [name: string]: number;
  /** Source transactions of which every message is acknowledged. */
  transactions: number;
  rows: number;
  messages: number;
  bytes: number;
  batches: number;
  queuedBytes: number;
  deadLetters: number;
  partitionChanges: number;
}

export function createKafkaCounters(): KafkaCounters {
  return {
    transactions: 0,
    rows: 0,
    messages: 0,
    bytes: 0,
    batches: 0,
    queuedBytes: 0,
    deadLetters: 0,
    partitionChanges: 0,
  };
}
