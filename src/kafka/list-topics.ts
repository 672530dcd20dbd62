import type { Cluster } from './cluster.ts';

/** What kafkajs's cluster says about topics. */
interface TopicsOfCluster {
  metadata(request: { readonly topics: readonly string[] }): Promise<{
    readonly topicMetadata: readonly {
      readonly topic: string;
      readonly partitionMetadata: readonly { readonly partitionId: number }[];
    }[];
  }>;
}

/** Every topic of the cluster that this account may see, with its number of partitions. */
export async function listTopics(cluster: Cluster): Promise<ReadonlyMap<string, number>> {
  const { topicMetadata } = await (cluster as unknown as TopicsOfCluster).metadata({ topics: [] });
  return new Map(
    topicMetadata.map(({ topic, partitionMetadata }) => [topic, partitionMetadata.length]),
  );
}

/**
 * First (or behind the last) offset of each partition, by `topic-number`; of a time: the first message that is not
 * older, -1 where there is none.
 */
export async function readOffsets(
  cluster: Cluster,
  topics: ReadonlyMap<string, number>,
  end: 'first' | 'next' | Date,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  const wanted = [...topics].filter(([, count]) => count > 0);
  if (wanted.length === 0) return offsets;
  await cluster.addMultipleTargetTopics(wanted.map(([topic]) => topic));
  const found = await cluster.fetchTopicsOffset(
    wanted.map(([topic, count]) => ({
      topic,
      partitions: Array.from({ length: count }, (_, partition) => ({ partition })),
      ...(end instanceof Date
        ? { fromTimestamp: end.getTime() }
        : { fromBeginning: end === 'first' }),
    })),
  );
  for (const { topic, partitions } of found) {
    for (const { partition, offset } of partitions) {
      offsets.set(`${topic}-${partition}`, Number(offset));
    }
  }
  return offsets;
}
