import { TailraceError } from '../core/errors.ts';
import type { TopicPartition } from '../core/position.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/sleep.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { Cluster } from './cluster.ts';
import {
  ASSIGNER,
  assignPartitions,
  decodeAssignment,
  decodeTopics,
  encodeTopics,
  type GroupBroker,
} from './group-protocol.ts';
import { kafkaError, protocolErrorType } from './kafka-error.ts';

export interface GroupMemberOptions {
  readonly group: string;
  readonly session: ClusterSession;
  readonly logger: Logger;
  readonly sessionTimeoutMs?: number;
}

/** What the group gave us, until it is given anew. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
  /** Aborted when the group gives its partitions anew, or no longer knows us. */
  readonly signal: AbortSignal;
}

/** The group is giving its partitions anew: what is under way is ended, and the member joins again. */
export class Rebalance extends Error {
  override readonly name = 'Rebalance';
}

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_MS = 1000;
const COORDINATOR = 0;
const COMMIT_TIMEOUT_MS = 2000;

/** The group goes on without our old place in it. */
const FORGOTTEN: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
]);

/**
 * One member of a consumer group, over kafkajs's connections. kafkajs's own consumer ties membership to reading; here they
 * are apart, so that what was read is applied, or given up, before the partitions are given to others.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #sessionTimeoutMs: number;
  #memberId = '';
  #generation = -1;
  #round: AbortController | undefined;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
  }

  /** Joins, and keeps the place until the assignment's signal or `signal` is aborted. */
  async join(topics: readonly string[], signal: AbortSignal): Promise<Assignment> {
    this.#round?.abort(new Rebalance('joining again'));
    const partitions = await this.#options.session.until(signal, (cluster) =>
      this.#join(cluster, topics),
    );
    const round = new AbortController();
    this.#round = round;
    void this.#keepPlace(round, signal);
    return { partitions, signal: round.signal };
  }

  /** Makes everybody join again: there are other topics. */
  rejoin(reason: string): void {
    this.#round?.abort(new Rebalance(reason));
  }

  /**
   * Tells the group how far its partitions are read, for whoever looks at its lag there. Nothing is read from these
   * offsets by us, so one that the group does not take (it gives its partitions anew) is no fault.
   */
  async commit(marks: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const { group, session, logger } = this.#options;
    if (marks.length === 0 || this.#memberId === '') return;
    const topics = [...new Set(marks.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: marks
        .filter((mark) => mark.topic === topic)
        .map(({ partition, offset }) => ({ partition, offset: String(offset) })),
    }));
    const request = {
      groupId: group,
      groupGenerationId: this.#generation,
      memberId: this.#memberId,
      topics,
    };
    try {
      await session.once(AbortSignal.timeout(COMMIT_TIMEOUT_MS), async (cluster) => {
        await (await this.#coordinator(cluster)).offsetCommit(request);
      });
    } catch (thrown) {
      logger.debug({ error: kafkaError(thrown) }, 'The group did not take our offsets');
    }
  }

  /** The others need not wait until we are missed. */
  async leave(): Promise<void> {
    this.#round?.abort(new Rebalance('leaving'));
    const { group, session } = this.#options;
    if (this.#memberId === '') return;
    const request = { groupId: group, memberId: this.#memberId };
    this.#memberId = '';
    await session
      .once(AbortSignal.timeout(2000), async (cluster) => {
        await (await this.#coordinator(cluster)).leaveGroup(request);
      })
      .catch(() => undefined);
  }

  async #join(cluster: Cluster, topics: readonly string[]): Promise<TopicPartition[]> {
    for (;;) {
      try {
        return await this.#joinOnce(cluster, topics);
      } catch (thrown) {
        const type = protocolErrorType(thrown);
        if (type !== undefined && FORGOTTEN.has(type)) this.#memberId = '';
        else if (type !== 'REBALANCE_IN_PROGRESS') throw kafkaError(thrown);
      }
    }
  }

  async #joinOnce(cluster: Cluster, topics: readonly string[]): Promise<TopicPartition[]> {
    const { group } = this.#options;
    const broker = await this.#coordinator(cluster);
    const joined = await broker.joinGroup({
      groupId: group,
      sessionTimeout: this.#sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      memberId: this.#memberId,
      groupProtocols: [{ name: ASSIGNER, metadata: encodeTopics(topics) }],
    });
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const isLeader = joined.leaderId === joined.memberId;
    const groupAssignment = isLeader ? await this.#assign(cluster, joined.members) : [];
    const { memberAssignment } = await broker.syncGroup({
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment,
    });
    return decodeAssignment(memberAssignment);
  }

  async #assign(
    cluster: Cluster,
    members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  ): Promise<ReturnType<typeof assignPartitions>> {
    const wanted = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      topics: decodeTopics(memberMetadata),
    }));
    // One of the others may know a topic that we have not heard of yet.
    await cluster.addMultipleTargetTopics(wanted.flatMap(({ topics }) => topics));
    return assignPartitions(wanted, (topic) => cluster.findTopicPartitionMetadata(topic).length);
  }

  async #keepPlace(round: AbortController, outer: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([round.signal, outer]);
    let heardAtMs = Date.now();
    for (;;) {
      try {
        await sleep(HEARTBEAT_MS, signal);
        await this.#options.session.once(signal, (cluster) => this.#heartbeat(cluster));
        heardAtMs = Date.now();
      } catch (thrown) {
        if (signal.aborted) return;
        const reason = this.#lostBy(thrown, heardAtMs);
        if (reason !== undefined) {
          round.abort(new Rebalance(reason));
          return;
        }
        const error = thrown instanceof TailraceError ? thrown : kafkaError(thrown);
        this.#options.logger.debug({ error }, 'The group did not answer; trying again');
      }
    }
  }

  /** Why the place is no longer ours; undefined: it may still be. */
  #lostBy(thrown: unknown, heardAtMs: number): string | undefined {
    const type = protocolErrorType(thrown);
    if (type === 'REBALANCE_IN_PROGRESS') return type;
    if (type !== undefined && FORGOTTEN.has(type)) {
      this.#memberId = '';
      return type;
    }
    const isMissed = Date.now() - heardAtMs > this.#sessionTimeoutMs;
    return isMissed ? 'the group was not heard of' : undefined;
  }

  async #heartbeat(cluster: Cluster): Promise<void> {
    const broker = await this.#coordinator(cluster);
    await broker.heartbeat({
      groupId: this.#options.group,
      groupGenerationId: this.#generation,
      memberId: this.#memberId,
    });
  }

  async #coordinator(cluster: Cluster): Promise<GroupBroker> {
    const broker = await cluster.findGroupCoordinator({
      groupId: this.#options.group,
      coordinatorType: COORDINATOR,
    });
    return broker as GroupBroker;
  }
}
