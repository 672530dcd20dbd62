import type { Cluster, ClusterBroker } from './cluster.ts';
import { RequestWriter, ReplyReader, sendRaw } from './raw-request.ts';

/*
 * Metadata, version 8 (KIP-430), which Kafka 2.3 to 4.x speak. Request:
 *
 *   [topic string] · create missing int8 (0) · operations on the cluster int8 (1) · operations on topics int8 (1)
 *
 * Reply:
 *
 *   throttle ms int32 · [node int32 · host string · port int32 · rack string] · cluster string · controller int32 ·
 *   [error int16 · topic string · internal int8 ·
 *     [error int16 · partition int32 · leader int32 · epoch int32 · [replica int32] · [in sync int32] · [offline int32]] ·
 *     operations int32] ·
 *   operations int32: bits by the number of an operation; INT32_MIN: not told
 */

const METADATA = { key: 3, name: 'Metadata', version: 8 } as const;
const UNKNOWN_TOPIC = 3;
const TOPIC_DENIED = 29;
const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;

/** Numbers of operations (AclOperation.java), by which the bits go. */
export const OPERATION = { read: 3, write: 4, create: 5, idempotentWrite: 12 } as const;

export interface DescribedTopic {
  readonly name: string;
  readonly state: 'there' | 'missing' | 'denied';
  readonly partitions: number;
  /** Of the partition with the fewest. */
  readonly replicas: number;
  readonly inSync: number;
  readonly leaderless: number;
  readonly operations: number;
}

export interface DescribedCluster {
  readonly brokers: number;
  readonly operations: number;
  readonly topics: readonly DescribedTopic[];
}

/** What the brokers say of these topics, and what this account may do with them. Changes nothing. */
export async function describeCluster(
  cluster: Cluster,
  names: readonly string[],
): Promise<DescribedCluster> {
  const broker = await cluster.findControllerBroker();
  const out = new RequestWriter();
  out.int32(names.length);
  for (const name of names) out.string(name);
  out.int8(0);
  out.int8(1);
  out.int8(1);
  return sendRaw(broker, METADATA, out.bytes(), decodeMetadata);
}

function decodeMetadata(payload: Buffer): DescribedCluster {
  const reader = new ReplyReader(payload);
  reader.int32();
  const brokers = reader.array(() => {
    reader.int32();
    reader.string();
    reader.int32();
    reader.string();
  });
  reader.string();
  reader.int32();
  const topics = reader.array(() => readTopic(reader));
  return { brokers: brokers.length, topics, operations: reader.int32() };
}

function readTopic(reader: ReplyReader): DescribedTopic {
  const error = reader.int16();
  const name = reader.string();
  reader.int8();
  const partitions = reader.array(() => {
    reader.int16();
    reader.int32();
    const leader = reader.int32();
    reader.int32();
    const ids = (): number => reader.array(() => reader.int32()).length;
    const counts = { replicas: ids(), inSync: ids(), offline: ids() };
    return { leader, ...counts };
  });
  const least = (pick: (one: (typeof partitions)[number]) => number): number =>
    partitions.reduce((least, one) => Math.min(least, pick(one)), partitions[0] ? Infinity : 0);
  return {
    name,
    state: error === UNKNOWN_TOPIC ? 'missing' : error === TOPIC_DENIED ? 'denied' : 'there',
    partitions: partitions.length,
    replicas: least(({ replicas }) => replicas),
    inSync: least(({ inSync }) => inSync),
    leaderless: partitions.filter(({ leader }) => leader < 0).length,
    operations: reader.int32(),
  };
}

/** True where the brokers do not tell what is allowed. */
export function mayDo(operations: number, operation: number): boolean {
  return operations === -(2 ** 31) || (operations & (1 << operation)) !== 0;
}

/** Settings of topics by name, of the brokers under ''; what may not be asked is not in it. */
export async function describeSettings(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const broker = await cluster.findControllerBroker();
  const found = new Map<string, ReadonlyMap<string, string>>();
  const ask = async (type: number, name: string, as: string): Promise<void> => {
    const settings = await settingsOf(broker, type, name).catch(() => undefined);
    if (settings !== undefined) found.set(as, settings);
  };
  await ask(BROKER_RESOURCE, String(broker.nodeId), '');
  for (const topic of topics) await ask(TOPIC_RESOURCE, topic, topic);
  return found;
}

async function settingsOf(
  broker: ClusterBroker,
  type: number,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const { resources } = await broker.describeConfigs({
    resources: [{ type, name, configNames: SETTINGS }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

const SETTINGS = [
  'max.message.bytes',
  'cleanup.policy',
  'min.insync.replicas',
  'transaction.state.log.replication.factor',
];
