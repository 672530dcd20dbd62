import kafkajs from 'kafkajs';
import type { TopicPartition } from '../core/position.ts';
import type { ClusterBroker } from './cluster.ts';

/** The requests of a consumer group's member, as kafkajs's broker has them. */
export interface GroupBroker extends ClusterBroker {
  joinGroup(request: {
    readonly groupId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly memberId: string;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly {
      readonly memberId: string;
      readonly memberAssignment: Buffer;
    }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
}

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const VERSION = 1;

/** All members of a group have to speak the same. */
export const ASSIGNER = 'tailrace';

export function encodeTopics(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({
    version: VERSION,
    topics: [...topics],
    userData: Buffer.alloc(0),
  });
}

export function decodeTopics(metadata: Buffer): readonly string[] {
  return MemberMetadata.decode(metadata)?.topics ?? [];
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  const { assignment } = MemberAssignment.decode(bytes) ?? { assignment: {} };
  return Object.entries(assignment as Record<string, number[]>).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

/** Every partition to one of the members that read its topic, in turn. */
export function assignPartitions(
  members: readonly { readonly memberId: string; readonly topics: readonly string[] }[],
  countOf: (topic: string) => number,
): { memberId: string; memberAssignment: Buffer }[] {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = sorted.map((): Record<string, number[]> => ({}));
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
  let turn = 0;
  for (const topic of topics) {
    const readers = sorted.flatMap((member, index) => (member.topics.includes(topic) ? index : []));
    for (let partition = 0; partition < countOf(topic); partition++) {
      const mine = assigned[readers[turn++ % readers.length] as number];
      if (mine !== undefined) (mine[topic] ??= []).push(partition);
    }
  }
  return sorted.map(({ memberId }, index) => ({
    memberId,
    memberAssignment: MemberAssignment.encode({
      version: VERSION,
      assignment: assigned[index] ?? {},
      userData: Buffer.alloc(0),
    }),
  }));
}
