import { TailraceError } from '../../core/errors.ts';
import { partitionName } from '../../core/position.ts';
import type { ClusterSession } from '../../kafka/cluster-session.ts';
import type { Cluster } from '../../kafka/cluster.ts';
import {
  fetchFrom,
  type FetchedPartition,
  type FetchLimits,
  type FetchPosition,
} from '../../kafka/fetch-request.ts';
import { sleep } from '../../lib/sleep.ts';

/**
 * A fetch is unpacked as a whole, to several times its size; some ten thousand rows make a group anyway. Of a partition
 * a batch or two: rows of many partitions that were written together are applied together, so that they lie close to
 * each other in the target's tables.
 */
const LIMITS: FetchLimits = {
  maxWaitMs: 250,
  maxBytes: 2 * 1024 * 1024,
  partitionBytes: 256 * 1024,
};
const REFRESH_MS = 100;

/** The broker's numbers for what a partition's fetch may be refused with. */
const ERROR = { OUT_OF_RANGE: 1, UNKNOWN_PARTITION: 3, NO_LEADER: 5, NOT_LEADER: 6, DENIED: 29 };
const MOVED: ReadonlySet<number> = new Set([
  ERROR.UNKNOWN_PARTITION,
  ERROR.NO_LEADER,
  ERROR.NOT_LEADER,
]);

interface Answer {
  readonly nodeId: number;
  readonly asked: readonly FetchPosition[];
  readonly partitions: readonly FetchedPartition[];
}

/** One fetch under way at each broker that leads a partition; a slow one holds up nobody else. */
export class FetchLoop {
  readonly #session: ClusterSession;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<number, Promise<Answer>>();
  /** By partition: the number of the fetch that gave something of it last. A broker fills its answer from the front. */
  readonly #servedAt = new Map<string, number>();
  #fetches = 0;

  constructor(session: ClusterSession, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  /** What the first broker to answer gives; undefined: there was nothing to ask for. */
  async next(
    positions: readonly FetchPosition[],
  ): Promise<readonly FetchedPartition[] | undefined> {
    await this.#ask(positions);
    if (this.#pending.size === 0) return undefined;
    const { nodeId, asked, partitions } = await Promise.race(this.#pending.values());
    this.#pending.delete(nodeId);
    await this.#checkErrors(asked, partitions);
    this.#noteServed(partitions);
    // A partition may have been asked for before it was held back.
    return partitions.filter(
      ({ error, topic, partition }) =>
        error === 0 && positions.some((one) => one.topic === topic && one.partition === partition),
    );
  }

  async #ask(positions: readonly FetchPosition[]): Promise<void> {
    if (positions.length === 0) return;
    const byLeader = await this.#session.once(this.#signal, (cluster) =>
      leadersOf(cluster, positions),
    );
    const led = [...byLeader.values()].reduce((sum, mine) => sum + mine.length, 0);
    if (led < positions.length) await this.#refresh();
    for (const [nodeId, mine] of byLeader) {
      if (this.#pending.has(nodeId)) continue;
      this.#putInTurn(mine);
      const answer = this.#session
        .once(this.#signal, (cluster) => fetchFrom(cluster, nodeId, mine, LIMITS))
        .then((partitions) => ({ nodeId, asked: mine, partitions }));
      // Whoever races for it gets the fault; nobody may.
      answer.catch(() => undefined);
      this.#pending.set(nodeId, answer);
    }
  }

  #noteServed(partitions: readonly FetchedPartition[]): void {
    this.#fetches++;
    for (const one of partitions) {
      if (one.records.length > 0) this.#servedAt.set(partitionName(one), this.#fetches);
    }
  }

  /** Those go first that had nothing for longest. */
  #putInTurn(positions: FetchPosition[]): void {
    const turnOf = (at: FetchPosition): number => this.#servedAt.get(partitionName(at)) ?? 0;
    positions.sort((a, b) => turnOf(a) - turnOf(b));
  }

  async #checkErrors(
    asked: readonly FetchPosition[],
    partitions: readonly FetchedPartition[],
  ): Promise<void> {
    const refused = partitions.filter(({ error }) => error !== 0);
    for (const one of refused) {
      if (!MOVED.has(one.error)) throw refusal(one, asked);
    }
    if (refused.length > 0) await this.#refresh();
  }

  /** Partitions are moving to other brokers, or wait for one to come back. */
  async #refresh(): Promise<void> {
    await sleep(REFRESH_MS, this.#signal);
    await this.#session.refresh(this.#signal);
  }
}

async function leadersOf(
  cluster: Cluster,
  positions: readonly FetchPosition[],
): Promise<ReadonlyMap<number, FetchPosition[]>> {
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  if (topics.some((topic) => !cluster.targetTopics.has(topic))) {
    await cluster.addMultipleTargetTopics(topics);
  }
  const byLeader = new Map<number, FetchPosition[]>();
  for (const position of positions) {
    const metadata = cluster.findTopicPartitionMetadata(position.topic);
    const leader = metadata.find(({ partitionId }) => partitionId === position.partition)?.leader;
    if (leader === undefined || leader < 0) continue;
    const known = byLeader.get(leader);
    if (known === undefined) byLeader.set(leader, [position]);
    else known.push(position);
  }
  return byLeader;
}

function refusal(
  { topic, partition, error, logStart, highWatermark }: FetchedPartition,
  asked: readonly FetchPosition[],
): TailraceError {
  const name = `${topic}-${partition}`;
  if (error === ERROR.OUT_OF_RANGE) {
    const offset = asked.find((one) => one.topic === topic && one.partition === partition)?.offset;
    return new TailraceError(
      'KAFKA_OFFSET_GONE',
      `${name} has offsets ${logStart} to ${highWatermark}; the target goes on at ${offset ?? '?'}`,
      { place: { coordinates: `${name}:${offset ?? 0}` } },
    );
  }
  if (error === ERROR.DENIED) {
    return new TailraceError('KAFKA_ACCESS_DENIED', `the topic ${topic} may not be read`);
  }
  return new TailraceError('KAFKA_BUSY', `${name} could not be read (error ${error})`);
}
