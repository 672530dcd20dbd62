import type { Cluster } from './cluster.ts';
import { ReplyReader, RequestWriter, sendRaw } from './raw-request.ts';

/*
 * Fetch, version 11 (KIP-392), which Kafka 2.3 to 4.x speak. Request:
 *
 *   replica id int32 (-1) · max wait ms int32 · min bytes int32 · max bytes int32 · isolation int8 (1: committed) ·
 *   session id int32 · session epoch int32 (0, -1: no session) ·
 *   [topic string [partition int32 · leader epoch int32 (-1) · offset int64 · log start int64 (-1) · max bytes int32]] ·
 *   [forgotten topics] · rack string
 *
 * Reply:
 *
 *   throttle ms int32 · error int16 · session id int32 ·
 *   [topic string [partition int32 · error int16 · high watermark int64 · last stable offset int64 · log start int64 ·
 *     [producer id int64 · first offset int64] · preferred replica int32 · records: length int32, batches]]
 */

const FETCH = { key: 1, name: 'Fetch', version: 11 } as const;
const NO_SESSION = { id: 0, epoch: -1 } as const;
const READ_COMMITTED = 1;

export interface FetchPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly partitionBytes: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** The broker's error number; 0: none. */
  readonly error: number;
  readonly highWatermark: number;
  /** Up to here everything is decided: what a reader of committed messages may see. */
  readonly lastStableOffset: number;
  readonly logStart: number;
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  readonly records: Buffer;
}

interface FetchReply {
  /** kafkajs waits that long before the next request. */
  readonly clientSideThrottleTime: number;
  readonly error: number;
  readonly partitions: readonly FetchedPartition[];
}

/** Fetches from one broker over kafkajs's connection; the batches stay bytes. */
export async function fetchFrom(
  cluster: Cluster,
  nodeId: number,
  positions: readonly FetchPosition[],
  limits: FetchLimits,
): Promise<readonly FetchedPartition[]> {
  const broker = await cluster.findBroker({ nodeId });
  const { partitions } = await sendRaw(broker, FETCH, encodeFetch(positions, limits), decodeFetch);
  return partitions;
}

export function encodeFetch(positions: readonly FetchPosition[], limits: FetchLimits): Buffer {
  const out = new RequestWriter();
  out.int32(-1);
  out.int32(limits.maxWaitMs);
  out.int32(1);
  out.int32(limits.maxBytes);
  out.int8(READ_COMMITTED);
  out.int32(NO_SESSION.id);
  out.int32(NO_SESSION.epoch);
  const topics = new Map<string, FetchPosition[]>();
  for (const position of positions) {
    const known = topics.get(position.topic);
    if (known === undefined) topics.set(position.topic, [position]);
    else known.push(position);
  }
  out.int32(topics.size);
  for (const [topic, partitions] of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, offset } of partitions) {
      out.int32(partition);
      out.int32(-1);
      out.int64(offset);
      out.int64(-1);
      out.int32(limits.partitionBytes);
    }
  }
  out.int32(0);
  out.string('');
  return out.bytes();
}

export function decodeFetch(payload: Buffer): FetchReply {
  const reader = new ReplyReader(payload);
  const clientSideThrottleTime = reader.int32();
  const error = reader.int16();
  reader.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count--)
      partitions.push(partitionOf(topic, reader));
  }
  return { clientSideThrottleTime, error, partitions };
}

function partitionOf(topic: string, reader: ReplyReader): FetchedPartition {
  const partition = reader.int32();
  const error = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStart = reader.int64();
  const aborted: { producerId: bigint; firstOffset: number }[] = [];
  for (let count = reader.int32(); count > 0; count--) {
    aborted.push({ producerId: reader.bigint64(), firstOffset: reader.int64() });
  }
  reader.int32();
  const records = reader.blob();
  return { topic, partition, error, highWatermark, lastStableOffset, logStart, aborted, records };
}
