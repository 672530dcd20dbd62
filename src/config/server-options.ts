import { TailraceError } from '../core/errors.ts';
import type { KafkaConfig, SourceConfig, SshConfig, TargetConfig, TaskConfig } from './schema.ts';

/** What a connection takes, with the password revealed: for the one who connects, and nobody else. */
export function serverOptions(server: SourceConfig | TargetConfig) {
  const { hosts, user, password, tls, tlsCa, ssh } = server;
  return {
    hosts,
    user,
    password: password.reveal(),
    tls,
    tlsCa,
    ssh: ssh === undefined ? undefined : { ...sshOptions(ssh), jump: jumpOf(ssh) },
  };
}

function jumpOf({ jump }: SshConfig) {
  return jump === undefined ? undefined : { ...sshOptions(jump), jump: undefined };
}

function sshOptions(ssh: Omit<SshConfig, 'jump'>) {
  const { host, user, hostKeySha256, knownHosts } = ssh;
  const privateKey = ssh.privateKey?.reveal();
  const passphrase = ssh.passphrase?.reveal();
  return {
    host,
    user,
    privateKey,
    passphrase,
    password: ssh.password?.reveal(),
    hostKeySha256,
    knownHosts,
  };
}

/** The same for a Kafka cluster. */
export function kafkaOptions(kafka: KafkaConfig, task: string) {
  const { brokers, tls, tlsCa, sasl } = kafka;
  const login = sasl && {
    mechanism: sasl.mechanism,
    user: sasl.user,
    password: sasl.password.reveal(),
  };
  return { brokers, tls, tlsCa, sasl: login, clientId: `tailrace-${task}` };
}

export function requireSource(task: TaskConfig): SourceConfig {
  return task.source ?? missing(task, 'source');
}

export function requireTarget(task: TaskConfig): TargetConfig {
  return task.target ?? missing(task, 'target');
}

export function requireKafka(task: TaskConfig): KafkaConfig {
  return task.kafka ?? missing(task, 'kafka');
}

/** Commands need different ends, so the file may leave any of them out. */
function missing(task: TaskConfig, table: string): never {
  throw new TailraceError('CONFIG_INVALID', `the task ${task.name} has no [task.${table}]`, {
    place: { task: task.name },
    next: `Add [task.${table}] to the configuration file: this command needs it.`,
  });
}
