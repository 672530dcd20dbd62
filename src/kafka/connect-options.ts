/** How to reach a Kafka cluster; what `[task.kafka]` says about it. */
export interface KafkaConnectOptions {
  /** `host:port`, some of them. */
  readonly brokers: readonly string[];
  readonly tls: 'disabled' | 'required' | 'verify-ca' | 'verify-identity';
  /** PEM text of the authorities to trust; undefined: the system's. */
  readonly tlsCa: string | undefined;
  readonly sasl: KafkaSaslOptions | undefined;
  /** What brokers call this client in their logs and quotas. */
  readonly clientId: string;
}

export interface KafkaSaslOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly user: string;
  readonly password: string;
}

/** Topics of tailrace's own begin with this: nobody's data, never consumed as messages. */
export const STATE_TOPIC_PREFIX = '__tailrace_state_';

/** The compacted topic that keeps what a task must know after its machine is gone. */
export function stateTopicOf(task: string): string {
  return `${STATE_TOPIC_PREFIX}${task}`;
}
